//! Lab 61, **lock-granularity**: one key for the whole house.
//!
//! Visitors are counted by page. One lock around the table of all pages is simple and right, and makes everybody wait for
//! everybody, though hardly two of them want the same page. With the table cut into parts that have a lock each, *shards*,
//! only those wait for each other who come to the same part.
//!
//! This lab is measured, not checked: every count is right. It is therefore written on std's types, not on the vocabulary.
//!
//! | Threads | One lock | A lock for each shard |
//! |---|---|---|
//! | 1 | 1× | nearly 1× |
//! | as many as processors | 1× or less | more with each |

mod wrong;

use std::collections::HashMap;
use std::io;
use std::sync::Mutex;
use std::thread::available_parallelism;

use super::form::{Lab, Variant, room};
use super::measurement::{self, Count, spread};
use super::{Axis, Declared, Measurement, Scenario, references as cited};
use crate::check::grouped;

/// Pages, and shards that they are spread over.
const PAGES: u64 = 4_096;
const SHARDS: u64 = 64;

/// The ways, as the chart names them.
const SERIES: [(&str, Count); 2] = [("64 shards", fixed), ("one lock", buggy)];

/// How often each page was visited.
type Table = Mutex<HashMap<u64, u64>>;

/// One table, one lock.
///
/// # Errors
/// If the operating system refuses a thread.
pub fn buggy(visits: u64, threads: usize) -> io::Result<u64> {
    count(&[Table::default()], visits, threads)
}

/// The same table in shards with a lock each.
///
/// # Errors
/// If the operating system refuses a thread.
pub fn fixed(visits: u64, threads: usize) -> io::Result<u64> {
    let shards: Vec<_> = (0..SHARDS).map(|_| Table::default()).collect();
    count(&shards, visits, threads)
}

/// Each thread visits pages here and there. A page is always in the same shard.
fn count(shards: &[Table], visits: u64, threads: usize) -> io::Result<u64> {
    spread(threads, |thread| {
        let mut random = thread as u64;
        for _ in 0..visits {
            // Knuth's linear congruential generator; its upper bits are good enough.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let page = (random >> 33) % PAGES;
            let shard = &shards[page as usize % shards.len()];
            *shard.lock().unwrap().entry(page).or_default() += 1;
        }
    })?;
    let sum = |shard: &Table| shard.lock().unwrap().values().sum::<u64>();
    Ok(shards.iter().map(sum).sum()) // nobody is left who changes them
}

/// Measures each way on each number of `threads`; the best of `rounds`. In millions of visits a second, of all threads together.
///
/// # Errors
/// If the operating system refuses a thread.
///
/// # Panics
/// If there is no number of threads, if one of them or `rounds` is 0, or if a way counts wrongly.
pub fn measure(times: u64, threads: &[usize], rounds: u32) -> io::Result<Measurement> {
    let per_run = |threads, seconds| times as f64 * threads as f64 / seconds / 1e6;
    let samples = measurement::counted(&SERIES, times, threads, rounds, per_run)?;
    Ok(Measurement {
        title: format!(
            "A visit counted {} times on each thread, best of {rounds} rounds; {}",
            grouped(times),
            measurement::machine()
        ),
        x: Some(Axis::linear("threads", "")),
        y: Axis::linear("visits", "M/s"),
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
    measure(200_000, &threads, 5)
}

/// What the variants share: nothing is lost.
fn scenario(way: Count) {
    for threads in 1..4 {
        assert_eq!(way(1_000, threads).unwrap(), 1_000 * threads as u64);
    }
}

pub(super) static LAB: Lab = Lab {
    number: 61,
    slug: "lock-granularity",
    title: "One key for the whole house",
    room: room::MEASURED,
    minutes: 10,
    references: &[
        cited::of(
            cited::ReferenceKind::Issue,
            "orcaman/concurrent-map #4",
            "https://github.com/orcaman/concurrent-map/pull/4",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "XRPLF/rippled #3993",
            "https://github.com/XRPLF/rippled/pull/3993",
        ),
    ],
    lesson: include_str!("lessons/61.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "one lock for all pages",
            Declared::measured(),
            Scenario::new(|| scenario(buggy)),
        )
        .measured(chart),
        Variant::new(
            "fixed",
            "a lock for each shard",
            Declared::measured(),
            Scenario::new(|| scenario(fixed)),
        )
        .measured(chart),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab61_lock_granularity.rs"),
};
