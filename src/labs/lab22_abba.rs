//! Lab 22, **abba**: two transfers, each holding what the other wants.
//!
//! A transfer locks the account that it takes from, then the account that it gives to. One transfer goes from `a` to
//! `b`, another from `b` to `a`. Each gets its first lock, and waits for its second for ever.
//!
//! | Transfers | | How |
//! |---|---|---|
//! | both done | allowed | one had both locks before the other had any |
//! | both stuck | forbidden | each holds its first lock and waits for the other's |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::thread;

/// A bank with one lock an account, and one for the whole house.
#[derive(Debug, Default)]
pub struct Bank {
    /// The accounts.
    pub accounts: Vec<Mutex<i64>>,
    /// Held by `fixed_one_lock` during a transfer.
    pub house: Mutex<()>,
}

/// The bug: the locks are taken in the order in which the caller names the accounts.
pub fn buggy(bank: &Bank, from: usize, to: usize, amount: i64) {
    if from != to {
        let mut debited = bank.accounts[from].lock().unwrap();
        let mut credited = bank.accounts[to].lock().unwrap(); // <- fails here
        *debited -= amount;
        *credited += amount;
    }
}

/// The fix: one order for everybody, the lower account first.
pub fn fixed(bank: &Bank, from: usize, to: usize, amount: i64) {
    if from != to {
        let mut lower = bank.accounts[from.min(to)].lock().unwrap();
        let mut higher = bank.accounts[from.max(to)].lock().unwrap();
        let sign = if from < to { 1 } else { -1 };
        *lower -= sign * amount;
        *higher += sign * amount;
    }
}

/// The fix with one lock for the house: whoever transfers, transfers alone, and may lock in any order.
pub fn fixed_one_lock(bank: &Bank, from: usize, to: usize, amount: i64) {
    if from != to {
        let _alone = bank.house.lock().unwrap();
        let mut debited = bank.accounts[from].lock().unwrap();
        let mut credited = bank.accounts[to].lock().unwrap();
        *debited -= amount;
        *credited += amount;
    }
}

/// 10 from `a` to `b` while 5 go from `b` to `a`. The invariant: both end, and no money is lost.
fn scenario(transfer: fn(&Bank, usize, usize, i64)) {
    let bank = Bank {
        accounts: vec![Mutex::new(100), Mutex::new(100)],
        house: Mutex::new(()),
    };
    name(&bank.accounts[0], "a");
    name(&bank.accounts[1], "b");
    name(&bank.house, "house");
    thread::scope(|s| {
        s.spawn(|| transfer(&bank, 1, 0, 5));
        transfer(&bank, 0, 1, 10);
    });
    let balances = bank.accounts.into_iter().map(|a| a.into_inner().unwrap());
    assert_eq!(balances.collect::<Vec<_>>(), [95, 105]); // <- fails here: wrong-one-after-the-other
}

pub(super) static LAB: Lab = Lab {
    number: 22,
    slug: "abba",
    title: "Two transfers, each holding what the other wants",
    room: room::BLOCKING,
    minutes: 15,
    references: &[
        cited::CWE_833,
        cited::of(
            cited::ReferenceKind::Cert,
            "CERT CON35-C",
            "https://wiki.sei.cmu.edu/confluence/display/c/CON35-C.+Avoid+deadlock+by+locking+in+a+predefined+order",
        ),
        cited::LU_DEADLOCK,
        cited::QIN_LOCK_ORDER,
        cited::of(
            cited::ReferenceKind::Issue,
            "cockroachdb/cockroach #10214",
            "https://github.com/cockroachdb/cockroach/pull/10214",
        ),
    ],
    lesson: include_str!("lessons/22.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "locks in the caller's order",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "locks in one order",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-one-lock",
            "one lock for the house",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_one_lock)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab22_abba.rs"),
};
