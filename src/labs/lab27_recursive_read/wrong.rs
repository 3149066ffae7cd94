//! Wrong fixes of lab 27, recursive-read.

use super::*;
use crate::labs::form::WrongFixes;

/// Lets go in between.
fn wrong_in_between(shop: &Shop) -> u32 {
    let first = price(shop, 0);
    first + price(shop, 1)
}

/// Lets one shopper read at a time.
fn wrong_one_reader(shop: &Shop) -> u32 {
    let _turn = shop.turn.lock().unwrap();
    let prices = shop.prices.read().unwrap();
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
            "wrong-one-reader",
            "one shopper reads at a time",
            Declared::fails(FailureKind::Deadlock).missed_by_loom(),
            Scenario::new(|| scenario(wrong_one_reader, Shop::raise)),
        )
        .because(
            "It is not another reader that comes in between, but a writer, and a writer takes no turn. One reader alone is enough for \
             this deadlock.",
        ),
    ],
);
