//! Wrong fixes of lab 12, relaxed-unlock.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::atomic::AtomicU32;

/// Hangs the key back by a read-modify-write, which is always up to date.
fn wrong_swap(book: &Book) {
    book.taken.swap(false, Acquire);
}

/// Unlocks with Release, and takes the key with Relaxed: an exchange sees the latest value anyway.
mod wrong_relaxed_lock {
    use super::*;

    pub(super) fn enter(book: &Book) {
        let key = &book.taken;
        while key.compare_exchange(false, true, Relaxed, Relaxed).is_err() {
            hint::spin_loop();
        }
        // SAFETY: none. The entry before was released, and nothing here acquires it.
        book.entries.with_mut(|entries| unsafe { *entries += 1 }); // <- fails here: wrong-relaxed-lock
        book.taken.store(false, Release);
    }
}

/// Makes the entries atomic, and leaves the unlock as it was.
fn wrong_atomic_entries() {
    let (taken, entries) = (AtomicBool::new(false), AtomicU32::new(0));
    name(&taken, "taken");
    name(&entries, "entries");
    let enter = || {
        while taken
            .compare_exchange(false, true, Acquire, Relaxed)
            .is_err()
        {
            hint::spin_loop();
        }
        let seen = entries.load(Relaxed);
        entries.store(seen + 1, Relaxed);
        taken.store(false, Relaxed);
    };
    thread::scope(|s| {
        s.spawn(enter);
        s.spawn(enter);
    });
    assert_eq!(entries.into_inner(), 2, "an entry was written over"); // <- fails here: wrong-atomic-entries
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-swap",
            "unlocked by a swap, Acquire",
            Declared::fails(FailureKind::DataRace),
            // SAFETY: none. Acquire does not order what came before.
            Scenario::undefined_natively(|| scenario(|book| unsafe { enter(book, wrong_swap) }), RACE),
        )
        .because(
            "That a swap reads the latest value says what it reads, not what others see of the writes before it. Acquire keeps \
             later accesses behind it; to keep earlier ones before it takes Release.",
        ),
        Variant::new(
            "wrong-relaxed-lock",
            "unlocked with Release, locked by a Relaxed exchange",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(wrong_relaxed_lock::enter), RACE),
        )
        .because(
            "A release is one half: it publishes to whoever acquires. A Relaxed exchange gets the key, and not what was written \
             before the key came back.",
        ),
        Variant::new(
            "wrong-atomic-entries",
            "the entries are atomic, the unlock stays Relaxed",
            Declared::fails(FailureKind::Panic),
            Scenario::new(wrong_atomic_entries),
        )
        .because(
            "It takes the undefined behaviour away, and with it every tool's alarm, but not the bug: the holder of the key may \
             still load the old number, and writes over an entry.",
        ),
    ],
);
