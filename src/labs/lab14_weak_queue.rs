//! Lab 14, **weak-queue**: the counter says that a plate stands there, and the plate is yesterday's.
//!
//! A cook puts plates on a hatch, a waiter takes them away: a ring of places and two counters, `put` and `taken`. The
//! cook looks at `taken` before using a place again, the waiter at `put` before reaching for a plate. No place is used
//! by both at once, says the arithmetic. It holds only if each counter brings along what was done before it moved.
//!
//! | Both at the hatch | | Why |
//! |---|---|---|
//! | plates come out as they went in | allowed | each counter is stored with Release and looked at with Acquire |
//! | one puts while the other takes | forbidden | a data race: a counter moved, and the plate did not |

#![doc = include_str!("orderings/14.md")]

mod wrong;

use super::form::{Lab, Variant, room};
use super::orderings::{Hardware, Orderings};
use super::{Declared, Scenario, references as cited};
use crate::cell::UnsafeCell;
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicUsize, Ordering::*};
use crate::thread;

/// With one place the cook comes back to it at once; with more it only takes longer.
const PLACES: usize = 1;

/// The hatch, for one cook and one waiter.
#[derive(Debug, Default)]
pub struct Hatch {
    places: [UnsafeCell<u32>; PLACES],
    put: AtomicUsize,
    taken: AtomicUsize,
}

// SAFETY: the counters are to keep the two sides on different places. Whether they do is what the lab is about.
unsafe impl Sync for Hatch {}

/// # Safety
/// The place is free, and no other thread uses it.
unsafe fn set_down(hatch: &Hatch, nth: usize, plate: u32) {
    // SAFETY: the caller's promise.
    hatch.places[nth % hatch.places.len()].with_mut(|place| unsafe { *place = plate }); // <- fails here: wrong-one-way
}

/// # Safety
/// The plate was put, and no other thread uses its place.
unsafe fn pick_up(hatch: &Hatch, nth: usize) -> u32 {
    // SAFETY: the caller's promise.
    hatch.places[nth % hatch.places.len()].with(|place| unsafe { *place }) // <- fails here
}

/// The bug: the counters are right, and bring nothing along.
mod buggy {
    use super::*;

    pub(super) unsafe fn put(hatch: &Hatch, nth: usize, plate: u32) -> bool {
        let free = nth - hatch.taken.load(Relaxed) < PLACES;
        if free {
            // SAFETY: none. That `taken` moved does not mean that the waiter's read happened before. This is the bug.
            unsafe { set_down(hatch, nth, plate) };
            hatch.put.store(nth + 1, Relaxed);
        }
        free
    }

    pub(super) unsafe fn take(hatch: &Hatch, nth: usize) -> Option<u32> {
        (hatch.put.load(Relaxed) > nth).then(|| {
            // SAFETY: none. That `put` moved does not mean that the cook's write happened before.
            let plate = unsafe { pick_up(hatch, nth) };
            hatch.taken.store(nth + 1, Relaxed);
            plate
        })
    }
}

/// The fix: two pairs, one for plates that come, one for places that are free again.
pub mod fixed {
    use super::*;

    /// Puts the `nth` plate, counted from 0; `false` if there is no place for it.
    ///
    /// # Safety
    /// One thread puts, and `nth` is how many it has put.
    pub unsafe fn put(hatch: &Hatch, nth: usize, plate: u32) -> bool {
        // ORDERING: Acquire; pairs with the store of `taken`: the plate before is off the place.
        let free = nth - hatch.taken.load(Acquire) < PLACES;
        if free {
            // SAFETY: the place is free, and only this thread fills it.
            unsafe { set_down(hatch, nth, plate) };
            // ORDERING: Release; pairs with the load of `put`: the plate is on the place.
            hatch.put.store(nth + 1, Release);
        }
        free
    }

    /// Takes the `nth` plate, if it is there.
    ///
    /// # Safety
    /// One thread takes, and `nth` is how many it has taken.
    pub unsafe fn take(hatch: &Hatch, nth: usize) -> Option<u32> {
        // ORDERING: Acquire; pairs with the store of `put`.
        (hatch.put.load(Acquire) > nth).then(|| {
            // SAFETY: the plate is there, and only this thread takes it.
            let plate = unsafe { pick_up(hatch, nth) };
            // ORDERING: Release; pairs with the load of `taken`.
            hatch.taken.store(nth + 1, Release);
            plate
        })
    }
}

/// The cook tries to put two plates, the waiter to take two. The invariant: they come in order, each whole.
fn scenario(
    put: unsafe fn(&Hatch, usize, u32) -> bool,
    take: unsafe fn(&Hatch, usize) -> Option<u32>,
) {
    let hatch = Hatch::default();
    name(&hatch.places[0], "place");
    name(&hatch.put, "put");
    name(&hatch.taken, "taken");
    let mut got = Vec::new();
    thread::scope(|s| {
        s.spawn(|| {
            let mut nth = 0;
            for plate in [1, 2] {
                // SAFETY: the only thread that puts, and it counts.
                nth += usize::from(unsafe { put(&hatch, nth, plate) });
            }
        });
        for _ in 0..2 {
            // SAFETY: the only thread that takes, and it counts.
            got.extend(unsafe { take(&hatch, got.len()) });
        }
    });
    assert!([1, 2].starts_with(&got), "the waiter got {got:?}");
}

pub(super) static LAB: Lab = Lab {
    number: 14,
    slug: "weak-queue",
    title: "The counter says that a plate stands there",
    room: room::ORDER,
    minutes: 25,
    references: &[
        cited::CWE_362,
        cited::of(
            cited::ReferenceKind::Advisory,
            "RUSTSEC-2022-0029",
            "https://rustsec.org/advisories/RUSTSEC-2022-0029.html",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "eclipse-iceoryx/iceoryx2 #119",
            "https://github.com/eclipse-iceoryx/iceoryx2/issues/119",
        ),
    ],
    lesson: include_str!("lessons/14.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "both counters are Relaxed",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(buggy::put, buggy::take), RACE),
        ),
        Variant::new(
            "fixed",
            "each counter is stored Release, and loaded Acquire by the other side",
            Declared::verified(),
            Scenario::new(|| scenario(fixed::put, fixed::take)),
        ),
    ],
    orderings: Some(ORDERINGS),
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab14_weak_queue.rs"),
};

const RACE: &str = "both sides use one place, and nothing orders them: a data race";

/// What the table of orderings is about.
const ORDERINGS: Orderings = Orderings {
    variant: "fixed",
    varied: &["taken.load", "put.store", "put.load", "taken.store"],
    caveat: None,
    hardware: &[
        Hardware::x86(
            "Both ways are message passing, or a load before a store, and neither is reordered.",
            "Nothing but a compiler that keeps the order.",
        ),
        Hardware::arm(
            "A plate may show after its counter. Back again, the plate may be picked up after its place was given free.",
            "A store-release and a load-acquire for each of the two counters.",
            &[cited::ARM_TUTORIAL, cited::ARM_V8],
        ),
    ],
    frozen: include_str!("orderings/14.md"),
};
