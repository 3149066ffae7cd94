//! Lab 60, **false-sharing**: neighbours who share nothing but a wall.
//!
//! Each thread has a counter of its own. No counter is shared, so nobody should have to wait for anybody. But processors do
//! not fetch single numbers from memory; they fetch *lines* of 64 or 128 bytes, and only one of them at a time may write
//! to a line. Counters that are neighbours in memory lie on one line, and it travels to and fro with every step.
//!
//! This lab is measured, not checked: every count is right. It is therefore written on core's types, not on the vocabulary.
//!
//! | An increment | on one thread | on several |
//! |---|---|---|
//! | neighbours on a line | as long as it takes | many times as long |
//! | a line for each | the same | the same |

mod wrong;

use std::hint::black_box;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::available_parallelism;

use super::form::{Lab, Variant, room};
use super::measurement::{self, Count, spread};
use super::{Axis, Declared, Measurement, Scenario, references as cited};
use crate::check::grouped;

/// The ways, as the chart names them.
const SERIES: [(&str, Count); 3] = [
    ("a local number", fixed_local),
    ("a line for each", fixed),
    ("neighbours on a line", buggy),
];

/// The counters stand side by side, eight bytes each.
///
/// # Errors
/// If the operating system refuses a thread.
pub fn buggy(times: u64, threads: usize) -> io::Result<u64> {
    let counters: Vec<AtomicU64> = (0..threads).map(|_| AtomicU64::new(0)).collect();
    spread(threads, |thread| count(&counters[thread], times))?;
    Ok(counters.into_iter().map(AtomicU64::into_inner).sum())
}

/// Alone on its line: 128 bytes, since some processors fetch two lines of 64 at once.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Padded(AtomicU64);

/// Each counter has a line of its own.
///
/// # Errors
/// If the operating system refuses a thread.
pub fn fixed(times: u64, threads: usize) -> io::Result<u64> {
    let counters: Vec<Padded> = (0..threads).map(|_| Padded::default()).collect();
    spread(threads, |thread| count(&counters[thread].0, times))?;
    Ok(counters
        .into_iter()
        .map(|counter| counter.0.into_inner())
        .sum())
}

/// Each counts in a number of its own, which no other thread can see, and adds it up once, at the end.
///
/// # Errors
/// If the operating system refuses a thread.
pub fn fixed_local(times: u64, threads: usize) -> io::Result<u64> {
    let sum = AtomicU64::new(0);
    spread(threads, |_| {
        let own = (0..times).fold(0, |own, _| black_box(own + 1));
        sum.fetch_add(own, Relaxed);
    })?;
    Ok(sum.into_inner())
}

fn count(counter: &AtomicU64, times: u64) {
    for _ in 0..times {
        counter.fetch_add(1, Relaxed);
    }
}

/// Measures each way on each number of `threads`; the best of `rounds`. In nanoseconds for each increment of a thread.
///
/// # Errors
/// If the operating system refuses a thread.
///
/// # Panics
/// If there is no number of threads, if one of them or `rounds` is 0, or if a way counts wrongly.
pub fn measure(times: u64, threads: &[usize], rounds: u32) -> io::Result<Measurement> {
    let per_run = |_, seconds| seconds * 1e9 / times as f64;
    let samples = measurement::counted(&SERIES, times, threads, rounds, per_run)?;
    Ok(Measurement {
        title: format!(
            "A counter for each thread, raised {} times on each thread, best of {rounds} rounds; {}",
            grouped(times),
            measurement::machine()
        ),
        x: Some(Axis::linear("threads", "")),
        y: Axis::linear("an increment", "ns"),
        beside: None,
        samples,
    })
}

/// The lab's own chart, on 1, 2 and as many threads as there are processors.
fn chart() -> io::Result<Measurement> {
    let processors = available_parallelism().map_or(2, usize::from);
    let mut threads = vec![1, 2, processors];
    threads.sort_unstable();
    threads.dedup();
    measure(2_000_000, &threads, 5)
}

/// What the variants share: nothing is lost.
fn scenario(way: Count) {
    for threads in 1..4 {
        assert_eq!(way(1_000, threads).unwrap(), 1_000 * threads as u64);
    }
}

pub(super) static LAB: Lab = Lab {
    number: 60,
    slug: "false-sharing",
    title: "Neighbours who share nothing but a wall",
    room: room::MEASURED,
    minutes: 10,
    references: &[
        cited::of(
            cited::ReferenceKind::Document,
            "crossbeam, CachePadded",
            "https://docs.rs/crossbeam-utils/latest/crossbeam_utils/struct.CachePadded.html",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "TheHPXProject/hpx #3612",
            "https://github.com/TheHPXProject/hpx/issues/3612",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "centrifugal/centrifugo #77",
            "https://github.com/centrifugal/centrifugo/pull/77",
        ),
    ],
    lesson: include_str!("lessons/60.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the counters are neighbours on a line",
            Declared::measured(),
            Scenario::new(|| scenario(buggy)),
        )
        .measured(chart),
        Variant::new(
            "fixed",
            "a line for each counter",
            Declared::measured(),
            Scenario::new(|| scenario(fixed)),
        )
        .measured(chart),
        Variant::new(
            "fixed-local",
            "a local number, added up once",
            Declared::measured(),
            Scenario::new(|| scenario(fixed_local)),
        )
        .measured(chart),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab60_false_sharing.rs"),
};
