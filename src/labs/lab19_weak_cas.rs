//! Lab 19, **weak-cas**: turned away from a seat that was free, and had her name on it.
//!
//! `compare_exchange_weak` may fail although the value is the expected one: on processors that have no compare-exchange but
//! a reservation, which can get lost (ARM, RISC-V, POWER), it is that much cheaper. It is made for loops, which try again
//! anyway. Whoever uses it once, and takes a failure for "somebody else has it", is turned away from a free seat.
//!
//! | The guest | | How |
//! |---|---|---|
//! | has her seat | allowed | nobody else may take it |
//! | is turned away, and the seat stays free | forbidden | the exchange failed for no reason |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::{hint, thread};

/// Nobody sits there.
pub const FREE: u32 = 0;

/// The bug: one weak exchange, and its failure is taken for an answer. Returns whether `guest` has the seat.
pub fn buggy(seat: &AtomicU32, guest: u32) -> bool {
    let result = seat.compare_exchange_weak(FREE, guest, Relaxed, Relaxed);
    result.is_ok()
}

/// The fix: try again as long as the seat is free. Only another value is an answer.
pub fn fixed(seat: &AtomicU32, guest: u32) -> bool {
    loop {
        match seat.compare_exchange_weak(FREE, guest, Relaxed, Relaxed) {
            Ok(_) => return true,
            Err(FREE) => hint::spin_loop(),
            Err(_) => return false,
        }
    }
}

/// The fix without a loop: the strong one fails only if the seat is taken.
pub fn fixed_strong(seat: &AtomicU32, guest: u32) -> bool {
    let result = seat.compare_exchange(FREE, guest, Relaxed, Relaxed);
    result.is_ok()
}

/// Two guests, each with a seat that is reserved for her. The invariant: each is told that she has it, and has it.
fn scenario(take: fn(&AtomicU32, u32) -> bool) {
    let seats = [AtomicU32::new(FREE), AtomicU32::new(FREE)];
    name(&seats[0], "seat 1");
    name(&seats[1], "seat 2");
    let told = thread::scope(|s| {
        let first = s.spawn(|| take(&seats[0], 1));
        let second = s.spawn(|| take(&seats[1], 2));
        [first.join().unwrap(), second.join().unwrap()]
    });
    let seats = seats.map(AtomicU32::into_inner);
    let right = told == [true; 2] && seats == [1, 2];
    assert!(right, "told: {told:?}, and seated: {seats:?}"); // <- fails here
}

pub(super) static LAB: Lab = Lab {
    number: 19,
    slug: "weak-cas",
    title: "Turned away from a seat that was free",
    room: room::ORDER,
    minutes: 12,
    references: &[
        cited::of(
            cited::ReferenceKind::Cert,
            "CERT CON41-C",
            "https://wiki.sei.cmu.edu/confluence/display/c/CON41-C.+Wrap+functions+that+can+fail+spuriously+in+a+loop",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "Rust, compare_exchange_weak",
            "https://doc.rust-lang.org/std/sync/atomic/struct.AtomicU32.html#method.compare_exchange_weak",
        ),
    ],
    lesson: include_str!("lessons/19.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "one weak compare-exchange",
            Declared::fails(FailureKind::Panic).missed_by_loom(),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "a loop around it",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-strong",
            "the strong compare-exchange",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_strong)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab19_weak_cas.rs"),
};
