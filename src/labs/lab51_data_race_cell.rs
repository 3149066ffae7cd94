//! Lab 51, **data-race-cell**: the compiler was told to trust, and should not have been.
//!
//! Rust refuses to share a cell between threads: `UnsafeCell` is not `Sync`. One line overrules it, `unsafe impl Sync`,
//! and the promise in that line (whoever uses it from two threads is synchronised) is kept by nobody. Two threads then
//! write one place at once. That is no wrong number but undefined behaviour: the compiler assumed that it cannot be.
//!
//! | Two clicks | | How |
//! |---|---|---|
//! | one after the other, by a lock or an atomic | allowed | counted: 2 |
//! | both in the cell | forbidden | a data race; no result means anything |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::cell::UnsafeCell;
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::thread;

/// A counter that claims to be shareable.
struct Clicks(UnsafeCell<u32>);

// SAFETY: none. `buggy` lets two threads into the cell at once. This line is the bug.
unsafe impl Sync for Clicks {}

/// The bug: a plain write to a cell that another thread writes too.
fn buggy(clicks: &Clicks) {
    // SAFETY: none, see `Clicks`: nothing keeps the other thread out.
    clicks.0.with_mut(|clicks| unsafe { *clicks += 1 }); // <- fails here
}

/// The fix with a lock: it is `Sync` by right, because it lets one thread in at a time.
pub fn fixed(clicks: &Mutex<u32>) {
    *clicks.lock().unwrap() += 1;
}

/// The fix with an atomic: it is `Sync` by right, because its accesses may meet.
pub fn fixed_atomic(clicks: &AtomicU32) {
    clicks.fetch_add(1, Relaxed);
}

/// Two clicks at once. The invariant: no data race, and both count.
fn scenario<C: Sync>(clicks: C, click: fn(&C), counted: fn(C) -> u32) {
    name(&clicks, "clicks");
    thread::scope(|s| {
        s.spawn(|| click(&clicks));
        s.spawn(|| click(&clicks));
    });
    assert_eq!(counted(clicks), 2);
}

pub(super) static LAB: Lab = Lab {
    number: 51,
    slug: "data-race-cell",
    title: "The compiler was told to trust, and should not have been",
    room: room::SOUNDNESS,
    minutes: 15,
    references: &[
        cited::CWE_362,
        cited::QIN_SYNC,
        cited::of(
            cited::ReferenceKind::Advisory,
            "CVE-2017-20004",
            "https://nvd.nist.gov/vuln/detail/CVE-2017-20004",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "rust-lang/rust #41622",
            "https://github.com/rust-lang/rust/issues/41622",
        ),
    ],
    lesson: include_str!("lessons/51.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "a cell, and unsafe impl Sync",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(
                || {
                    let clicks = Clicks(UnsafeCell::new(0));
                    scenario(clicks, buggy, |clicks| clicks.0.into_inner());
                },
                "two threads write one cell without synchronisation: a data race",
            ),
        ),
        Variant::new(
            "fixed",
            "a mutex",
            Declared::verified(),
            Scenario::new(|| scenario(Mutex::new(0), fixed, |clicks| clicks.into_inner().unwrap())),
        ),
        Variant::new(
            "fixed-atomic",
            "an atomic",
            Declared::verified(),
            Scenario::new(|| scenario(AtomicU32::new(0), fixed_atomic, AtomicU32::into_inner)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab51_data_race_cell.rs"),
};
