//! Wrong fixes of lab 71, dining-savages.

use super::*;
use crate::labs::form::WrongFixes;

/// A flag says that the cook has been called, so that nobody calls twice; all who found the pot empty wait for the answer.
fn wrong_called_flag(camp: &Camp) {
    if camp.portions() == 0 {
        let called = std::mem::replace(&mut camp.pot.lock().unwrap().called, true);
        if !called {
            camp.empty.signal();
        }
        camp.full.wait(); // <- fails here: wrong-called-flag
    }
    camp.take();
}

/// Keeps the pot itself from the look to the spoonful: nobody else can look meanwhile.
fn wrong_pot_locked(camp: &Camp) {
    let mut pot = camp.pot.lock().unwrap();
    if pot.portions == 0 {
        camp.empty.signal();
        camp.full.wait();
    }
    pot.portions -= 1;
}

/// Looks without the spoon, which is cheap; only who finds the pot empty needs it.
fn wrong_spoon_late(camp: &Camp) {
    if camp.portions() == 0 {
        let _spoon = camp.spoon.lock().unwrap();
        camp.empty.signal();
        camp.full.wait(); // <- fails here: wrong-spoon-late
    }
    camp.take();
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-called-flag",
            "a flag keeps the second from calling",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_called_flag)),
        )
        .because(
            "Two wait now, after one call, and the cook answers once. Whoever gets the answer eats; the other waits for an \
             answer to a call that it did not make.",
        ),
        Variant::new(
            "wrong-pot-locked",
            "waits for the cook with the pot locked",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_pot_locked)),
        )
        .because(
            "The cook must get at the pot to fill it. What may be held while one waits for somebody is only what that one \
             does not need.",
        ),
        Variant::new(
            "wrong-spoon-late",
            "takes the spoon once it has found the pot empty",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_spoon_late)),
        )
        .because(
            "Both have looked before either has the spoon. The second gets it when the pot is full, and calls the cook on the \
             strength of what it saw before.",
        ),
    ],
);
