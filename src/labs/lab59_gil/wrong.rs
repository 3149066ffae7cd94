//! Wrong fixes of lab 59, gil: faster, and wrong. The lock comes off what threads do share.

use crate::check::{FailureKind, name};
use crate::labs::form::{Variant, WrongFixes};
use crate::labs::{Declared, Scenario};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU32, Ordering::*};
use crate::thread;

/// The sum that the threads share.
#[derive(Debug, Default)]
struct Sum {
    free: AtomicU32,
    locked: Mutex<u32>,
}

/// No lock at all, and the sum still shared.
fn wrong_no_lock(sum: &Sum, slice: u32) {
    sum.free.store(sum.free.load(Relaxed) + slice, Relaxed);
}

/// The lock is held for the reading and for the writing, and not for the adding.
fn wrong_half_lock(sum: &Sum, slice: u32) {
    let so_far = *sum.locked.lock().unwrap();
    let more = so_far + slice; // with the lock free, for this computes
    *sum.locked.lock().unwrap() = more;
}

/// Two threads add a slice each to one sum. The invariant: it is the sum of both.
fn adds(add: fn(&Sum, u32)) {
    let sum = Sum::default();
    name(&sum.free, "sum");
    name(&sum.locked, "locked sum");
    thread::scope(|s| {
        s.spawn(|| add(&sum, 1));
        add(&sum, 2);
    });
    let found = sum.free.load(Relaxed) + *sum.locked.lock().unwrap();
    assert_eq!(found, 3, "a slice was lost"); // <- fails here: wrong-no-lock, wrong-half-lock
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-no-lock",
            "no lock, and a sum that is shared",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| adds(wrong_no_lock)),
        )
        .because(
            "`fixed` needs no lock because it shares no sum. Without the lock and with the sharing two threads read the same sum, and one \
             slice is overwritten.",
        ),
        Variant::new(
            "wrong-half-lock",
            "locked to read and to write, and free between",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| adds(wrong_half_lock)),
        )
        .because(
            "Computing outside of the lock is the right idea, but what is computed there must not depend on what was read before under it.",
        ),
    ],
);
