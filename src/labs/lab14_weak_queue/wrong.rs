//! Wrong fixes of lab 14, weak-queue.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::atomic::{AtomicU32, fence};

/// Orders the counter that plates come with. `taken` only says that a place is free: no data goes that way.
mod wrong_one_way {
    use super::*;

    pub(super) unsafe fn put(hatch: &Hatch, nth: usize, plate: u32) -> bool {
        let free = nth - hatch.taken.load(Relaxed) < PLACES;
        if free {
            // SAFETY: none. The waiter's read of the plate before may come after this.
            unsafe { set_down(hatch, nth, plate) };
            hatch.put.store(nth + 1, Release);
        }
        free
    }

    pub(super) unsafe fn take(hatch: &Hatch, nth: usize) -> Option<u32> {
        (hatch.put.load(Acquire) > nth).then(|| {
            // SAFETY: none, once the cook comes back to the place.
            let plate = unsafe { pick_up(hatch, nth) };
            hatch.taken.store(nth + 1, Relaxed);
            plate
        })
    }
}

/// Puts a full fence on each side, behind the counter.
mod wrong_fence_behind {
    use super::*;

    pub(super) unsafe fn put(hatch: &Hatch, nth: usize, plate: u32) -> bool {
        let free = nth - hatch.taken.load(Acquire) < PLACES;
        if free {
            // SAFETY: the place is free.
            unsafe { set_down(hatch, nth, plate) };
            hatch.put.store(nth + 1, Relaxed);
            fence(AcqRel);
        }
        free
    }

    pub(super) unsafe fn take(hatch: &Hatch, nth: usize) -> Option<u32> {
        let there = hatch.put.load(Relaxed) > nth;
        fence(AcqRel);
        there.then(|| {
            // SAFETY: none. The counter was stored before the cook's fence.
            let plate = unsafe { pick_up(hatch, nth) };
            hatch.taken.store(nth + 1, Release);
            plate
        })
    }
}

/// The plates themselves are atomic, and the counters stay as they were.
fn wrong_atomic_places() {
    let place = AtomicU32::new(0);
    let (put, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
    name(&place, "place");
    name(&put, "put");
    name(&taken, "taken");
    let mut got = Vec::new();
    thread::scope(|s| {
        s.spawn(|| {
            let mut nth = 0;
            for plate in [1, 2] {
                if nth - taken.load(Relaxed) < PLACES {
                    place.store(plate, Relaxed);
                    nth += 1;
                    put.store(nth, Relaxed);
                }
            }
        });
        for _ in 0..2 {
            if put.load(Relaxed) > got.len() {
                got.push(place.load(Relaxed));
                taken.store(got.len(), Relaxed);
            }
        }
    });
    assert!([1, 2].starts_with(&got), "the waiter got {got:?}"); // <- fails here: wrong-atomic-places
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-one-way",
            "put is Release and Acquire, taken stays Relaxed",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(wrong_one_way::put, wrong_one_way::take), RACE),
        )
        .because(
            "What goes back is the place, and that it is free must happen after the waiter's read. Without a release of \
             `taken` the cook's next plate may land on the one that is still being picked up.",
        ),
        Variant::new(
            "wrong-fence-behind",
            "an AcqRel fence behind the store of put, and one behind its load",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(
                || scenario(wrong_fence_behind::put, wrong_fence_behind::take),
                RACE,
            ),
        )
        .because(
            "A fence releases what comes before it by a store that comes after it. Behind the store it releases by nothing; \
             the waiter's fence, which stands rightly behind the load, has no partner.",
        ),
        Variant::new(
            "wrong-atomic-places",
            "the plates are atomic, the counters stay Relaxed",
            Declared::fails(FailureKind::Panic),
            Scenario::new(wrong_atomic_places),
        )
        .because(
            "No access races any more, and the waiter still may see the counter before the plate: an empty place is taken for \
             a plate, and no tool for data races says a word.",
        ),
    ],
);
