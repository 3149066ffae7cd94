//! Lab 13, **double-checked-init**: the price list is up, and the price is not on it.
//!
//! The first customer who asks for a price makes the shop write its price list; nobody wants to wait in line for it ever
//! after. So each looks first, without the lock, whether the list is up, and only if it is not takes the lock, looks once
//! more, and writes. The second look is safe: the lock orders it. The first one has nothing but a `Relaxed` flag.
//!
//! | The customer sees | | Why |
//! |---|---|---|
//! | no list: takes the lock | allowed | under it there is one list or none |
//! | the list, by an Acquire load of a Release store | allowed | the price was written before |
//! | the list, by a Relaxed load | forbidden | a data race with whoever writes the price |

#![doc = include_str!("orderings/13.md")]

mod wrong;

use super::form::{Lab, Variant, room};
use super::orderings::{Hardware, Orderings};
use super::{Declared, Scenario, references as cited};
use crate::cell::UnsafeCell;
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicBool, Ordering::*};
use crate::sync::{Mutex, OnceLock};
use crate::thread;

/// A price that is written when it is first asked for.
#[derive(Debug, Default)]
pub struct List {
    price: UnsafeCell<u32>,
    up: AtomicBool,
    lock: Mutex<()>,
}

// SAFETY: the price is written once, under the lock. Whether each read comes after it is what the lab is about.
unsafe impl Sync for List {}

/// # Safety
/// The price was written before, and is not written any more.
unsafe fn read(list: &List) -> u32 {
    // SAFETY: the caller's promise.
    list.price.with(|price| unsafe { *price }) // <- fails here
}

/// # Safety
/// Once for each list, and nobody reads before it.
unsafe fn write(list: &List, price: u32) {
    // SAFETY: the caller's promise.
    list.price.with_mut(|place| unsafe { *place = price }); // <- fails here: wrong-one-check
}

/// The bug: the first look is at a flag that says nothing about the price.
fn buggy(list: &List, price: u32) -> u32 {
    if !list.up.load(Relaxed) {
        let _held = list.lock.lock().unwrap();
        let there = list.up.load(Relaxed);
        if !there {
            // SAFETY: under the lock, and not written yet.
            unsafe { write(list, price) };
            list.up.store(true, Relaxed);
        }
    }
    // SAFETY: none, if the first look saw the flag: nothing orders the write before this. This is the bug.
    unsafe { read(list) }
}

/// The fix: whoever sees the flag sees what was written before it was set. The second look is ordered by the lock.
pub fn fixed(list: &List, price: u32) -> u32 {
    // ORDERING: Acquire; pairs with the Release store below.
    if !list.up.load(Acquire) {
        let _held = list.lock.lock().unwrap();
        if !list.up.load(Relaxed) {
            // SAFETY: under the lock, and not written yet.
            unsafe { write(list, price) };
            // ORDERING: Release; pairs with the Acquire load of those who do not take the lock.
            list.up.store(true, Release);
        }
    }
    // SAFETY: the flag was seen with Acquire, or under the lock in which it was set.
    unsafe { read(list) }
}

/// The fix that somebody else has made: std's.
pub fn fixed_once_lock(list: &OnceLock<u32>, price: u32) -> u32 {
    *list.get_or_init(|| price)
}

/// Two customers at once. The invariant: both are told the price.
fn scenario(ask: fn(&List, u32) -> u32) {
    let list = List::default();
    name(&list.price, "price");
    name(&list.up, "up");
    name(&list.lock, "lock");
    told(&list, ask);
}

fn told<L: Sync>(list: &L, ask: fn(&L, u32) -> u32) {
    let told = thread::scope(|s| {
        let first = s.spawn(|| ask(list, 7));
        let second = s.spawn(|| ask(list, 7));
        [first.join().unwrap(), second.join().unwrap()]
    });
    assert_eq!(told, [7, 7], "a customer read an empty list"); // <- fails here: wrong-atomic-price
}

const RACE: &str = "the price is read while another thread may write it: a data race";

pub(super) static LAB: Lab = Lab {
    number: 13,
    slug: "double-checked-init",
    title: "The price list is up, and the price is not on it",
    room: room::ORDER,
    minutes: 20,
    references: &[
        cited::CWE_609,
        cited::LU_ORDER,
        cited::of(
            cited::ReferenceKind::Document,
            "Meyers and Alexandrescu 2004",
            "https://www.aristeia.com/Papers/DDJ_Jul_Aug_2004_revised.pdf",
        ),
    ],
    lesson: include_str!("lessons/13.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the first look is Relaxed",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(buggy), RACE),
        ),
        Variant::new(
            "fixed",
            "a Release store, and Acquire at the first look",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-once-lock",
            "OnceLock",
            Declared::verified(),
            Scenario::new(|| told(&OnceLock::new(), fixed_once_lock)),
        ),
    ],
    orderings: Some(ORDERINGS),
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab13_double_checked_init.rs"),
};

/// What the table of orderings is about.
const ORDERINGS: Orderings = Orderings {
    variant: "fixed",
    varied: &["up.load", "up.store"],
    caveat: None,
    hardware: &[
        Hardware::x86(
            "Message passing: the flag does not show before the price, and is not read after it.",
            "Nothing but a compiler that keeps the order.",
        ),
        Hardware::arm(
            "The flag may show before the price. That the price is read only if the flag was set is a control dependency, and those do not hold later reads.",
            "A store-release and a load-acquire, or a barrier on both sides.",
            &[cited::ARM_TUTORIAL, cited::ARM_V8],
        ),
    ],
    frozen: include_str!("orderings/13.md"),
};
