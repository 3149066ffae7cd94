//! Lab 17, **store-buffering**: both step in, and neither saw the other.
//!
//! Two threads share a room that holds one. Each raises its own flag, then looks at the other's: if that is down, it
//! enters. In any interleaving one of them raises its flag first, and the other sees it. But a store may wait in a
//! buffer while the load behind it goes ahead, and Release and Acquire allow that: both look before either flag shows.
//!
//! | Inside | | How |
//! |---|---|---|
//! | `left` | allowed | left looked before right's flag showed |
//! | `right` | allowed | right looked before left's flag showed |
//! | `neither` | interesting | both flags showed, both stepped back |
//! | `both` | forbidden | both looked before either flag showed |

#![doc = include_str!("orderings/17.md")]

mod wrong;

use super::form::{Lab, Outcome, Variant, room};
use super::orderings::{Hardware, Orderings};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicBool, Ordering::*, fence};
use crate::thread;

/// The bug: Release and Acquire order neither store before the load that follows it. Returns whether to enter.
pub fn buggy(mine: &AtomicBool, theirs: &AtomicBool) -> bool {
    mine.store(true, Release);
    !theirs.load(Acquire)
}

/// The fix: one of the two fences comes first, and the load behind the other sees the store before it.
pub fn fixed(mine: &AtomicBool, theirs: &AtomicBool) -> bool {
    mine.store(true, Relaxed);
    // ORDERING: SeqCst; pairs with the same fence in the other thread.
    fence(SeqCst);
    !theirs.load(Relaxed)
}

/// The fix without a fence: all four accesses in one order that both threads agree on.
pub fn fixed_accesses(mine: &AtomicBool, theirs: &AtomicBool) -> bool {
    // ORDERING: SeqCst, store and load; they pair with the same two in the other thread.
    mine.store(true, SeqCst);
    !theirs.load(SeqCst)
}

/// Both at the door; returns who is inside.
fn at_the_door(enter: fn(&AtomicBool, &AtomicBool) -> bool) -> &'static str {
    let (left, right) = (AtomicBool::new(false), AtomicBool::new(false));
    name(&left, "left");
    name(&right, "right");
    let entered = thread::scope(|s| {
        let left_enters = s.spawn(|| enter(&left, &right));
        let right_enters = s.spawn(|| enter(&right, &left));
        (left_enters.join().unwrap(), right_enters.join().unwrap())
    });
    match entered {
        (true, true) => "both",
        (true, false) => "left",
        (false, true) => "right",
        (false, false) => "neither",
    }
}

/// The invariant: the room holds one.
fn never_both(inside: &str) {
    assert!(inside != "both", "both are inside, and the room holds one"); // <- fails here
}

pub(super) static LAB: Lab = Lab {
    number: 17,
    slug: "store-buffering",
    title: "Both step in, and neither saw the other",
    room: room::ORDER,
    minutes: 25,
    references: &[
        cited::CWE_362,
        cited::LU_ORDER,
        cited::of(
            cited::ReferenceKind::Issue,
            "rust-lang/futures-rs #219",
            "https://github.com/rust-lang/futures-rs/pull/219",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "tokio-rs/loom #180",
            "https://github.com/tokio-rs/loom/issues/180",
        ),
    ],
    lesson: include_str!("lessons/17.md"),
    outcomes: &[
        Outcome::allowed("left", "left looked before right's flag showed"),
        Outcome::allowed("right", "right looked before left's flag showed"),
        Outcome::interesting("neither", "both flags showed, both stepped back"),
        Outcome::forbidden("both", "both looked before either flag showed"),
    ],
    variants: &[
        Variant::new(
            "buggy",
            "Release stores, Acquire loads",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| never_both(at_the_door(buggy))),
        )
        .observed(
            || at_the_door(buggy).into(),
            &["left", "right", "neither", "both"],
        ),
        Variant::new(
            "fixed",
            "a SeqCst fence between store and load",
            Declared::verified(),
            Scenario::new(|| never_both(at_the_door(fixed))),
        )
        .observed(|| at_the_door(fixed).into(), &["left", "right", "neither"]),
        Variant::new(
            "fixed-accesses",
            "SeqCst stores and loads",
            Declared::verified()
                .unjudged_by_loom("loom takes SeqCst accesses as AcqRel (tokio-rs/loom #180)"),
            Scenario::new(|| never_both(at_the_door(fixed_accesses))),
        )
        .observed(
            || at_the_door(fixed_accesses).into(),
            &["left", "right", "neither"],
        ),
    ],
    orderings: Some(ORDERINGS),
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab17_store_buffering.rs"),
};

/// What the table of orderings is about.
const ORDERINGS: Orderings = Orderings {
    variant: "fixed",
    varied: &["mine.store", "fence", "theirs.load"],
    caveat: None,
    hardware: &[
        Hardware::x86(
            "Both may enter: a store waits in the buffer while the load behind it is made. It is the one reordering there is.",
            "An mfence, or a locked instruction, between store and load.",
        ),
        Hardware::arm(
            "Both may enter.",
            "A full barrier (dmb) between store and load, in both threads.",
            &[cited::HERDING_CATS],
        ),
    ],
    frozen: include_str!("orderings/17.md"),
};
