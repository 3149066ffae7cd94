//! Wrong fixes of lab 51, data-race-cell.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::atomic::{AtomicBool, Ordering::*, fence};

/// The cell, and what is to guard it.
#[derive(Default)]
struct Guarded {
    clicks: UnsafeCell<u32>,
    busy: AtomicBool,
    lock: Mutex<()>,
}

// SAFETY: none. Each wrong fix below lets two threads into the cell.
unsafe impl Sync for Guarded {}

/// Puts a fence on either side of the write.
fn wrong_fence(guarded: &Guarded) {
    fence(AcqRel);
    // SAFETY: none: a fence keeps nobody out.
    guarded.clicks.with_mut(|clicks| unsafe { *clicks += 1 }); // <- fails here: wrong-fence
    fence(AcqRel);
}

/// Hangs a sign on the door, if there is none.
fn wrong_busy_flag(guarded: &Guarded) {
    while guarded.busy.load(Acquire) {
        thread::yield_now();
    }
    guarded.busy.store(true, Release);
    // SAFETY: none: the other thread may have seen no sign, too.
    guarded.clicks.with_mut(|clicks| unsafe { *clicks += 1 }); // <- fails here: wrong-busy-flag
    guarded.busy.store(false, Release);
}

/// Locks the write, and only looks without the lock: nothing to do if the count is at its end.
fn wrong_unlocked_look(guarded: &Guarded) {
    // SAFETY: none: the other thread may write meanwhile.
    let full = guarded.clicks.with(|clicks| unsafe { *clicks == u32::MAX }); // <- fails here: wrong-unlocked-look
    let _lock = (!full).then(|| guarded.lock.lock().unwrap());
    // SAFETY: as for the look.
    guarded.clicks.with_mut(|clicks| unsafe { *clicks += 1 });
}

/// As the lab's scenario, with a name for each part.
fn two_clicks(click: fn(&Guarded)) {
    let guarded = Guarded::default();
    name(&guarded.clicks, "clicks");
    name(&guarded.busy, "busy");
    name(&guarded.lock, "lock");
    thread::scope(|s| {
        s.spawn(|| click(&guarded));
        s.spawn(|| click(&guarded));
    });
    assert_eq!(guarded.clicks.into_inner(), 2);
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-fence",
            "a fence before and after the write",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(
                || two_clicks(wrong_fence),
                "fences make nobody wait: two threads write one cell, a data race",
            ),
        )
        .because(
            "A fence orders what is seen by way of an atomic that one thread writes and the other reads. There is none here, \
             so there is nothing to order, and nobody waits.",
        ),
        Variant::new(
            "wrong-busy-flag",
            "a flag that says the cell is in use",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(
                || two_clicks(wrong_busy_flag),
                "both threads can find the flag down, and write one cell: a data race",
            ),
        )
        .because(
            "Between the look at the flag and its raising the other thread can look, too (lab 2). A lock does both in one \
             operation: a swap or a compare-exchange.",
        ),
        Variant::new(
            "wrong-unlocked-look",
            "locks to write, and not to read",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(
                || two_clicks(wrong_unlocked_look),
                "a read without the lock meets the other thread's write: a data race",
            ),
        )
        .because(
            "A race needs one write, and the other access may be a read. The lock orders those who take it, and the look does \
             not take it.",
        ),
    ],
);
