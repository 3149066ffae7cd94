//! Wrong fixes of lab 33, cyclic-send.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::mpsc::TrySendError;

/// As before, with boxes for two letters. And one day there are three.
fn wrong_larger(theirs: &SyncSender<u32>, mine: &Receiver<u32>, who: Neighbour) -> u32 {
    buggy(theirs, mine, who)
}

/// Who finds a letter in its box reads first; who finds none posts first.
fn wrong_box_decides(theirs: &SyncSender<u32>, mine: &Receiver<u32>, who: Neighbour) -> u32 {
    match mine.try_recv() {
        Ok(letter) => {
            let sum = letter + read(mine, who.letters - 1);
            post(theirs, who.letters);
            sum
        }
        Err(_) => buggy(theirs, mine, who),
    }
}

/// Does not wait at a full box, but for a letter in its own.
fn wrong_read_meanwhile(theirs: &SyncSender<u32>, mine: &Receiver<u32>, who: Neighbour) -> u32 {
    let (mut sum, mut unread) = (0, who.letters);
    for _ in 0..who.letters {
        while let Err(TrySendError::Full(_)) = theirs.try_send(1) {
            sum += read(mine, 1);
            unread -= 1;
        }
    }
    sum + read(mine, unread)
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-larger",
            "letter boxes for two, and three letters",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| assert_eq!(exchange(wrong_larger, 2, 3), [3, 3])),
        )
        .because(
            "It takes one letter more until both boxes are full. Whoever knows the largest number of letters can make the boxes \
             that large; whoever does not has moved the day.",
        ),
        Variant::new(
            "wrong-box-decides",
            "reads first if there is mail, and posts first if not",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_box_decides)),
        )
        .because(
            "One of the two has to begin otherwise than the other, and that is nothing each can find out alone: if both look before \
             anything is posted, both see an empty box and post.",
        ),
        Variant::new(
            "wrong-read-meanwhile",
            "reads a letter whenever the other box is full",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| assert_eq!(exchange(wrong_read_meanwhile, 1, 3), [3, 3])),
        )
        .because(
            "That the other box was full is over when one begins to wait at one's own. Both can find the other's full, both boxes \
             are emptied, and both wait for a letter that the other has in hand.",
        ),
    ],
);
