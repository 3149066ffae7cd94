//! Lab 2, **check-then-act**: the account that two withdrawals overdraw.
//!
//! An account holds 100. A withdrawal asks whether the balance is enough, and then takes the money. Every access to
//! the balance is under the lock, and the account is overdrawn all the same: between the question and the act the
//! lock is free, and the answer goes stale.
//!
//! | Balance after two withdrawals of 80 | | How |
//! |---|---|---|
//! | `20` | allowed | the second withdrawal was refused |
//! | `-60` | forbidden | both were told that 100 is enough |

mod wrong;

use super::form::{Lab, Outcome, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicI64, Ordering::Relaxed};
use crate::thread;

/// The bug: one critical section to check, another to act. Returns whether the money was paid out.
pub fn buggy(balance: &Mutex<i64>, amount: i64) -> bool {
    let enough = *balance.lock().unwrap() >= amount;
    if enough {
        *balance.lock().unwrap() -= amount;
    }
    enough
}

/// The fix: check and act in one critical section.
pub fn fixed(balance: &Mutex<i64>, amount: i64) -> bool {
    let mut balance = balance.lock().unwrap();
    let enough = *balance >= amount;
    if enough {
        *balance -= amount;
    }
    enough
}

/// The fix without a lock: act only if what was checked still holds, else check again.
pub fn fixed_cas(balance: &AtomicI64, amount: i64) -> bool {
    let mut seen = balance.load(Relaxed);
    while seen >= amount {
        match balance.compare_exchange(seen, seen - amount, Relaxed, Relaxed) {
            Ok(_) => return true,
            Err(now) => seen = now,
        }
    }
    false
}

/// Two withdrawals of 80 at once from an account of 100; returns the balance.
fn two_withdrawals<A: Sync>(balance: A, withdraw: fn(&A, i64) -> bool, read: fn(&A) -> i64) -> i64 {
    name(&balance, "balance");
    let paid = thread::scope(|s| {
        let first = s.spawn(|| withdraw(&balance, 80));
        let second = s.spawn(|| withdraw(&balance, 80));
        [first.join().unwrap(), second.join().unwrap()]
    });
    let paid = paid.into_iter().filter(|&paid| paid).count() as i64;
    let balance = read(&balance);
    assert_eq!(balance, 100 - 80 * paid, "money came from nowhere"); // holds, bug or no bug
    balance
}

/// The invariant: no withdrawal takes what is not there.
fn never_overdrawn(balance: i64) {
    assert!(balance >= 0, "the account is overdrawn: {balance}"); // <- fails here
}

fn run_mutex(withdraw: fn(&Mutex<i64>, i64) -> bool) -> i64 {
    two_withdrawals(Mutex::new(100), withdraw, |balance| {
        *balance.lock().unwrap()
    })
}

fn run_cas() -> i64 {
    two_withdrawals(AtomicI64::new(100), fixed_cas, |balance| {
        balance.load(Relaxed)
    })
}

pub(super) static LAB: Lab = Lab {
    number: 2,
    slug: "check-then-act",
    title: "The account that two withdrawals overdraw",
    room: room::ATOMICITY,
    minutes: 12,
    references: &[
        cited::of(
            cited::ReferenceKind::Cwe,
            "CWE-367",
            "https://cwe.mitre.org/data/definitions/367.html",
        ),
        cited::LU_ATOMICITY,
        cited::of(
            cited::ReferenceKind::Document,
            "Flexcoin, 2014",
            "https://vladmihalcea.com/race-condition/",
        ),
    ],
    lesson: include_str!("lessons/02.md"),
    outcomes: &[
        Outcome::allowed("20", "the second withdrawal was refused"),
        Outcome::forbidden("-60", "both were told that 100 is enough"),
    ],
    variants: &[
        Variant::new(
            "buggy",
            "the lock is released between check and act",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| never_overdrawn(run_mutex(buggy))),
        )
        .observed(|| run_mutex(buggy).to_string(), &["20", "-60"]),
        Variant::new(
            "fixed",
            "one critical section",
            Declared::verified(),
            Scenario::new(|| never_overdrawn(run_mutex(fixed))),
        )
        .observed(|| run_mutex(fixed).to_string(), &["20"]),
        Variant::new(
            "fixed-cas",
            "a compare-exchange loop, no lock",
            Declared::verified(),
            Scenario::new(|| never_overdrawn(run_cas())),
        )
        .observed(|| run_cas().to_string(), &["20"]),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab02_check_then_act.rs"),
};
