//! Lab 67, **sleeping-barber**: the customer sees the barber at work, the barber sees an empty room, and both sit down.
//!
//! A barber with nobody to shave sleeps in his chair. Who comes looks at him: if he sleeps, the customer wakes him; else the
//! customer sits down in the waiting room, and will be called. The barber, when he is done, looks into the waiting room: if
//! nobody is there, he goes to sleep. Each looks, and then acts on what it saw. Between the two looks and the two acts there is
//! room for both: then a customer waits to be called, and a barber sleeps until he is woken.
//!
//! | The customer | | How |
//! |---|---|---|
//! | is shaved | allowed | the barber saw it in the waiting room, or was woken |
//! | waits for ever | forbidden | each looked before the other had acted |
//!
//! Cut to one customer who comes once, a waiting room with chairs enough, and a barber who goes home afterwards.

mod wrong;

use super::form::{Lab, Variant, room};
use super::semaphore::Semaphore;
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::{Condvar, Mutex};
use crate::thread;

/// The barber's shop.
#[derive(Debug)]
pub struct Shop {
    /// How many sit in the waiting room.
    waiting: Mutex<u32>,
    /// Whether the barber sleeps.
    asleep: Mutex<bool>,
    /// Wakes the barber.
    bell: Semaphore,
    /// Calls a customer to the chair.
    call: Semaphore,
    /// Somebody has sat down.
    came: Condvar,
}

/// The bug, the customer's half: looks, sits down, and wakes the barber if he slept.
pub fn buggy(shop: &Shop) {
    let asleep = *shop.asleep.lock().unwrap();
    *shop.waiting.lock().unwrap() += 1;
    if asleep {
        shop.bell.signal();
    }
}

/// The bug, the barber's half: looks, and goes to sleep if nobody is there.
pub fn idle(shop: &Shop) {
    let empty = shop.waiting() == 0;
    if empty {
        *shop.asleep.lock().unwrap() = true;
        shop.bell.wait(); // <- fails here: buggy, wrong-sits-first
        *shop.asleep.lock().unwrap() = false;
    }
}

/// The fix: nobody looks. Each customer rings, and the semaphore keeps what was rung while the barber worked.
pub fn fixed(shop: &Shop) {
    *shop.waiting.lock().unwrap() += 1;
    shop.bell.signal();
}

/// The barber's half of it: a ring for each customer.
pub fn idle_ring(shop: &Shop) {
    shop.bell.wait();
}

/// Look and act under one lock, of which the sleeper lets go only by sleeping.
pub fn fixed_monitor(shop: &Shop) {
    let mut waiting = shop.waiting.lock().unwrap();
    *waiting += 1;
    shop.came.notify_one();
}

/// The barber's half of it.
pub fn idle_monitor(shop: &Shop) {
    let mut waiting = shop.waiting.lock().unwrap();
    while *waiting == 0 {
        waiting = shop.came.wait(waiting).unwrap(); // <- fails here: wrong-rings-first
    }
}

/// Each acts first, and looks then: whoever is second sees the other. *Both* must do so.
pub fn fixed_flags(shop: &Shop) {
    *shop.waiting.lock().unwrap() += 1;
    let asleep = *shop.asleep.lock().unwrap();
    if asleep {
        shop.bell.signal();
    }
}

/// The barber's half of it. A ring may be left from a time when he was awake again, so he looks after each.
pub fn idle_flags(shop: &Shop) {
    *shop.asleep.lock().unwrap() = true;
    while shop.waiting() == 0 {
        shop.bell.wait(); // <- fails here: wrong-lies-down-first
    }
    *shop.asleep.lock().unwrap() = false;
}

impl Default for Shop {
    fn default() -> Self {
        Self {
            waiting: Mutex::new(0),
            asleep: Mutex::new(false),
            bell: Semaphore::new(0),
            call: Semaphore::new(0),
            came: Condvar::new(),
        }
    }
}

impl Shop {
    /// How many sit in the waiting room.
    #[track_caller]
    pub fn waiting(&self) -> u32 {
        *self.waiting.lock().unwrap()
    }

    /// Waits to be called. The same for every variant.
    pub fn be_shaved(&self) {
        self.call.wait();
    }

    /// Takes somebody from the waiting room. The same for every variant.
    pub fn shave(&self) {
        *self.waiting.lock().unwrap() -= 1;
        self.call.signal();
    }
}

/// A customer, who comes, and a barber, who is idle until somebody waits. The invariant: both go home.
fn scenario(come: fn(&Shop), idle: fn(&Shop)) {
    let shop = Shop::default();
    name(&shop.waiting, "waiting");
    name(&shop.asleep, "asleep");
    shop.bell.name("bell");
    shop.call.name("call");
    name(&shop.came, "came");
    thread::scope(|s| {
        s.spawn(|| {
            come(&shop);
            shop.be_shaved();
        });
        idle(&shop);
        shop.shave();
    });
    assert_eq!(shop.waiting(), 0);
}

pub(super) static LAB: Lab = Lab {
    number: 67,
    slug: "sleeping-barber",
    title: "Barber and customer each wait for the other to begin",
    room: room::CLASSICS,
    minutes: 20,
    references: &[
        cited::DIJKSTRA_1965,
        cited::DOWNEY_5_2,
        cited::LU_ORDER,
        cited::CWE_833,
    ],
    lesson: include_str!("lessons/67.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "both look, and then act",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy, idle)),
        ),
        Variant::new(
            "fixed",
            "a ring for each customer",
            Declared::verified(),
            Scenario::new(|| scenario(fixed, idle_ring)),
        ),
        Variant::new(
            "fixed-monitor",
            "look and act under one lock",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_monitor, idle_monitor)),
        ),
        Variant::new(
            "fixed-flags",
            "both act, and then look",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_flags, idle_flags)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab67_sleeping_barber.rs"),
};
