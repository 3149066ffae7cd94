//! Lab 27, **recursive-read**: a reader waits behind a writer who waits for the reader.
//!
//! A shop has a price list behind a read-write lock. Who adds up a basket locks it for reading, and calls a function that
//! looks up one price, which locks it for reading again. Readers do not hinder each other, so why not? Because a writer
//! may have come in between. It waits for the first read to end; and a lock that lets no reader pass a waiting writer makes
//! the second read wait for the writer.
//!
//! | The basket | | How |
//! |---|---|---|
//! | added up | allowed | no writer came between the two reads, or the lock let the second one pass |
//! | never | forbidden | the second read waits for the writer, who waits for the first |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::parking_lot;
use crate::sync::{Mutex, RwLock};
use crate::thread;

/// The price list, and the same under a lock of another make.
#[derive(Debug)]
pub struct Shop {
    prices: RwLock<[u32; 2]>,
    /// One that never lets a reader pass a waiting writer, unless asked to.
    fair: parking_lot::RwLock<[u32; 2]>,
    /// Held by a wrong fix.
    turn: Mutex<()>,
}

/// The bug: `price` reads while this reads already.
pub fn buggy(shop: &Shop) -> u32 {
    let prices = shop.prices.read().unwrap();
    prices[0] + price(shop, 1)
}

/// The fix: read once, and hand on what was read.
pub fn fixed(shop: &Shop) -> u32 {
    let prices = shop.prices.read().unwrap();
    prices[0] + price_in(&prices, 1)
}

/// Another lock, which can be told that this is a second read: it passes the writer.
pub fn fixed_recursive(shop: &Shop) -> u32 {
    let prices = shop.fair.read();
    prices[0] + shop.fair.read_recursive()[1]
}

/// One price, for whoever does not read yet.
fn price(shop: &Shop, item: usize) -> u32 {
    price_in(&shop.prices.read().unwrap(), item) // <- fails here
}

/// One price, for whoever reads.
fn price_in(prices: &[u32; 2], item: usize) -> u32 {
    prices[item]
}

impl Shop {
    /// A shop with these two prices.
    pub fn new(prices: [u32; 2]) -> Self {
        Self {
            prices: RwLock::new(prices),
            fair: parking_lot::RwLock::new(prices),
            turn: Mutex::new(()),
        }
    }

    /// Raises both prices by one. The same for every variant.
    pub fn raise(&self) {
        for price in &mut *self.prices.write().unwrap() {
            *price += 1;
        }
    }

    /// The same with the lock of the other make.
    pub fn raise_fair(&self) {
        for price in &mut *self.fair.write() {
            *price += 1;
        }
    }
}

/// One adds up, one raises. The invariant: both end, and the sum is one of the old prices or one of the new.
fn scenario(add_up: fn(&Shop) -> u32, raise: fn(&Shop)) {
    let shop = Shop::new([1, 1]);
    name(&shop.prices, "prices");
    name(&shop.fair, "prices");
    name(&shop.turn, "turn");
    let sum = thread::scope(|s| {
        s.spawn(|| raise(&shop));
        add_up(&shop)
    });
    assert!(sum != 3, "an old price and a new one"); // <- fails here: wrong-in-between
}

pub(super) static LAB: Lab = Lab {
    number: 27,
    slug: "recursive-read",
    title: "A reader waits behind a writer who waits for the reader",
    room: room::BLOCKING,
    minutes: 15,
    references: &[
        cited::CWE_833,
        cited::QIN_DOUBLE_LOCK,
        cited::of(
            cited::ReferenceKind::Issue,
            "Amanieu/parking_lot #212",
            "https://github.com/Amanieu/parking_lot/issues/212",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "lightningdevkit/rust-lightning #2006",
            "https://github.com/lightningdevkit/rust-lightning/pull/2006",
        ),
    ],
    lesson: include_str!("lessons/27.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "reads, and calls a function that reads",
            Declared::fails(FailureKind::Deadlock).missed_by_loom(),
            Scenario::new(|| scenario(buggy, Shop::raise)),
        ),
        Variant::new(
            "fixed",
            "reads once",
            Declared::verified(),
            Scenario::new(|| scenario(fixed, Shop::raise)),
        ),
        Variant::new(
            "fixed-recursive",
            "a lock whose second read passes the writer",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_recursive, Shop::raise_fair)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab27_recursive_read.rs"),
};
