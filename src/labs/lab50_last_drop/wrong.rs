//! Wrong fixes of lab 50, last-drop.

use super::*;
use crate::labs::form::WrongFixes;

/// Looks first: who is alone returns the boat, the others cross out.
fn wrong_look_first(rental: &Rental) {
    if rental.aboard.load(Acquire) == 1 {
        // SAFETY: only one can be alone, and then nobody else is aboard.
        unsafe { rental.give_back() };
    } else {
        rental.aboard.fetch_sub(1, AcqRel);
    }
}

/// Notes that the boat is returned, for the next one who finds the list empty.
fn wrong_note(rental: &Rental) {
    rental.aboard.fetch_sub(1, AcqRel);
    if rental.aboard.load(Acquire) == 0 {
        let boat = rental.boat.load(Acquire);
        if !boat.is_null() {
            rental.boat.store(ptr::null_mut(), Release);
            // SAFETY: none: the other may have loaded the boat, too.
            let _ = unsafe { alloc::from_raw(boat) }; // <- fails here: wrong-note
        }
    }
}

/// The list under a lock, for each of the two steps.
fn wrong_two_locks(rental: &Rental) {
    *rental.list.lock().unwrap() -= 1;
    let empty = *rental.list.lock().unwrap() == 0;
    if empty {
        // SAFETY: none: the other may have found the list empty, too.
        unsafe { rental.give_back() };
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-look-first",
            "looks, then crosses out",
            Declared::fails(FailureKind::Leak),
            Scenario::new(|| scenario(wrong_look_first)),
        )
        .because(
            "Both may look while both are aboard. Then neither is alone, both cross out, and nobody returns the boat: the \
             double free has become a leak.",
        ),
        Variant::new(
            "wrong-note",
            "a note that the boat is returned",
            Declared::fails(FailureKind::UseAfterFree),
            Scenario::undefined_natively(
                || scenario(wrong_note),
                "both threads can read the note before either writes it: a double free",
            ),
        )
        .because(
            "To read the note and to write it are two steps, and both may read it before either writes. A swap does both at \
             once.",
        ),
        Variant::new(
            "wrong-two-locks",
            "a lock to cross out, and a lock to look",
            Declared::fails(FailureKind::UseAfterFree),
            Scenario::undefined_natively(
                || scenario(wrong_two_locks),
                "both threads can find the list empty: a double free",
            ),
        )
        .because(
            "The lock is let go between the crossing-out and the look, and the other crosses out just then. One critical \
             section for both would do.",
        ),
    ],
);
