//! Wrong fixes of lab 9, use-before-init.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::atomic::{AtomicBool, Ordering::*};

/// The watchman looks a second time, after letting others go first.
fn wrong_look_again(board: &Board) -> Option<u32> {
    thread::scope(|s| {
        let watchman = s.spawn(|| {
            board.take().or_else(|| {
                thread::yield_now();
                board.take()
            })
        });
        board.hang(7);
        watchman.join().unwrap()
    })
}

/// A flag says that all is ready, and is raised a moment too early.
fn wrong_flag_first(board: &Board) -> Option<u32> {
    let ready = AtomicBool::new(false);
    name(&ready, "ready");
    thread::scope(|s| {
        let watchman = s.spawn(|| {
            while !ready.load(Acquire) {
                thread::yield_now();
            }
            board.take()
        });
        ready.store(true, Release);
        board.hang(7);
        watchman.join().unwrap()
    })
}

/// The watchman waits for the bell, whatever is on the board.
fn wrong_bare_wait(board: &Board) -> Option<u32> {
    thread::scope(|s| {
        let watchman = s.spawn(|| {
            let key = board.key.lock().unwrap();
            board.bell.wait(key).unwrap().take() // <- fails here: wrong-bare-wait
        });
        board.hang(7);
        watchman.join().unwrap()
    })
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-look-again",
            "a second look if the first finds nothing",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| has_the_key(night(wrong_look_again))),
        )
        .because(
            "The porter may be later than any number of looks. To look again helps only who goes on until the key is there, \
             and that is waiting.",
        ),
        Variant::new(
            "wrong-flag-first",
            "a flag that is raised before the key is there",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| has_the_key(night(wrong_flag_first))),
        )
        .because(
            "The watchman waits for the flag now, and the flag says nothing about the key: it is the same wrong order, one \
             step later. A flag is raised last.",
        ),
        Variant::new(
            "wrong-bare-wait",
            "a wait without a question",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| has_the_key(night(wrong_bare_wait))),
        )
        .because(
            "If the porter was there first, the bell has rung already, and nobody rings it again: the watchman sleeps beside \
             the key for ever. Before a wait comes the question whether there is anything to wait for.",
        ),
    ],
);
