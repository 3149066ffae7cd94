//! Wrong fixes of lab 11, relaxed-publish.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::atomic::AtomicU32;

/// Publishes with Release.
unsafe fn wrong_release_only(mailbox: &Mailbox, letter: u32) {
    // SAFETY: as for `fixed`.
    mailbox.letter.with_mut(|place| unsafe { *place = letter });
    mailbox.flag.store(true, Release);
}

/// Listens with Acquire, and with a fence on top.
fn wrong_acquire_only(mailbox: &Mailbox) -> Option<u32> {
    let there = mailbox.flag.load(Acquire);
    fence(Acquire);
    // SAFETY: none. The flag was stored Relaxed.
    there.then(|| mailbox.letter.with(|place| unsafe { *place })) // <- fails here: wrong-acquire-only
}

/// Raises the flag by a swap, which no processor delays.
unsafe fn wrong_swap(mailbox: &Mailbox, letter: u32) {
    // SAFETY: as for `fixed`.
    mailbox.letter.with_mut(|place| unsafe { *place = letter });
    mailbox.flag.swap(true, Relaxed);
}

/// The letter is atomic too.
fn wrong_atomic_letter() {
    let (letter, flag) = (AtomicU32::new(0), AtomicBool::new(false));
    name(&letter, "letter");
    name(&flag, "flag");
    let received = thread::scope(|s| {
        s.spawn(|| {
            letter.store(42, Relaxed);
            flag.store(true, Relaxed);
        });
        flag.load(Relaxed).then(|| letter.load(Relaxed))
    });
    assert_ne!(received, Some(0), "the flag is up, and the mailbox empty"); // <- fails here: wrong-atomic-letter
}

/// Sees the flag, and waits a little for the letter to arrive.
fn wrong_wait_a_little() {
    let (letter, flag) = (AtomicU32::new(0), AtomicBool::new(false));
    name(&letter, "letter");
    name(&flag, "flag");
    let received = thread::scope(|s| {
        s.spawn(|| {
            letter.store(42, Relaxed);
            flag.store(true, Relaxed);
        });
        flag.load(Relaxed).then(|| {
            thread::yield_now();
            letter.load(Relaxed)
        })
    });
    assert_ne!(received, Some(0), "waited, and the mailbox is empty"); // <- fails here: wrong-wait-a-little
}

const RACE: &str = "the letter is written and read without synchronisation: a data race";

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-release-only",
            "Release store, Relaxed load",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(wrong_release_only, buggy::receive), RACE),
        )
        .because(
            "The store publishes, and the reader does not listen: a Relaxed load takes the flag and nothing else. It needs both \
             sides, or none of it holds.",
        ),
        Variant::new(
            "wrong-acquire-only",
            "Relaxed store, Acquire load and an Acquire fence",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(buggy::publish, wrong_acquire_only), RACE),
        )
        .because(
            "The reader listens twice over, and the writer releases nothing. No ordering of the reader's can bring what the \
             store did not carry.",
        ),
        Variant::new(
            "wrong-swap",
            "the flag is raised by a Relaxed swap, and loaded with Acquire",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(wrong_swap, fixed::receive), RACE),
        )
        .because(
            "An atomic instruction is one step on its own location. On x86-64 it is a barrier as well; in the language it is so \
             only if its ordering says so.",
        ),
        Variant::new(
            "wrong-atomic-letter",
            "the letter is atomic, all is Relaxed",
            Declared::fails(FailureKind::Panic),
            Scenario::new(wrong_atomic_letter),
        )
        .because(
            "There is no data race any more, and no order either: the flag may be seen while the letter is still the old one, \
             and now that is even a promise of the language.",
        ),
        Variant::new(
            "wrong-wait-a-little",
            "the same, and the reader gives way before it reads",
            Declared::fails(FailureKind::Panic),
            Scenario::new(wrong_wait_a_little),
        )
        .because(
            "Time orders nothing. Whatever the reader waits for, no step of the program says that the letter is visible after \
             it.",
        ),
    ],
);
