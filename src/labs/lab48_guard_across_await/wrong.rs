//! Wrong fixes of lab 48, guard-across-await.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::TryLockError;

/// No lock across the await: the balance is read before it, and written after it.
async fn wrong_stale(bank: &Bank) {
    let balance = *bank.balance.lock().unwrap();
    bank.rate.pass(false).await;
    *bank.balance.lock().unwrap() = balance + RATE;
}

/// An async lock, and the balance is locked first as before.
async fn wrong_both_locks(bank: &Bank) {
    let mut balance = bank.balance.lock().unwrap(); // <- fails here: wrong-both-locks
    let _turn = Turn::of(&bank.turn).await;
    bank.rate.pass(false).await;
    *balance += RATE;
}

/// Who finds the balance locked does not wait for it.
async fn wrong_try(bank: &Bank) {
    match bank.balance.try_lock() {
        Ok(mut balance) => {
            bank.rate.pass(false).await;
            *balance += RATE;
        }
        Err(TryLockError::WouldBlock) => {} // somebody is at it
        Err(TryLockError::Poisoned(poisoned)) => panic!("{poisoned}"),
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-stale",
            "read before the await, written after it",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_stale)),
        )
        .because(
            "Nothing is stuck, and a deposit is lost: between the two locks the other task has changed the balance, and what was read is old.",
        ),
        Variant::new(
            "wrong-both-locks",
            "an async lock beside the guard",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_both_locks)),
        )
        .because(
            "The async lock is right, and useless behind a guard that still lives across the awaits. It has to replace that, not to follow it.",
        ),
        Variant::new(
            "wrong-try",
            "who finds the balance locked goes without",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_try)),
        )
        .because(
            "`try_lock` does not stop the thread; it gives up, and with it the deposit. The other task is not at this deposit but at its own.",
        ),
    ],
);
