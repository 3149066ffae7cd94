//! Wrong fixes of lab 19, weak-cas.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::atomic::Ordering::{AcqRel, Acquire};

/// Makes sure that the seat is free, and then tries once.
fn wrong_look_first(seat: &AtomicU32, guest: u32) -> bool {
    seat.load(Relaxed) == FREE
        && seat
            .compare_exchange_weak(FREE, guest, Relaxed, Relaxed)
            .is_ok()
}

/// The failure brings the value that was expected, so it must have worked.
fn wrong_trust_the_value(seat: &AtomicU32, guest: u32) -> bool {
    match seat.compare_exchange_weak(FREE, guest, Relaxed, Relaxed) {
        Ok(_) => true,
        Err(found) => found == FREE,
    }
}

/// Stronger orderings.
fn wrong_stronger_ordering(seat: &AtomicU32, guest: u32) -> bool {
    let result = seat.compare_exchange_weak(FREE, guest, AcqRel, Acquire);
    result.is_ok()
}

/// What loom leaves out: weak failures.
const fn fails() -> Declared {
    Declared::fails(FailureKind::Panic).missed_by_loom()
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-look-first",
            "a look before the weak exchange",
            fails(),
            Scenario::new(|| scenario(wrong_look_first)),
        )
        .because(
            "The weak exchange does not fail because the seat is taken, so it does not help to know that it is free. (loom \
             misses it, for to it a weak exchange never fails without a reason.)",
        ),
        Variant::new(
            "wrong-trust-the-value",
            "a failure with the expected value counts as success",
            fails(),
            Scenario::new(|| scenario(wrong_trust_the_value)),
        )
        .because(
            "`Err` means that nothing was written, whatever value comes with it. The guest is told to sit down, and her name \
             is not on the seat: the next one gets it, too. (loom misses it, as above.)",
        ),
        Variant::new(
            "wrong-stronger-ordering",
            "AcqRel and Acquire",
            fails(),
            Scenario::new(|| scenario(wrong_stronger_ordering)),
        )
        .because(
            "An ordering says what else is seen by an exchange that succeeds, and not whether it does. The reservation is \
             lost with any ordering. (loom misses it, as above.)",
        ),
    ],
);
