//! Wrong fixes of lab 27, recursive-read.

use super::*;
use crate::labs::form::WrongFixes;

/// Lets go in between.
fn wrong_in_between(shop: &Shop) -> u32 {
    let first = price(shop, 0);
    first + price(shop, 1)
}

/// Locks for writing, so that no writer comes in between.
fn wrong_write(shop: &Shop) -> u32 {
    let prices = shop.prices.write().unwrap();
    prices[0] + price(shop, 1)
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-in-between",
            "reads twice, one after the other",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_in_between, Shop::raise)),
        )
        .because(
            "It never holds the lock twice, and so never hangs. Between the two reads the prices change, and the sum is of no \
             day: a deadlock has become a wrong number.",
        ),
        Variant::new(
            "wrong-write",
            "locks for writing first",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_write, Shop::raise)),
        )
        .because(
            "No writer comes in between, for the writer is this thread. The read inside waits for it, and needs nobody else to \
             wait for ever.",
        ),
    ],
);
