//! Wrong fixes of lab 22, abba.

use super::*;
use crate::labs::form::WrongFixes;

/// The house lock, until the first account is locked.
fn wrong_house_too_short(bank: &Bank, from: usize, to: usize, amount: i64) {
    if from != to {
        let alone = bank.house.lock().unwrap();
        let mut debited = bank.accounts[from].lock().unwrap();
        drop(alone);
        let mut credited = bank.accounts[to].lock().unwrap(); // <- fails here: wrong-house-too-short
        *debited -= amount;
        *credited += amount;
    }
}

/// One order for everybody: the richer account first.
fn wrong_richer_first(bank: &Bank, from: usize, to: usize, amount: i64) {
    if from != to {
        let balance = |account: usize| *bank.accounts[account].lock().unwrap();
        let from_first = balance(from) >= balance(to);
        let (first, second) = if from_first { (from, to) } else { (to, from) };
        let mut first = bank.accounts[first].lock().unwrap();
        let mut second = bank.accounts[second].lock().unwrap(); // <- fails here: wrong-richer-first
        let sign = if from_first { 1 } else { -1 };
        *first -= sign * amount;
        *second += sign * amount;
    }
}

/// Never two locks at once.
fn wrong_one_after_the_other(bank: &Bank, from: usize, to: usize, amount: i64) {
    if from != to {
        let debited = *bank.accounts[from].lock().unwrap() - amount;
        let credited = *bank.accounts[to].lock().unwrap() + amount;
        *bank.accounts[from].lock().unwrap() = debited;
        *bank.accounts[to].lock().unwrap() = credited;
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-house-too-short",
            "the lock of the house, until the first account is locked",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_house_too_short)),
        )
        .because(
            "Taking the first lock was never the trouble. The house must stay locked until *both* are taken; here each still gets \
             its first one, one after the other.",
        ),
        Variant::new(
            "wrong-richer-first",
            "locks the richer account first",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_richer_first)),
        )
        .because(
            "An order that depends on what is in the accounts is none: between two accounts with as much it is again the \
             caller's, and a balance changes after one has looked.",
        ),
        Variant::new(
            "wrong-one-after-the-other",
            "never holds two locks",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_one_after_the_other)),
        )
        .because(
            "Who holds one lock at a time is in no deadlock. But the balances that are written back are old by then: the other \
             transfer came in between, and its money is gone (lab 1).",
        ),
    ],
);
