//! Lab 30, **notify-one-mixed**: the bell wakes one, and not the one that it was meant for.
//!
//! Between a kitchen and a dining room is a hatch with room for one dish. The cook waits while it is full, waiters wait
//! while it is empty, and all listen to one bell. Whoever puts or takes a dish rings for *one*. Which one, the bell decides.
//! A waiter who has taken the dish rings for the cook; another waiter wakes, finds the hatch empty, and sleeps again. The
//! cook was never woken.
//!
//! | Two dishes, two waiters | | How |
//! |---|---|---|
//! | both served | allowed | each ring reached somebody who could go on |
//! | cook and waiter sleep | forbidden | the ring for the cook woke a waiter, who could do nothing with it |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::{Condvar, Mutex};
use crate::thread;

/// A hatch with one bell for all, and with one for each kind, of which a variant uses what it needs.
#[derive(Debug, Default)]
pub struct Hatch {
    dish: Mutex<Option<u32>>,
    bell: Condvar,
    put: Condvar,
    taken: Condvar,
}

/// The bug: one bell for two kinds of waiters, and it is rung for one.
pub mod buggy {
    use super::Hatch;

    /// Waits until the hatch is empty, and puts a dish there.
    pub fn put(hatch: &Hatch, dish: u32) {
        let mut place = hatch.dish.lock().unwrap();
        while place.is_some() {
            place = hatch.bell.wait(place).unwrap(); // <- fails here
        }
        *place = Some(dish);
        hatch.bell.notify_one();
    }

    /// Waits until there is a dish, and takes it.
    pub fn take(hatch: &Hatch) -> Option<u32> {
        let mut place = hatch.dish.lock().unwrap();
        while place.is_none() {
            place = hatch.bell.wait(place).unwrap();
        }
        let dish = place.take();
        hatch.bell.notify_one();
        dish
    }
}

/// The fix: a bell for each kind. Whoever it wakes can go on.
pub mod fixed {
    use super::Hatch;

    /// As in `buggy`, with the bell that tells of empty places.
    pub fn put(hatch: &Hatch, dish: u32) {
        let mut place = hatch.dish.lock().unwrap();
        while place.is_some() {
            place = hatch.taken.wait(place).unwrap();
        }
        *place = Some(dish);
        hatch.put.notify_one();
    }

    /// As in `buggy`, with the bell that tells of dishes.
    pub fn take(hatch: &Hatch) -> Option<u32> {
        let mut place = hatch.dish.lock().unwrap();
        while place.is_none() {
            place = hatch.put.wait(place).unwrap();
        }
        let dish = place.take();
        hatch.taken.notify_one();
        dish
    }
}

/// The fix with one bell: it is rung for all.
pub mod fixed_all {
    use super::Hatch;

    /// As in `buggy`.
    pub fn put(hatch: &Hatch, dish: u32) {
        let mut place = hatch.dish.lock().unwrap();
        while place.is_some() {
            place = hatch.bell.wait(place).unwrap();
        }
        *place = Some(dish);
        hatch.bell.notify_all();
    }

    /// As in `buggy`.
    pub fn take(hatch: &Hatch) -> Option<u32> {
        let mut place = hatch.dish.lock().unwrap();
        while place.is_none() {
            place = hatch.bell.wait(place).unwrap();
        }
        let dish = place.take();
        hatch.bell.notify_all();
        dish
    }
}

/// A cook with two dishes, and two waiters. The invariant: each waiter gets a dish.
fn scenario(put: fn(&Hatch, u32), take: fn(&Hatch) -> Option<u32>) {
    let hatch = Hatch::default();
    name(&hatch.dish, "hatch");
    name(&hatch.bell, "bell");
    name(&hatch.put, "put");
    name(&hatch.taken, "taken");
    let served = thread::scope(|s| {
        let waiters = [s.spawn(|| take(&hatch)), s.spawn(|| take(&hatch))];
        put(&hatch, 1);
        put(&hatch, 2);
        waiters.map(|waiter| waiter.join().unwrap())
    });
    assert!(!served.contains(&None), "a waiter went without: {served:?}"); // <- fails here: wrong-all-but-if
}

pub(super) static LAB: Lab = Lab {
    number: 30,
    slug: "notify-one-mixed",
    title: "The bell wakes one, and not the one that it was meant for",
    room: room::BLOCKING,
    minutes: 20,
    references: &[
        cited::CWE_833,
        cited::of(
            cited::ReferenceKind::Cert,
            "CERT THI02-J",
            "https://wiki.sei.cmu.edu/confluence/display/java/THI02-J.+Notify+all+waiting+threads+rather+than+a+single+thread",
        ),
        cited::LU_ORDER,
        cited::QIN_CONDVAR,
    ],
    lesson: include_str!("lessons/30.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "one bell, rung for one",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy::put, buggy::take)),
        ),
        Variant::new(
            "fixed",
            "a bell for each kind",
            Declared::verified(),
            Scenario::new(|| scenario(fixed::put, fixed::take)),
        ),
        Variant::new(
            "fixed-all",
            "one bell, rung for all",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_all::put, fixed_all::take)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab30_notify_one_mixed.rs"),
};
