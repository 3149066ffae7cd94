//! Wrong fixes of lab 5, double-read.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::atomic::Ordering::SeqCst;

/// The strongest ordering for both reads.
fn wrong_seqcst(party: &Party) -> Option<u32> {
    if party.guests.load(SeqCst) > 0 {
        Some(PIECES / party.guests.load(SeqCst)) // <- fails here: wrong-seqcst
    } else {
        None
    }
}

/// Asks twice before it divides.
fn wrong_ask_twice(party: &Party) -> Option<u32> {
    let some = || party.guests.load(Relaxed) > 0;
    if some() && some() {
        Some(PIECES / party.guests.load(Relaxed)) // <- fails here: wrong-ask-twice
    } else {
        None
    }
}

/// Locks the door for both reads.
fn wrong_lock(party: &Party) -> Option<u32> {
    let _locked = party.door.lock().unwrap();
    if party.guests.load(Relaxed) > 0 {
        Some(PIECES / party.guests.load(Relaxed)) // <- fails here: wrong-lock
    } else {
        None
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-seqcst",
            "both reads SeqCst",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_seqcst)),
        )
        .because(
            "SeqCst puts all such operations in one order, and the guest's leaving may stand between the two reads in that \
             order, too.",
        ),
        Variant::new(
            "wrong-ask-twice",
            "two questions before the division",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_ask_twice)),
        )
        .because(
            "The division reads once more, and what it reads was not asked about. The number that was tested must be the \
             number that divides.",
        ),
        Variant::new(
            "wrong-lock",
            "a lock around both reads",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_lock)),
        )
        .because(
            "A lock keeps out those who take it. The guest leaves without it, as the number is atomic and nothing makes him \
             ask for the lock.",
        ),
    ],
);
