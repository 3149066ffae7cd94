//! Lab 4, **torn-invariant**: ten coins that are in neither purse.
//!
//! A couple has two purses with 50 coins each, and moves coins from one to the other. Each purse has its own lock, and nobody
//! touches a purse without it. What belongs to no purse is the sum: between the taking and the giving there are ten coins
//! that nobody has, and whoever counts at that moment finds 90.
//!
//! | Coins counted | | How |
//! |---|---|---|
//! | `100` | allowed | counted before the move, or after |
//! | `90` | forbidden | taken from the one, not yet put into the other |
//! | `110` | forbidden | the one counted before the move, the other after |

mod wrong;

use super::form::{Lab, Outcome, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use crate::thread;

/// The bug: a lock for each purse, and none for what holds between them.
pub mod buggy {
    use super::*;

    /// Moves coins from the first purse to the second.
    pub fn transfer(purses: &[Mutex<u32>; 2], coins: u32) {
        *purses[0].lock().unwrap() -= coins;
        *purses[1].lock().unwrap() += coins;
    }

    /// Counts the coins in both.
    pub fn total(purses: &[Mutex<u32>; 2]) -> u32 {
        let first = *purses[0].lock().unwrap();
        let second = *purses[1].lock().unwrap();
        first + second
    }
}

/// The fix: what belongs together is under one lock.
pub mod fixed {
    use super::*;

    /// Moves coins from the first purse to the second.
    pub fn transfer(purses: &Mutex<[u32; 2]>, coins: u32) {
        let mut purses = purses.lock().unwrap();
        purses[0] -= coins;
        purses[1] += coins;
    }

    /// Counts the coins in both.
    pub fn total(purses: &Mutex<[u32; 2]>) -> u32 {
        purses.lock().unwrap().iter().sum()
    }
}

/// The fix without a lock: both numbers in one atomic word, the first purse in its lower half.
pub mod fixed_packed {
    use super::*;

    /// The word for so many coins in each purse.
    pub const fn word(first: u32, second: u32) -> u64 {
        (second as u64) << 32 | first as u64
    }

    /// Moves coins from the first purse to the second, which has room for them.
    pub fn transfer(purses: &AtomicU64, coins: u32) {
        // One addition for both halves: `coins` less below, and more above.
        purses.fetch_add(word(0, coins) - u64::from(coins), Relaxed);
    }

    /// Counts the coins in both.
    pub fn total(purses: &AtomicU64) -> u32 {
        let word = purses.load(Relaxed);
        word as u32 + (word >> 32) as u32
    }
}

/// Ten coins are moved while somebody counts; returns the count.
fn count_meanwhile<P: Sync>(purses: &P, transfer: fn(&P, u32), total: fn(&P) -> u32) -> u32 {
    thread::scope(|s| {
        s.spawn(|| transfer(purses, 10));
        total(purses)
    })
}

/// The invariant: coins do not come or go.
fn all_there(total: u32) {
    assert!(total == 100, "{total} of 100 coins were counted"); // <- fails here
}

fn run_two(transfer: fn(&[Mutex<u32>; 2], u32), total: fn(&[Mutex<u32>; 2]) -> u32) -> u32 {
    let purses = [Mutex::new(50), Mutex::new(50)];
    name(&purses[0], "first purse");
    name(&purses[1], "second purse");
    count_meanwhile(&purses, transfer, total)
}

fn run_fixed() -> u32 {
    let purses = Mutex::new([50, 50]);
    name(&purses, "purses");
    count_meanwhile(&purses, fixed::transfer, fixed::total)
}

fn run_packed() -> u32 {
    let purses = AtomicU64::new(fixed_packed::word(50, 50));
    name(&purses, "purses");
    count_meanwhile(&purses, fixed_packed::transfer, fixed_packed::total)
}

pub(super) static LAB: Lab = Lab {
    number: 4,
    slug: "torn-invariant",
    title: "Ten coins that are in neither purse",
    room: room::ATOMICITY,
    minutes: 15,
    references: &[
        cited::CWE_362,
        cited::LU_ATOMICITY,
        cited::of(
            cited::ReferenceKind::Lu,
            "Lu 2008: several variables",
            "https://doi.org/10.1145/1346281.1346323",
        ),
    ],
    lesson: include_str!("lessons/04.md"),
    outcomes: &[
        Outcome::allowed("100", "counted before the move, or after"),
        Outcome::forbidden("90", "taken from the one, not yet put into the other"),
        Outcome::forbidden("110", "the one counted before the move, the other after"),
    ],
    variants: &[
        Variant::new(
            "buggy",
            "a lock for each purse",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| all_there(run_two(buggy::transfer, buggy::total))),
        )
        .observed(
            || run_two(buggy::transfer, buggy::total).to_string(),
            &["100", "90", "110"],
        ),
        Variant::new(
            "fixed",
            "one lock for both purses",
            Declared::verified(),
            Scenario::new(|| all_there(run_fixed())),
        )
        .observed(|| run_fixed().to_string(), &["100"]),
        Variant::new(
            "fixed-packed",
            "both numbers in one atomic word",
            Declared::verified(),
            Scenario::new(|| all_there(run_packed())),
        )
        .observed(|| run_packed().to_string(), &["100"]),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab04_torn_invariant.rs"),
};
