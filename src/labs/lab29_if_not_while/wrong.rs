//! Wrong fixes of lab 29, if-not-while.

use super::*;
use crate::labs::form::WrongFixes;

/// Asks a second time, and not a third.
fn wrong_second_if(bakery: &Bakery) -> Option<u32> {
    let mut shelf = bakery.shelf.lock().unwrap();
    if shelf.is_empty() {
        shelf = bakery.bell.wait(shelf).unwrap();
        if shelf.is_empty() {
            shelf = bakery.bell.wait(shelf).unwrap();
        }
    }
    shelf.pop_front()
}

/// Asks as often as it must, lets go of the shelf, and then takes.
fn wrong_two_locks(bakery: &Bakery) -> Option<u32> {
    let mut shelf = bakery.shelf.lock().unwrap();
    while shelf.is_empty() {
        shelf = bakery.bell.wait(shelf).unwrap();
    }
    drop(shelf);
    bakery.shelf.lock().unwrap().pop_front()
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-second-if",
            "a second if after the first wait",
            Declared::fails(FailureKind::Panic).missed_by_loom(),
            Scenario::new(|| scenario(wrong_second_if)),
        )
        .because(
            "Each `if` forgives one wakeup that brings nothing. One for no reason and one for a loaf that somebody else takes \
             are two. (loom misses it, for it knows no wakeup without a reason.)",
        ),
        Variant::new(
            "wrong-two-locks",
            "a while loop, and the loaf taken under a second lock",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_two_locks)),
        )
        .because(
            "What the loop saw is true as long as the lock is held. Between the two locks the loaf is anybody's.",
        ),
    ],
);
