//! Lab 1, **lost-update**: two visitors, one visit counted.
//!
//! A page counts its visits. Each visit reads the counter and writes it back, plus one. Both operations are atomic;
//! the two together are not. When two visits read the same number, both write the same number, and one is lost.
//!
//! | Visits counted | | How |
//! |---|---|---|
//! | `2` | allowed | one visit read what the other wrote |
//! | `1` | forbidden | both read 0, both wrote 1 |

mod wrong;

use super::form::{Lab, Outcome, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::thread;

/// The bug: an atomic load, then an atomic store. Another visit fits between them.
pub fn buggy(visits: &AtomicU32) {
    let seen = visits.load(Relaxed);
    visits.store(seen + 1, Relaxed);
}

/// The fix: one atomic operation that reads and writes.
pub fn fixed(visits: &AtomicU32) {
    visits.fetch_add(1, Relaxed);
}

/// The fix with a lock: the same two steps, and nobody can come between them.
pub fn fixed_mutex(visits: &Mutex<u32>) {
    let mut visits = visits.lock().unwrap();
    let seen = *visits;
    *visits = seen + 1;
}

/// Two visits at once; returns how many were counted.
fn two_visits<C: Sync>(visits: C, visit: fn(&C), counted: fn(&C) -> u32) -> u32 {
    name(&visits, "visits");
    thread::scope(|s| {
        s.spawn(|| visit(&visits));
        s.spawn(|| visit(&visits));
    });
    counted(&visits)
}

/// The invariant: every visit counts.
fn every_visit_counts(counted: u32) {
    assert!(counted == 2, "a visit was lost: {counted} of 2 counted"); // <- fails here
}

fn run_buggy() -> u32 {
    two_visits(AtomicU32::new(0), buggy, |visits| visits.load(Relaxed))
}

fn run_fixed() -> u32 {
    two_visits(AtomicU32::new(0), fixed, |visits| visits.load(Relaxed))
}

fn run_fixed_mutex() -> u32 {
    two_visits(Mutex::new(0), fixed_mutex, |visits| *visits.lock().unwrap())
}

pub(super) static LAB: Lab = Lab {
    number: 1,
    slug: "lost-update",
    title: "Two visitors, one visit counted",
    room: room::ATOMICITY,
    minutes: 10,
    references: &[
        cited::CWE_362,
        cited::LU_ATOMICITY,
        cited::QIN_ATOMIC,
        cited::of(
            cited::ReferenceKind::Issue,
            "tokio-rs/tokio #4725",
            "https://github.com/tokio-rs/tokio/pull/4725",
        ),
    ],
    lesson: include_str!("lessons/01.md"),
    outcomes: &[
        Outcome::allowed("2", "one visit read what the other wrote"),
        Outcome::forbidden("1", "both read 0, both wrote 1"),
    ],
    variants: &[
        Variant::new(
            "buggy",
            "a load, then a store",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| every_visit_counts(run_buggy())),
        )
        .observed(|| run_buggy().to_string(), &["2", "1"]),
        Variant::new(
            "fixed",
            "one fetch_add",
            Declared::verified(),
            Scenario::new(|| every_visit_counts(run_fixed())),
        )
        .observed(|| run_fixed().to_string(), &["2"]),
        Variant::new(
            "fixed-mutex",
            "load and store under one lock",
            Declared::verified(),
            Scenario::new(|| every_visit_counts(run_fixed_mutex())),
        )
        .observed(|| run_fixed_mutex().to_string(), &["2"]),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab01_lost_update.rs"),
};
