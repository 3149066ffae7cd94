//! Wrong fixes of lab 24, double-lock.

use super::*;
use crate::labs::form::WrongFixes;

/// Counts before it locks, and adds its own.
fn wrong_count_before(register: &Register, book: u32) -> usize {
    let before = register.count();
    register.loans.lock().unwrap().push(book);
    before + 1
}

/// Counts only if nobody has the register open.
fn wrong_if_free(register: &Register, book: u32) -> usize {
    let mut loans = register.loans.lock().unwrap();
    loans.push(book);
    match register.loans.try_lock() {
        Ok(loans) => count_in(&loans),
        Err(_) => 0,
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-count-before",
            "counts first, and adds one",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_count_before)),
        )
        .because(
            "It locks one after the other and cannot hang. But two loans can count before either is noted: both receipts say \
             one book, and two are out.",
        ),
        Variant::new(
            "wrong-if-free",
            "counts with try_lock, and says 0 if the register is taken",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_if_free)),
        )
        .because(
            "The register is always taken: by the thread that asks. `try_lock` does not hang, and does not count either; it \
             turns a hang that one notices into a wrong number that nobody does.",
        ),
    ],
);
