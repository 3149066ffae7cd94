//! Wrong fixes of lab 41, poison-cascade.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::labs::form::WrongFixes;

/// Asks whether the book is poisoned, and then opens it.
fn wrong_ask_first(office: &Office) -> Opened<'_> {
    if office.book.is_poisoned() {
        return None;
    }
    buggy(office)
}

/// Puts back what is on the way, and does not note that it did.
fn wrong_repair_twice(office: &Office) -> Opened<'_> {
    match office.book.lock() {
        Ok(book) => Some(book),
        Err(poisoned) => {
            let mut book = poisoned.into_inner();
            book.here += book.on_the_way;
            Some(book)
        }
    }
}

/// Catches the panic inside of the lock, so that there is no poison; prints once more, and gives up then.
fn wrong_catch(office: &Office, open: Open, amount: u32) -> Result<(), Refused> {
    let print = || catch_unwind(AssertUnwindSafe(|| office.print_slip()));
    let mut book = open(office).ok_or(Refused)?;
    book.here -= amount;
    print().or_else(|_| print()).map_err(|_| Refused)?;
    book.there += amount;
    Ok(())
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-ask-first",
            "is_poisoned, then lock",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_ask_first, transfer)),
        )
        .because(
            "Between the question and the lock the clerk can panic: whoever waits for the lock has asked before. Only what `lock` itself \
             returns is the truth about this lock.",
        ),
        Variant::new(
            "wrong-repair-twice",
            "repaired by everybody who opens the book",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_repair_twice, transfer)),
        )
        .because(
            "A repair has to leave a state that needs none. Here each one who opens the book puts the same money back once more.",
        ),
        Variant::new(
            "wrong-catch",
            "the panic is caught under the lock, and printing tried again",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(fixed_refuse, wrong_catch)),
        )
        .because(
            "Without the poison the half entry is still there, and now nobody is told. A panic that is caught has to be cleaned up after.",
        ),
    ],
);
