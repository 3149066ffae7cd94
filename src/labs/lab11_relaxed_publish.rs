//! Lab 11, **relaxed-publish**: the flag is up, the letter is not there.
//!
//! One thread writes a letter into a mailbox and then raises a flag. Another sees the flag and reads the letter. No
//! lock: the flag is to be the signal. With `Relaxed` it is a signal about itself only. The write of the letter does
//! not happen before the read, so there are two accesses to one cell, one of them a write, and nothing orders them:
//! a data race.
//!
//! | The reader sees | | Why |
//! |---|---|---|
//! | no flag | allowed | it came too early, and reads nothing |
//! | the flag, with Release and Acquire | allowed | the letter was written before |
//! | the flag, with Relaxed | forbidden | a data race: the letter may be old, new, or torn |

#![doc = include_str!("orderings/11.md")]

mod wrong;

use super::form::{Lab, Variant, room};
use super::orderings::{Hardware, Orderings};
use super::{Declared, Scenario, references as cited};
use crate::cell::UnsafeCell;
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicBool, Ordering::*, fence};
use crate::thread;

/// A letter, and the flag that says it is there.
#[derive(Debug, Default)]
pub struct Mailbox {
    letter: UnsafeCell<u32>,
    flag: AtomicBool,
}

// SAFETY: the flag is to order the accesses to the letter. Whether it does is what the lab is about.
unsafe impl Sync for Mailbox {}

/// The bug: `Relaxed` on both sides.
mod buggy {
    use super::*;

    pub(super) unsafe fn publish(mailbox: &Mailbox, letter: u32) {
        // SAFETY: as `fixed`: the only write, and nobody reads before the flag.
        mailbox.letter.with_mut(|place| unsafe { *place = letter });
        mailbox.flag.store(true, Relaxed);
    }

    pub(super) fn receive(mailbox: &Mailbox) -> Option<u32> {
        let there = mailbox.flag.load(Relaxed);
        // SAFETY: none. Seeing the flag does not mean that the write happened before. This is the bug.
        there.then(|| mailbox.letter.with(|place| unsafe { *place })) // <- fails here
    }
}

/// The fix: what came before the `Release` store happens before what comes after the `Acquire` load that reads it.
pub mod fixed {
    use super::*;

    /// Writes the letter, then raises the flag.
    ///
    /// # Safety
    /// Once for each mailbox.
    pub unsafe fn publish(mailbox: &Mailbox, letter: u32) {
        // SAFETY: the only write, and nobody reads before the flag.
        mailbox.letter.with_mut(|place| unsafe { *place = letter });
        // ORDERING: Release; pairs with the Acquire load in `receive`, which then sees the letter.
        mailbox.flag.store(true, Release);
    }

    /// The letter, if the flag is up.
    pub fn receive(mailbox: &Mailbox) -> Option<u32> {
        // ORDERING: Acquire; pairs with the Release store in `publish`.
        let there = mailbox.flag.load(Acquire);
        // SAFETY: the flag is up, so the only write happened before.
        there.then(|| mailbox.letter.with(|place| unsafe { *place })) // <- fails here: wrong-swap
    }
}

/// The same with fences: each makes a release, or an acquire, of the `Relaxed` access beside it.
pub mod fixed_fences {
    use super::*;

    /// As [`fixed::publish`].
    ///
    /// # Safety
    /// Once for each mailbox.
    pub unsafe fn publish(mailbox: &Mailbox, letter: u32) {
        // SAFETY: the only write, and nobody reads before the flag.
        mailbox.letter.with_mut(|place| unsafe { *place = letter });
        // ORDERING: Release; pairs, by the store behind it, with the fence in `receive`.
        fence(Release);
        mailbox.flag.store(true, Relaxed);
    }

    /// As [`fixed::receive`].
    pub fn receive(mailbox: &Mailbox) -> Option<u32> {
        let there = mailbox.flag.load(Relaxed);
        // ORDERING: Acquire; pairs, by the load before it, with the fence in `publish`.
        fence(Acquire);
        // SAFETY: the flag is up, so the only write happened before.
        there.then(|| mailbox.letter.with(|place| unsafe { *place }))
    }
}

/// One thread publishes, the other looks once. The invariant: who sees the flag reads the letter.
fn scenario(publish: unsafe fn(&Mailbox, u32), receive: fn(&Mailbox) -> Option<u32>) {
    let mailbox = Mailbox::default();
    name(&mailbox.letter, "letter");
    name(&mailbox.flag, "flag");
    let received = thread::scope(|s| {
        // SAFETY: the only call for this mailbox.
        s.spawn(|| unsafe { publish(&mailbox, 42) });
        receive(&mailbox)
    });
    assert!(matches!(received, None | Some(42)), "read {received:?}");
}

pub(super) static LAB: Lab = Lab {
    number: 11,
    slug: "relaxed-publish",
    title: "The flag is up, the letter is not there",
    room: room::ORDER,
    minutes: 20,
    references: &[
        cited::CWE_362,
        cited::LU_ORDER,
        cited::of(
            cited::ReferenceKind::Document,
            "Miri, weak memory tests",
            "https://github.com/rust-lang/miri/tree/master/tests/pass/0weak_memory",
        ),
    ],
    lesson: include_str!("lessons/11.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the flag is stored and loaded Relaxed",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(
                || scenario(buggy::publish, buggy::receive),
                "the letter is written and read without synchronisation: a data race",
            ),
        ),
        Variant::new(
            "fixed",
            "Release store, Acquire load",
            Declared::verified(),
            Scenario::new(|| scenario(fixed::publish, fixed::receive)),
        ),
        Variant::new(
            "fixed-fences",
            "a Release fence before the store, an Acquire fence behind the load",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_fences::publish, fixed_fences::receive)),
        ),
    ],
    orderings: Some(ORDERINGS),
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab11_relaxed_publish.rs"),
};

/// What the table of orderings is about.
const ORDERINGS: Orderings = Orderings {
    variant: "fixed-fences",
    varied: &["flag.store", "flag.load", "fence"],
    caveat: None,
    hardware: &[
        Hardware::x86(
            "Stores show in the order of the program, and loads are made in it: the letter is there.",
            "Nothing but a compiler that keeps the order.",
        ),
        Hardware::arm(
            "The flag may show before the letter, and the letter may be read before the flag; tests on real processors show it.",
            "A barrier (dmb) on both sides, or a store-release and a load-acquire.",
            &[cited::ARM_TUTORIAL, cited::ARM_V8],
        ),
    ],
    frozen: include_str!("orderings/11.md"),
};
