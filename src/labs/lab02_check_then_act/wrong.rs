//! Wrong fixes of lab 2, check-then-act.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::RwLock;

/// Asks a second time, directly before the act.
fn wrong_check_twice(balance: &Mutex<i64>, amount: i64) -> bool {
    let enough = *balance.lock().unwrap() >= amount;
    let still = enough && *balance.lock().unwrap() >= amount;
    if still {
        *balance.lock().unwrap() -= amount;
    }
    still
}

/// Reads under the lock for readers, writes under the lock for a writer.
fn wrong_rwlock(balance: &RwLock<i64>, amount: i64) -> bool {
    let enough = *balance.read().unwrap() >= amount;
    if enough {
        *balance.write().unwrap() -= amount;
    }
    enough
}

/// A compare-exchange loop that asks before it, and not in it.
fn wrong_cas(balance: &AtomicI64, amount: i64) -> bool {
    let mut seen = balance.load(Relaxed);
    if seen < amount {
        return false;
    }
    while let Err(now) = balance.compare_exchange(seen, seen - amount, Relaxed, Relaxed) {
        seen = now;
    }
    true
}

fn run_rwlock() -> i64 {
    two_withdrawals(RwLock::new(100), wrong_rwlock, |balance| {
        *balance.read().unwrap()
    })
}

fn run_wrong_cas() -> i64 {
    two_withdrawals(AtomicI64::new(100), wrong_cas, |balance| {
        balance.load(Relaxed)
    })
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-check-twice",
            "a second check before the act",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| never_overdrawn(run_mutex(wrong_check_twice))),
        )
        .because(
            "Every answer is old as soon as its lock is released. However often you ask, the act comes after the last answer, \
             and another withdrawal may come in between.",
        ),
        Variant::new(
            "wrong-rwlock",
            "a read lock to check, a write lock to act",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| never_overdrawn(run_rwlock())),
        )
        .because(
            "A read lock becomes no write lock: the one is released before the other is taken. Both withdrawals may read at \
             once, and then write one after the other.",
        ),
        Variant::new(
            "wrong-cas",
            "a compare-exchange loop that does not check again",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| never_overdrawn(run_wrong_cas())),
        )
        .because(
            "The compare-exchange notices that the balance has changed, and the loop goes on with the new one without asking \
             whether it is enough. Who starts again must start with the question.",
        ),
    ],
);
