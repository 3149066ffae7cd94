//! Wrong fixes of lab 3, private-copy.

use super::*;
use crate::labs::form::WrongFixes;

/// Takes the lock, and then a copy of what it guards.
fn wrong_clone_under_lock(sheet: Arc<Mutex<Sheet>>) {
    sheet.lock().unwrap().clone().add();
}

/// Counts on a copy, and puts the copy on the table.
fn wrong_put_back(sheet: Arc<Mutex<Sheet>>) {
    let mut copy = sheet.lock().unwrap().clone();
    copy.add();
    *sheet.lock().unwrap() = copy;
}

/// Puts the copy on the table only if it is longer than what lies there.
fn wrong_larger_wins(sheet: Arc<Mutex<Sheet>>) {
    let mut copy = sheet.lock().unwrap().clone();
    copy.add();
    let larger = copy.votes > sheet.lock().unwrap().votes;
    if larger {
        *sheet.lock().unwrap() = copy;
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-clone-under-lock",
            "the lock is there, and a clone leaves it",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| both_votes(run_mutex(wrong_clone_under_lock))),
        )
        .because(
            "The lock guards the sheet, and the teller writes on a clone of it. What is changed must be reached through the \
             guard, not copied out of it.",
        ),
        Variant::new(
            "wrong-put-back",
            "the copy is put back",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| both_votes(run_mutex(wrong_put_back))),
        )
        .because(
            "Both may copy the empty sheet. Then both put back a sheet with one vote, and the later one covers the earlier \
             (lab 1).",
        ),
        Variant::new(
            "wrong-larger-wins",
            "the copy with more votes stays",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| both_votes(run_mutex(wrong_larger_wins))),
        )
        .because(
            "To take the larger count is not to add up two counts: two copies with one vote each come to two votes, and \
             neither of them says so.",
        ),
    ],
);
