//! Wrong fixes of lab 4, torn-invariant.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::atomic::{AtomicU32, Ordering::*};

/// Whoever counts holds both locks.
fn wrong_count_under_both(purses: &[Mutex<u32>; 2]) -> u32 {
    let first = purses[0].lock().unwrap();
    let second = purses[1].lock().unwrap();
    *first + *second
}

/// Whoever moves holds both locks.
fn wrong_move_under_both(purses: &[Mutex<u32>; 2], coins: u32) {
    let mut first = purses[0].lock().unwrap();
    let mut second = purses[1].lock().unwrap();
    *first -= coins;
    *second += coins;
}

/// Counts until it has counted the same twice.
fn wrong_count_twice(purses: &[AtomicU32; 2]) -> u32 {
    let count = || [purses[0].load(Acquire), purses[1].load(Acquire)];
    let mut counted = count();
    loop {
        let again = count();
        if again == counted {
            return counted.iter().sum();
        }
        counted = again;
    }
}

fn run_count_twice() -> u32 {
    let purses = [AtomicU32::new(50), AtomicU32::new(50)];
    name(&purses[0], "first purse");
    name(&purses[1], "second purse");
    let transfer = |purses: &[AtomicU32; 2], coins| {
        purses[0].fetch_sub(coins, Release);
        purses[1].fetch_add(coins, Release);
    };
    count_meanwhile(&purses, transfer, wrong_count_twice)
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-count-under-both",
            "both locks to count, one at a time to move",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| all_there(run_two(buggy::transfer, wrong_count_under_both))),
        )
        .because(
            "Both locks are free between the taking and the giving, and so both can be had just then. The count is of one \
             moment, and that moment is wrong: 90.",
        ),
        Variant::new(
            "wrong-move-under-both",
            "both locks to move, one at a time to count",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| all_there(run_two(wrong_move_under_both, buggy::total))),
        )
        .because(
            "Now there is no wrong moment, but the count is not of one moment: the whole move fits between its two looks, and \
             ten coins are counted twice.",
        ),
        Variant::new(
            "wrong-count-twice",
            "two atomics, counted until two counts agree",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| all_there(run_count_twice())),
        )
        .because(
            "Two equal counts show that nothing has changed between them, not that the purses were right: whoever moves the \
             coins may pause half-way for longer than any number of counts takes.",
        ),
    ],
);
