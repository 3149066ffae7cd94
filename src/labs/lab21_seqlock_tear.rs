//! Lab 21, **seqlock-tear**: the scoreboard was photographed between two digits.
//!
//! A scoreboard has two numbers, and a counter at its foot. Who changes the score makes the counter odd, changes both
//! numbers, and makes it even again. A photographer takes the counter, the numbers and the counter once more: if it is
//! the same and even, nothing changed meanwhile, and the picture is good. Nobody waits, and nobody locks. It all hangs
//! on what comes *between* the two looks at the counter staying between them, and Acquire and Release hold one side each.
//!
//! | The picture shows | | How |
//! |---|---|---|
//! | `0:0` | allowed | taken before the change |
//! | `1:1` | allowed | taken after the change |
//! | `retry` | interesting | the counter was odd, or moved: another picture |
//! | `torn` | forbidden | one number is old, one is new, and the counter said that it was good |

#![doc = include_str!("orderings/21.md")]

mod wrong;

use super::form::{Lab, Outcome, Variant, room};
use super::orderings::{Hardware, Orderings};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicU32, Ordering::*, fence};
use crate::thread;

/// Two numbers that belong together, and a counter that is odd while they change.
#[derive(Debug, Default)]
pub struct Board {
    counter: AtomicU32,
    home: AtomicU32,
    guests: AtomicU32,
}

/// The bug: Release at both stores of the counter, Acquire at both loads. Two of the four face the wrong way.
mod buggy {
    use super::*;

    pub(super) fn change(board: &Board, nth: u32, score: (u32, u32)) {
        board.counter.store(2 * nth + 1, Release);
        board.home.store(score.0, Relaxed);
        board.guests.store(score.1, Relaxed);
        board.counter.store(2 * nth + 2, Release);
    }

    pub(super) fn picture(board: &Board) -> Option<(u32, u32)> {
        let before = board.counter.load(Acquire);
        let score = (board.home.load(Relaxed), board.guests.load(Relaxed));
        let after = board.counter.load(Acquire);
        (before == after && before.is_multiple_of(2)).then_some(score)
    }
}

/// The fix: a fence behind the first store, and one before the second load.
pub mod fixed {
    use super::*;

    /// The `nth` change, counted from 0. One thread makes all changes.
    pub fn change(board: &Board, nth: u32, score: (u32, u32)) {
        board.counter.store(2 * nth + 1, Relaxed);
        // ORDERING: Release; pairs with the Acquire fence in `picture`: who sees a new number sees the odd counter.
        fence(Release);
        board.home.store(score.0, Relaxed);
        board.guests.store(score.1, Relaxed);
        // ORDERING: Release; pairs with the first load in `picture`: who sees the even counter sees the numbers.
        board.counter.store(2 * nth + 2, Release);
    }

    /// The score, if nothing changed meanwhile.
    pub fn picture(board: &Board) -> Option<(u32, u32)> {
        // ORDERING: Acquire; pairs with the last store in `change`.
        let before = board.counter.load(Acquire);
        let score = (board.home.load(Relaxed), board.guests.load(Relaxed));
        // ORDERING: Acquire; pairs with the Release fence in `change`.
        fence(Acquire);
        let after = board.counter.load(Relaxed);
        (before == after && before.is_multiple_of(2)).then_some(score)
    }
}

/// One changes the score, one takes a picture; returns what it shows.
fn match_day(
    change: fn(&Board, u32, (u32, u32)),
    picture: fn(&Board) -> Option<(u32, u32)>,
) -> &'static str {
    let board = Board::default();
    name(&board.counter, "counter");
    name(&board.home, "home");
    name(&board.guests, "guests");
    let taken = thread::scope(|s| {
        s.spawn(|| change(&board, 0, (1, 1)));
        picture(&board)
    });
    match taken {
        None => "retry",
        Some((0, 0)) => "0:0",
        Some((1, 1)) => "1:1",
        Some(_) => "torn",
    }
}

/// The invariant: what the counter calls good is a score that there was.
fn whole(picture: &str) {
    assert!(picture != "torn", "one number is old and one is new"); // <- fails here
}

pub(super) static LAB: Lab = Lab {
    number: 21,
    slug: "seqlock-tear",
    title: "The scoreboard was photographed between two digits",
    room: room::ORDER,
    minutes: 30,
    references: &[
        cited::LU_ATOMICITY,
        cited::of(
            cited::ReferenceKind::Issue,
            "python/cpython #121388",
            "https://github.com/python/cpython/pull/121388",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "Boehm 2012, Can Seqlocks Get Along With Programming Language Memory Models?",
            "https://doi.org/10.1145/2247684.2247688",
        ),
    ],
    lesson: include_str!("lessons/21.md"),
    outcomes: &[
        Outcome::allowed("0:0", "taken before the change"),
        Outcome::allowed("1:1", "taken after the change"),
        Outcome::interesting("retry", "the counter was odd, or moved: another picture"),
        Outcome::forbidden(
            "torn",
            "one number is old, one is new, and the counter said that it was good",
        ),
    ],
    variants: &[
        Variant::new(
            "buggy",
            "Release stores and Acquire loads of the counter",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| whole(match_day(buggy::change, buggy::picture))),
        )
        .observed(
            || match_day(buggy::change, buggy::picture).into(),
            &["0:0", "1:1", "retry", "torn"],
        ),
        Variant::new(
            "fixed",
            "a Release fence behind the first store, an Acquire fence before the last load",
            Declared::verified(),
            Scenario::new(|| whole(match_day(fixed::change, fixed::picture))),
        )
        .observed(
            || match_day(fixed::change, fixed::picture).into(),
            &["0:0", "1:1", "retry"],
        ),
    ],
    orderings: Some(ORDERINGS),
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab21_seqlock_tear.rs"),
};

/// What the table of orderings is about.
const ORDERINGS: Orderings = Orderings {
    variant: "fixed",
    varied: &["fence", "counter.store 2", "counter.load 1"],
    caveat: None,
    hardware: &[
        Hardware::x86(
            "No torn picture: stores show in order, and loads are made in order.",
            "Nothing but a compiler that keeps the order.",
        ),
        Hardware::arm(
            "Torn pictures: the numbers may show before the odd counter, and the last look may be made before the numbers are read.",
            "Barriers on both sides.",
            &[cited::ARM_TUTORIAL],
        ),
    ],
    frozen: include_str!("orderings/21.md"),
};
