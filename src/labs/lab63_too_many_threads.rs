//! Lab 63, **too-many-threads**: more hands than there are tools.
//!
//! The same work is cut into ever more parts. Once with a thread for each part, once with a process for each part, and
//! once as tasks of a pool that has as many threads as there are processors. Up to that number more hands help. Beyond it
//! they cannot: no more than the processors run at a time. What they cost is another question, and the chart answers it.
//!
//! This lab is measured, not checked: every way computes the same sum.
//!
//! | Parts | A thread or process each | A pool |
//! |---|---|---|
//! | up to the processors | faster with each | faster with each |
//! | many more | creating them is paid, too | stays |

mod wrong;

use std::hint::black_box;
use std::io;
use std::ops::Range;
use std::thread::{Builder, available_parallelism, scope};

use super::form::{Lab, Variant, room};
use super::measurement::{Way, best_of, machine};
use super::{Axis, Declared, Measurement, Sample, Scenario, references as cited};
use crate::check::grouped;
use crate::pool::ThreadPool;

/// Squares in all: some tens of milliseconds on one processor.
const SQUARES: u64 = 20_000_000;

fn sum(part: Range<u64>) -> u64 {
    part.fold(0, |sum, n| sum.wrapping_add(black_box(n.wrapping_mul(n))))
}

/// The numbers below `squares` in `parts` that are as good as equal.
fn cut(squares: u64, parts: u64) -> impl Iterator<Item = Range<u64>> + Clone + Send + Sync {
    let bound = move |i: u64| (u128::from(squares) * u128::from(i) / u128::from(parts)) as u64;
    (0..parts).map(move |i| bound(i)..bound(i + 1))
}

/// A thread for each part. Returns the sum of the first `squares` squares, modulo 2^64.
///
/// # Errors
/// If the operating system refuses a thread.
pub fn buggy(squares: u64, parts: u64) -> io::Result<u64> {
    scope(|s| {
        let spawn = |part| Builder::new().spawn_scoped(s, move || sum(part));
        let threads: io::Result<Vec<_>> = cut(squares, parts).map(spawn).collect();
        let sums = threads?.into_iter().map(|thread| thread.join().unwrap());
        Ok(sums.fold(0, u64::wrapping_add))
    })
}

/// A process for each part: a fork that sends its sum through a pipe. The same sum.
///
/// # Errors
/// If the operating system refuses a process or a pipe.
#[cfg(target_os = "linux")]
pub fn buggy_forks(squares: u64, parts: u64) -> io::Result<u64> {
    use super::process::fork;
    use std::io::{Read, Write};
    let (mut sums, to) = io::pipe()?;
    let start = |part| {
        let mut to = to.try_clone()?;
        // SAFETY: the child computes, writes eight bytes and ends. It takes no lock.
        unsafe { fork(move || to.write_all(&sum(part).to_ne_bytes()).is_err().into()) }
    };
    let processes: io::Result<Vec<_>> = cut(squares, parts).map(start).collect();
    let _processes = processes?; // each is waited for when this is dropped
    drop(to); // so that the sums have an end
    let mut all = 0_u64;
    for _ in 0..parts {
        let mut sum = [0; 8];
        sums.read_exact(&mut sum)?;
        all = all.wrapping_add(u64::from_ne_bytes(sum));
    }
    Ok(all)
}

/// A task for each part, on a pool with a thread for each processor. The same sum.
pub fn fixed(pool: &ThreadPool, squares: u64, parts: u64) -> u64 {
    let sums = pool.map(sum, cut(squares, parts));
    sums.into_iter().fold(0, u64::wrapping_add)
}

/// Measures each way with each number of parts, and keeps the best of the rounds, in milliseconds. The pool is there before.
///
/// # Errors
/// If the operating system refuses a thread or a process.
///
/// # Panics
/// If `rounds` or a number of parts is 0, or if two ways of computing disagree.
pub fn measure(squares: u64, parts: &[u64], rounds: u32) -> io::Result<Measurement> {
    assert!(
        !parts.contains(&0),
        "0 parts have no sum: ask for at least 1"
    );
    let builder = ThreadPool::builder().threads(available_parallelism()?.get());
    let pool = &builder.build().map_err(io::Error::other)?;
    let expected = sum(0..squares);
    type Sum<'s> = &'s dyn Fn(u64) -> io::Result<u64>;
    let series: &[(&str, Sum<'_>)] = &[
        ("tasks of a pool", &|parts| Ok(fixed(pool, squares, parts))),
        ("a thread each", &|parts| buggy(squares, parts)),
        #[cfg(target_os = "linux")]
        ("a process each", &|parts| buggy_forks(squares, parts)),
    ];
    let each = series
        .iter()
        .flat_map(|way| parts.iter().map(move |&parts| (*way, parts)));
    let runs = each.clone().map(|((_, way), parts)| {
        move || {
            assert_eq!(way(parts)?, expected, "the sums differ");
            Ok(())
        }
    });
    let runs: Vec<_> = runs.collect();
    let runs: Vec<Way<'_>> = runs.iter().map(|run| run as _).collect();
    let best = best_of(rounds, &runs)?;
    let sample = |(((series, _), parts), seconds): (((_, Sum<'_>), u64), f64)| Sample {
        series,
        x: Some(parts as f64),
        y: seconds * 1e3,
        beside: None,
    };
    Ok(Measurement {
        title: format!(
            "The sum of {} squares in ever more parts, on {} processors; best of {rounds} rounds; {}",
            grouped(squares),
            pool.parallelism(),
            machine()
        ),
        x: Some(Axis::logarithmic("parts", "")),
        y: Axis::logarithmic("time", "ms"),
        beside: None,
        samples: each.zip(best).map(sample).collect(),
    })
}

/// This course forks on Linux only. Elsewhere the chart has no such line, and threads stand in.
#[cfg(not(target_os = "linux"))]
use buggy as buggy_forks;

fn chart() -> io::Result<Measurement> {
    measure(SQUARES, &[1, 2, 4, 8, 32, 128, 512, 2048], 5)
}

/// What the variants share: the same sum, in however many parts.
fn scenario(way: fn(u64, u64) -> io::Result<u64>) {
    for parts in [1, 3, 40] {
        assert_eq!(way(1_000, parts).unwrap(), sum(0..1_000));
    }
}

pub(super) static LAB: Lab = Lab {
    number: 63,
    slug: "too-many-threads",
    title: "More hands than there are tools",
    room: room::MEASURED,
    minutes: 10,
    references: &[
        cited::of(
            cited::ReferenceKind::Document,
            "Python, multiprocessing.pool",
            "https://docs.python.org/3/library/multiprocessing.html#module-multiprocessing.pool",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "Linux, sched(7)",
            "https://man7.org/linux/man-pages/man7/sched.7.html",
        ),
    ],
    lesson: include_str!("lessons/63.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "a thread for each part",
            Declared::measured(),
            Scenario::new(|| scenario(buggy)),
        )
        .measured(chart),
        Variant::new(
            "buggy-forks",
            "a process for each part",
            Declared::measured(),
            Scenario::new(|| scenario(buggy_forks)),
        )
        .measured(chart),
        Variant::new(
            "fixed",
            "a task for each part, on a pool",
            Declared::measured(),
            Scenario::new(|| scenario(|n, parts| Ok(fixed(&ThreadPool::new(2), n, parts)))),
        )
        .measured(chart),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab63_too_many_threads.rs"),
};
