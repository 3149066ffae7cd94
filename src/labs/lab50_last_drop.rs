//! Lab 50, **last-drop**: both were the last to leave the boat, and both returned it.
//!
//! Friends share a rented boat. Who goes off crosses out a name on the list; who finds the list empty is the last, and
//! returns the boat. Two go off at once: both cross out, and then both look. The list is empty. Both return the boat, and
//! the second time it is somebody else's. In a program the boat is memory, and to return it is to free it.
//!
//! | Two go off | | How |
//! |---|---|---|
//! | one returns the boat | allowed | one crossing-out was the last |
//! | both return it | forbidden | both looked after both had crossed out: freed twice |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::alloc;
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicPtr, AtomicU32, Ordering::*};
use crate::thread;
use core::ptr;

/// A boat, and the list of those who are aboard.
#[derive(Debug)]
pub struct Rental {
    aboard: AtomicU32,
    boat: AtomicPtr<u32>,
    /// One of the wrong fixes has the list under a lock.
    list: Mutex<u32>,
}

impl Rental {
    /// Rents a boat for so many.
    pub fn new(aboard: u32) -> Self {
        Self {
            aboard: AtomicU32::new(aboard),
            boat: AtomicPtr::new(alloc::into_raw(1)), // <- fails here: wrong-look-first
            list: Mutex::new(aboard),
        }
    }

    /// Returns the boat.
    ///
    /// # Safety
    /// Once for each rental, and nobody uses the boat any more.
    unsafe fn give_back(&self) {
        let boat = self.boat.load(Acquire);
        // SAFETY: the caller's promise. Whether it is kept is what the lab is about.
        let _ = unsafe { alloc::from_raw(boat) }; // <- fails here
    }
}

/// The bug: first to cross out, then to look whether the list is empty.
fn buggy(rental: &Rental) -> bool {
    rental.aboard.fetch_sub(1, AcqRel);
    let last = rental.aboard.load(Acquire) == 0;
    if last {
        // SAFETY: none: the other may find the list empty, too.
        unsafe { rental.give_back() };
    }
    last
}

/// The fix: the crossing-out itself tells who was the last. Returns whether it was this one.
///
/// # Safety
/// Once for each who is aboard.
pub unsafe fn fixed(rental: &Rental) -> bool {
    // ORDERING: AcqRel; what the others did with the boat happens before the last one returns it.
    let last = rental.aboard.fetch_sub(1, AcqRel) == 1;
    if last {
        // SAFETY: the count goes through 1 once, so this is the only call, and it comes after all crossings-out.
        unsafe { rental.give_back() };
    }
    last
}

/// The fix by a swap: whoever finds the list empty takes the boat, and who finds no boat has nothing to return. Returns
/// whether this one did.
///
/// # Safety
/// Once for each who is aboard.
pub unsafe fn fixed_swap(rental: &Rental) -> bool {
    rental.aboard.fetch_sub(1, AcqRel);
    if rental.aboard.load(Acquire) > 0 {
        return false;
    }
    let boat = rental.boat.swap(ptr::null_mut(), AcqRel);
    if !boat.is_null() {
        // SAFETY: it was made by `into_raw`, and one swap gets it. All have gone off.
        let _ = unsafe { alloc::from_raw(boat) };
    }
    !boat.is_null()
}

/// Two go off at once. The invariant: the boat is returned once (a check sees memory that is freed twice, or never).
fn scenario<R: Send>(leave: unsafe fn(&Rental) -> R) {
    let rental = Rental::new(2);
    name(&rental.aboard, "aboard");
    name(&rental.boat, "boat");
    name(&rental.list, "list");
    thread::scope(|s| {
        for _ in 0..2 {
            // SAFETY: two are aboard, and each goes off once. What a bug makes of it is not run natively.
            s.spawn(|| unsafe { leave(&rental) });
        }
    });
}

pub(super) static LAB: Lab = Lab {
    number: 50,
    slug: "last-drop",
    title: "Both were the last to leave the boat, and both returned it",
    room: room::SOUNDNESS,
    minutes: 15,
    references: &[
        cited::of(
            cited::ReferenceKind::Cwe,
            "CWE-415",
            "https://cwe.mitre.org/data/definitions/415.html",
        ),
        cited::of(
            cited::ReferenceKind::Advisory,
            "RUSTSEC-2020-0017",
            "https://rustsec.org/advisories/RUSTSEC-2020-0017",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "droundy/internment #11",
            "https://github.com/droundy/internment/issues/11",
        ),
    ],
    lesson: include_str!("lessons/50.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "crosses out, then looks",
            Declared::fails(FailureKind::UseAfterFree),
            Scenario::undefined_natively(
                || scenario(buggy),
                "both threads can free the boat: a double free",
            ),
        ),
        Variant::new(
            "fixed",
            "the crossing-out tells who was last",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-swap",
            "one swap gets the boat",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_swap)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab50_last_drop.rs"),
};
