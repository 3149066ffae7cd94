//! Lab 25, **guard-temporary**: the lock that is still held, though no variable holds it.
//!
//! A clerk takes a letter from the pile of open ones and puts it on the pile of done ones. Both piles are behind one lock.
//! `match piles.lock().unwrap().open.pop_front()` looks as if the lock were let go at the dot. But the guard is a
//! *temporary*, and a temporary in the head of a `match` lives until its closing brace. Whatever is done with the letter
//! inside is done under the lock; and if it asks for the lock, it waits for itself.
//!
//! | A letter | | How |
//! |---|---|---|
//! | done | allowed | the guard was gone when the letter was put away |
//! | never done | forbidden | the clerk waits for the guard in the head of its own `match` |

mod wrong;

use std::collections::VecDeque;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::thread;

/// A desk with two piles of letters.
#[derive(Debug, Default)]
pub struct Desk {
    piles: Mutex<Piles>,
}

#[derive(Debug, Default)]
struct Piles {
    open: VecDeque<u32>,
    done: Vec<u32>,
}

/// The bug: the guard in the head of the `match` lives to its end. `false`: there was no letter.
pub fn buggy(desk: &Desk) -> bool {
    match desk.piles.lock().unwrap().open.pop_front() {
        Some(letter) => desk.put_away(letter),
        None => false,
    }
}

/// The fix: a statement of its own, with whose semicolon the guard is gone.
pub fn fixed(desk: &Desk) -> bool {
    let letter = desk.piles.lock().unwrap().open.pop_front();
    match letter {
        Some(letter) => desk.put_away(letter),
        None => false,
    }
}

/// The same with `let … else`, which is a statement, too.
pub fn fixed_let_else(desk: &Desk) -> bool {
    let Some(letter) = desk.piles.lock().unwrap().open.pop_front() else {
        return false;
    };
    desk.put_away(letter)
}

impl Desk {
    /// A desk with these letters open.
    pub fn new(letters: impl IntoIterator<Item = u32>) -> Self {
        Self {
            piles: Mutex::new(Piles {
                open: letters.into_iter().collect(),
                done: Vec::new(),
            }),
        }
    }

    /// The letters that are done.
    pub fn done(self) -> Vec<u32> {
        self.piles.into_inner().unwrap().done
    }

    /// Puts a letter on the pile of the done ones. The same for every variant.
    fn put_away(&self, letter: u32) -> bool {
        self.piles.lock().unwrap().done.push(letter); // <- fails here
        true
    }
}

/// Two letters and two clerks, of whom the other works as in `fixed`. The invariant: each letter is done, and once.
fn scenario(work: fn(&Desk) -> bool) {
    let desk = Desk::new([1, 2]);
    name(&desk.piles, "piles");
    thread::scope(|s| {
        s.spawn(|| fixed(&desk));
        work(&desk);
    });
    let mut done = desk.done();
    done.sort_unstable();
    assert_eq!(done, [1, 2], "letters done"); // <- fails here: wrong-front, wrong-whole-pile
}

pub(super) static LAB: Lab = Lab {
    number: 25,
    slug: "guard-temporary",
    title: "The lock that is held, though no variable holds it",
    room: room::BLOCKING,
    minutes: 10,
    references: &[
        cited::CWE_833,
        cited::QIN_DOUBLE_LOCK,
        cited::of(
            cited::ReferenceKind::Issue,
            "rust-lang/rust #93883",
            "https://github.com/rust-lang/rust/issues/93883",
        ),
    ],
    lesson: include_str!("lessons/25.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the guard in the head of a match",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "a let before the match",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-let-else",
            "let … else in place of the match",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_let_else)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab25_guard_temporary.rs"),
};
