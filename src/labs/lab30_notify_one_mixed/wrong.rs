//! Wrong fixes of lab 30, notify-one-mixed.

use super::*;
use crate::labs::form::WrongFixes;

/// Rings when the lock is free, so that whoever wakes can go on at once.
mod wrong_unlock_first {
    use super::Hatch;

    pub(super) fn put(hatch: &Hatch, dish: u32) {
        let mut place = hatch.dish.lock().unwrap();
        while place.is_some() {
            place = hatch.bell.wait(place).unwrap(); // <- fails here: wrong-unlock-first
        }
        *place = Some(dish);
        drop(place);
        hatch.bell.notify_one();
    }

    pub(super) fn take(hatch: &Hatch) -> Option<u32> {
        let mut place = hatch.dish.lock().unwrap();
        while place.is_none() {
            place = hatch.bell.wait(place).unwrap();
        }
        let dish = place.take();
        drop(place);
        hatch.bell.notify_one();
        dish
    }
}

/// Rings for all, and takes it for granted that whoever is woken can go on.
mod wrong_all_but_if {
    use super::Hatch;

    pub(super) fn take(hatch: &Hatch) -> Option<u32> {
        let mut place = hatch.dish.lock().unwrap();
        if place.is_none() {
            place = hatch.bell.wait(place).unwrap();
        }
        let dish = place.take();
        if dish.is_some() {
            hatch.bell.notify_all();
        }
        dish
    }
}

/// A bell for each kind, and no second look by the cook: there is no other cook who could be quicker.
mod wrong_if_for_one {
    use super::Hatch;

    pub(super) fn put(hatch: &Hatch, dish: u32) {
        let mut place = hatch.dish.lock().unwrap();
        if place.is_some() {
            place = hatch.taken.wait(place).unwrap();
        }
        *place = Some(dish);
        hatch.put.notify_one();
    }

    pub(super) fn take(hatch: &Hatch) -> Option<u32> {
        let mut place = hatch.dish.lock().unwrap();
        while place.is_none() {
            place = hatch.put.wait(place).unwrap(); // <- fails here: wrong-if-for-one
        }
        let dish = place.take();
        hatch.taken.notify_one();
        dish
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-unlock-first",
            "one bell, rung for one when the lock is free",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_unlock_first::put, wrong_unlock_first::take)),
        )
        .because(
            "It saves a woken thread a wait for the lock. It does not choose who is woken, and that is what goes wrong: the cook's \
             ring still reaches a waiter.",
        ),
        Variant::new(
            "wrong-all-but-if",
            "one bell, rung for all, and if around a waiter's wait",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(fixed_all::put, wrong_all_but_if::take)),
        )
        .because(
            "`wait` may return when there is nothing: since all were woken, or for no reason. So each must look again: a \
             `while`, not an `if` (lab 29).",
        ),
        Variant::new(
            "wrong-if-for-one",
            "a bell for each kind, and if around the cook's wait",
            Declared::fails(FailureKind::Deadlock).missed_by_loom(),
            Scenario::new(|| scenario(wrong_if_for_one::put, wrong_if_for_one::take)),
        )
        .because(
            "Nobody steals the place of a cook who is alone. But `wait` may return for no reason: the second dish is put onto the \
             first, and one waiter waits for ever. (loom misses it, for it knows no such wakeup.)",
        ),
    ],
);
