//! Wrong fixes of lab 25, guard-temporary.

use super::*;
use crate::labs::form::WrongFixes;

/// Copies the letter, puts it away, and takes it from the pile afterwards.
fn wrong_front(desk: &Desk) -> bool {
    let letter = desk.piles.lock().unwrap().open.front().copied();
    let Some(letter) = letter else {
        return false;
    };
    desk.put_away(letter);
    desk.piles.lock().unwrap().open.pop_front();
    true
}

/// Takes the whole pile, does the first letter, and puts the others back.
fn wrong_whole_pile(desk: &Desk) -> bool {
    let mut pile = std::mem::take(&mut desk.piles.lock().unwrap().open);
    let Some(letter) = pile.pop_front() else {
        return false;
    };
    desk.put_away(letter);
    desk.piles.lock().unwrap().open.append(&mut pile);
    true
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-front",
            "copies the letter, and takes it from the pile when it is done",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_front)),
        )
        .because(
            "The guards are gone in time. But between the copy and the taking both clerks can have the same letter in hand: it is \
             done twice, and the other one is taken from the pile unread.",
        ),
        Variant::new(
            "wrong-whole-pile",
            "takes the pile, and puts back what it does not do",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_whole_pile)),
        )
        .because(
            "While one clerk has the pile in hand the other finds none, and goes home. The letters that are put back then are \
             nobody's.",
        ),
    ],
);
