//! Lab 59, **gil**: four threads, one at a time.
//!
//! CPython runs the bytecode of one thread at a time: whoever runs holds the global interpreter lock. For threads that
//! wait (for a disk, for the network) that costs little. For threads that compute it takes away what they were started
//! for. Here the same squares are added up on one thread and on several, once with a global lock around each slice
//! of the work and once without.
//!
//! This lab is measured, not checked: nothing is wrong with the result, only with the time. It is therefore written on
//! std's types, not on the vocabulary.
//!
//! | Threads | One lock | No lock |
//! |---|---|---|
//! | 1 | 1× | 1× |
//! | as many as processors | 1× or less | nearly as many times |

mod wrong;

use std::hint::black_box;
use std::io;
use std::ops::Range;
use std::sync::Mutex;
use std::thread::{Builder, available_parallelism, scope};

use crate::check::grouped;

use super::form::{Lab, Variant, room};
use super::{Axis, Declared, Measurement, Sample, Scenario, measurement, references as cited};

/// Squares in one slice: what a thread computes before it gives the lock up. CPython asks for it every 5 ms.
const SLICE: u64 = 100_000;

/// Ten times the lecture's: what took Python seconds takes here too few milliseconds to be measured.
const SQUARES: u64 = 200_000_000;

/// One global lock: a thread computes only while it holds it. Returns the sum of the first `squares` squares, modulo
/// 2^64.
///
/// # Errors
/// If the operating system refuses a thread.
///
/// # Panics
/// If `threads` is 0.
pub fn buggy(squares: u64, threads: usize) -> io::Result<u64> {
    let interpreter = Mutex::new(());
    spread(squares, threads, |slice| {
        let _turn = interpreter.lock().unwrap();
        sum(slice)
    })
}

/// No lock: the slices have nothing in common. The same sum.
///
/// # Errors
/// If the operating system refuses a thread.
///
/// # Panics
/// If `threads` is 0.
pub fn fixed(squares: u64, threads: usize) -> io::Result<u64> {
    spread(squares, threads, sum)
}

/// A way of computing: so many squares, on so many threads.
type Way = fn(u64, usize) -> io::Result<u64>;

fn sum(slice: Range<u64>) -> u64 {
    slice.fold(0, |sum, n| sum.wrapping_add(black_box(n.wrapping_mul(n))))
}

/// Computes every slice of the work, thread `t` those whose number leaves the remainder `t`, and adds them up.
fn spread(
    squares: u64,
    threads: usize,
    compute: impl Fn(Range<u64>) -> u64 + Sync,
) -> io::Result<u64> {
    assert!(threads > 0, "0 threads do no work: ask for at least 1");
    let compute = &compute;
    scope(|s| {
        let workers = (0..threads as u64)
            .map(|worker| {
                Builder::new().spawn_scoped(s, move || {
                    (worker * SLICE..squares)
                        .step_by(SLICE as usize * threads)
                        .map(|start| compute(start..squares.min(start + SLICE)))
                        .fold(0, u64::wrapping_add)
                })
            })
            .collect::<io::Result<Vec<_>>>()?;
        let sums = workers.into_iter().map(|worker| worker.join().unwrap());
        Ok(sums.fold(0, u64::wrapping_add))
    })
}

/// Times `squares` squares on each number of `threads`, without the lock and with it; the best of `rounds`. The speed-ups
/// are against the first: no lock, `threads[0]`.
///
/// # Errors
/// If the operating system refuses a thread.
///
/// # Panics
/// If there is no number of threads, if one of them or `rounds` is 0, or if two ways of computing disagree.
pub fn measure(squares: u64, threads: &[usize], rounds: u32) -> io::Result<Measurement> {
    let series: [(&str, Way); 2] = [("no lock", fixed), ("one lock", buggy)];
    let each = series
        .iter()
        .flat_map(|way| threads.iter().map(move |&threads| (*way, threads)));
    let expected = fixed(squares, threads[0])?;
    let runs = each.clone().map(|((_, way), threads)| {
        move || {
            assert_eq!(way(squares, threads)?, expected, "the sums differ");
            Ok(())
        }
    });
    let runs: Vec<_> = runs.collect();
    let runs: Vec<measurement::Way<'_>> = runs.iter().map(|run| run as _).collect();
    let best = measurement::best_of(rounds, &runs)?;
    let sample = |(((series, _), threads), &seconds): (((_, Way), usize), &f64)| Sample {
        series,
        x: Some(threads as f64),
        y: best[0] / seconds,
        beside: Some(seconds),
    };
    Ok(Measurement {
        title: format!(
            "The sum of {} squares, best of {rounds} rounds; {}",
            grouped(squares),
            measurement::machine()
        ),
        x: Some(Axis::linear("threads", "")),
        y: Axis::linear("speed-up", "×"),
        beside: Some(Axis::linear("time", "s")),
        samples: each.zip(&best).map(sample).collect(),
    })
}

/// The lab's own chart, on 1, 2 and as many threads as there are processors.
fn chart() -> io::Result<Measurement> {
    let processors = available_parallelism().map_or(2, usize::from);
    let mut threads = vec![1, 2, processors];
    threads.sort_unstable();
    threads.dedup();
    measure(SQUARES, &threads, 5)
}

/// What the variants share: with the lock and without, the sum is the same.
fn scenario(way: Way) {
    let squares = 3 * SLICE; // three slices for two threads
    assert_eq!(
        way(squares, 2).unwrap(),
        (0..squares).map(|n| n * n).sum::<u64>()
    );
}

pub(super) static LAB: Lab = Lab {
    number: 59,
    slug: "gil",
    title: "Four threads, one at a time",
    room: room::MEASURED,
    minutes: 10,
    references: &[
        cited::of(
            cited::ReferenceKind::Document,
            "PEP 703",
            "https://peps.python.org/pep-0703/",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "CPython, sys.setswitchinterval",
            "https://docs.python.org/3/library/sys.html#sys.setswitchinterval",
        ),
    ],
    lesson: include_str!("lessons/59.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "one global lock around the work",
            Declared::measured(),
            Scenario::new(|| scenario(buggy)),
        )
        .measured(chart),
        Variant::new(
            "fixed",
            "no lock",
            Declared::measured(),
            Scenario::new(|| scenario(fixed)),
        )
        .measured(chart),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab59_gil.rs"),
};
