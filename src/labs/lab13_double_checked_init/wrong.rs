//! Wrong fixes of lab 13, double-checked-init.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::atomic::AtomicU32;

/// The look is Acquire; the store needs nothing, for it is made under the lock.
fn wrong_acquire_only(list: &List, price: u32) -> u32 {
    if !list.up.load(Acquire) {
        let _held = list.lock.lock().unwrap();
        if !list.up.load(Relaxed) {
            // SAFETY: under the lock, and not written yet.
            unsafe { write(list, price) };
            list.up.store(true, Relaxed);
        }
    }
    // SAFETY: none. A Relaxed store releases nothing, wherever it stands.
    unsafe { read(list) }
}

/// The orderings are right, and the second look is saved.
fn wrong_one_check(list: &List, price: u32) -> u32 {
    if !list.up.load(Acquire) {
        let _held = list.lock.lock().unwrap();
        // SAFETY: none. Whoever had the lock before may have written it.
        unsafe { write(list, price) };
        list.up.store(true, Release);
    }
    // SAFETY: none. Another thread may be writing it a second time.
    unsafe { read(list) }
}

/// The orderings are right, and the flag comes first, lest a second customer begin a second list.
fn wrong_flag_first(list: &List, price: u32) -> u32 {
    if !list.up.load(Acquire) {
        let _held = list.lock.lock().unwrap();
        let first = !list.up.swap(true, AcqRel);
        if first {
            // SAFETY: none. The flag is up, so others read already.
            unsafe { write(list, price) };
        }
    }
    // SAFETY: none. The flag tells that the list is begun, and not that it is written.
    unsafe { read(list) }
}

/// The price is atomic, so there is no data race any more.
fn wrong_atomic_price((price, up, lock): &(AtomicU32, AtomicBool, Mutex<()>), new: u32) -> u32 {
    if !up.load(Relaxed) {
        let _held = lock.lock().unwrap();
        if !up.load(Relaxed) {
            price.store(new, Relaxed);
            up.store(true, Relaxed);
        }
    }
    price.load(Relaxed)
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-acquire-only",
            "Acquire at the first look, the store Relaxed under the lock",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(wrong_acquire_only), RACE),
        )
        .because(
            "The lock orders those who take it. Who sees the flag at the first look does not, and has only the store to \
             synchronise with: that must be a Release.",
        ),
        Variant::new(
            "wrong-one-check",
            "the right orderings, no second look",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(wrong_one_check), RACE),
        )
        .because(
            "Two may see no list, and wait for the lock one behind the other. The second writes the list again while the first \
             already reads from it.",
        ),
        Variant::new(
            "wrong-flag-first",
            "the flag is set before the price is written",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(wrong_flag_first), RACE),
        )
        .because(
            "A flag publishes what stands before it. Here the price stands behind it, and Acquire and Release order the price \
             after the very moment at which everybody may read it.",
        ),
        Variant::new(
            "wrong-atomic-price",
            "the price is atomic, the flag stays Relaxed",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| {
                let list = (AtomicU32::new(0), AtomicBool::new(false), Mutex::new(()));
                name(&list.0, "price");
                name(&list.1, "up");
                name(&list.2, "lock");
                told(&list, wrong_atomic_price);
            }),
        )
        .because(
            "It is no data race, and the customer still sees the flag before the price: what was undefined is now a wrong \
             answer, with a promise that it may happen.",
        ),
    ],
);
