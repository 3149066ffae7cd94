//! Wrong fixes of lab 70, santa-claus.

use super::*;
use crate::labs::form::WrongFixes;

/// The last one to come to the sleigh tells Santa: who finds the others gone from the hut is the last.
fn wrong_last_to_come(pole: &Pole) {
    pole.come.wait();
    if pole.come.permits() == 0 {
        pole.ready.signal();
    }
    pole.harness();
}

/// Each tells Santa when it is harnessed, and he waits for one.
fn wrong_one_ready(pole: &Pole) {
    reindeer(pole);
    pole.ready.signal();
}

/// Gives every reindeer time to be harnessed.
fn wrong_patience(pole: &Pole) -> u32 {
    pole.call();
    (0..pole.team).for_each(|_| thread::yield_now());
    pole.pulling()
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        variant(
            "wrong-one-ready",
            "each reindeer tells Santa that it is harnessed",
            Declared::fails(FailureKind::Panic),
            || {
                scenario(Roles {
                    reindeer: wrong_one_ready,
                    santa: fixed,
                });
            },
        )
        .because("One signal tells of one reindeer, whichever. Nobody has said that it is the last."),
        variant(
            "wrong-last-to-come",
            "the last one that comes to the sleigh tells Santa, and then is harnessed",
            Declared::fails(FailureKind::Panic),
            || {
                scenario(Roles {
                    reindeer: wrong_last_to_come,
                    santa: fixed,
                });
            },
        )
        .because(
            "A signal says that what stands *above* it is done. Here that is the coming, of one or of all, and not the \
             harness.",
        ),
        variant(
            "wrong-patience",
            "lets the reindeer run first",
            Declared::fails(FailureKind::Panic),
            || {
                scenario(Roles {
                    reindeer,
                    santa: wrong_patience,
                });
            },
        )
        .because(
            "To yield, or to sleep, makes room for others and waits for nobody. Trono's solution relied on the scheduler in \
             just this way.",
        ),
    ],
);
