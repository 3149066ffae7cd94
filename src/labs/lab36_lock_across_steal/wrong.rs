//! Wrong fixes of lab 36, lock-across-steal.

use super::*;
use crate::labs::form::WrongFixes;

/// Does the other tasks before it takes the ledger, so that none is left to help with.
fn wrong_empty_first(pool: &Pool, booking: usize) {
    pool.work();
    let mut ledger = pool.open();
    *ledger += pool.count(booking, any);
}

/// Reads the ledger, lets go of it while it waits, and writes then.
fn wrong_remember(pool: &Pool, booking: usize) {
    let before = *pool.open();
    let sum = pool.count(booking, any);
    *pool.open() = before + sum;
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-empty-first",
            "does all other tasks before it locks",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_empty_first)),
        )
        .because(
            "That there was nothing to do is true until somebody orders something. A task that comes after the look is there to be \
             helped with, ledger in hand.",
        ),
        Variant::new(
            "wrong-remember",
            "lets go of the ledger while it waits, and writes what it remembers",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_remember)),
        )
        .because(
            "While it helps, the other booking is written, perhaps by itself. What it remembers is older than that, and overwrites \
             it: lab 1, lost-update, in one and the same thread if need be.",
        ),
    ],
);
