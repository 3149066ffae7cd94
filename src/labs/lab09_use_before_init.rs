//! Lab 9, **use-before-init**: the night watchman is sent off before the key is on the board.
//!
//! A thread is started, and then the data that it needs is put in its place: the watchman is on his way, and the key is still
//! in the porter's hand. Mostly the watchman is slow, and all is well. Nothing makes him be slow. `spawn` means that the
//! thread *may* run from now on, and so whatever it needs must be there before.
//!
//! | The watchman goes | | How |
//! |---|---|---|
//! | `with the key` | allowed | it was on the board when he came |
//! | `without it` | forbidden | he came before the porter |

mod wrong;

use super::form::{Lab, Outcome, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::{Condvar, Mutex};
use crate::thread;

/// The board at the door.
#[derive(Debug, Default)]
pub struct Board {
    key: Mutex<Option<u32>>,
    bell: Condvar,
}

impl Board {
    /// The porter puts the key there, and rings.
    pub fn hang(&self, key: u32) {
        *self.key.lock().unwrap() = Some(key);
        self.bell.notify_all();
    }

    /// The watchman takes what is there.
    fn take(&self) -> Option<u32> {
        self.key.lock().unwrap().take()
    }
}

/// The bug: the watchman is sent, and then the key is put there.
pub fn buggy(board: &Board) -> Option<u32> {
    thread::scope(|s| {
        let watchman = s.spawn(|| board.take());
        board.hang(7);
        watchman.join().unwrap()
    })
}

/// The fix: first the key. What comes before `spawn` happens before all that the thread does.
pub fn fixed(board: &Board) -> Option<u32> {
    board.hang(7);
    thread::scope(|s| s.spawn(|| board.take()).join().unwrap())
}

/// The fix where the thread must start early: it waits until the key is there.
pub fn fixed_wait(board: &Board) -> Option<u32> {
    thread::scope(|s| {
        let watchman = s.spawn(|| {
            let key = board.key.lock().unwrap();
            let missing = |key: &mut Option<u32>| key.is_none();
            board.bell.wait_while(key, missing).unwrap().take()
        });
        board.hang(7);
        watchman.join().unwrap()
    })
}

/// One night. Returns how the watchman went.
fn night(send: fn(&Board) -> Option<u32>) -> &'static str {
    let board = Board::default();
    name(&board.key, "board");
    name(&board.bell, "bell");
    match send(&board) {
        Some(_) => "with the key",
        None => "without it",
    }
}

/// The invariant: the watchman has the key.
fn has_the_key(watchman: &str) {
    assert!(watchman == "with the key", "the watchman went {watchman}"); // <- fails here
}

pub(super) static LAB: Lab = Lab {
    number: 9,
    slug: "use-before-init",
    title: "The watchman is sent off before the key is on the board",
    room: room::ORDER,
    minutes: 10,
    references: &[
        cited::of(
            cited::ReferenceKind::Cwe,
            "CWE-908",
            "https://cwe.mitre.org/data/definitions/908.html",
        ),
        cited::LU_ORDER,
        cited::of(
            cited::ReferenceKind::Issue,
            "moby/moby #18412",
            "https://github.com/moby/moby/pull/18412",
        ),
    ],
    lesson: include_str!("lessons/09.md"),
    outcomes: &[
        Outcome::allowed("with the key", "it was on the board when he came"),
        Outcome::forbidden("without it", "he came before the porter"),
    ],
    variants: &[
        Variant::new(
            "buggy",
            "spawn, then initialise",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| has_the_key(night(buggy))),
        )
        .observed(|| night(buggy).into(), &["with the key", "without it"]),
        Variant::new(
            "fixed",
            "initialise, then spawn",
            Declared::verified(),
            Scenario::new(|| has_the_key(night(fixed))),
        )
        .observed(|| night(fixed).into(), &["with the key"]),
        Variant::new(
            "fixed-wait",
            "the thread waits for its data",
            Declared::verified(),
            Scenario::new(|| has_the_key(night(fixed_wait))),
        )
        .observed(|| night(fixed_wait).into(), &["with the key"]),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab09_use_before_init.rs"),
};
