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

/// Puts the letter away only if the lock is free.
fn wrong_if_free(desk: &Desk) -> bool {
    match desk.piles.lock().unwrap().open.pop_front() {
        Some(letter) => {
            if let Ok(mut piles) = desk.piles.try_lock() {
                piles.done.push(letter);
            }
            true
        }
        None => false,
    }
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
            "wrong-if-free",
            "puts the letter away with try_lock",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_if_free)),
        )
        .because(
            "The lock is never free: the guard in the head of the `match` is this clerk's own. So the letter is on neither pile; \
             what hung before is lost now.",
        ),
    ],
);
