//! Lab 15, **release-sequence**: the stamp of another covers the sender's.
//!
//! A sender packs a parcel and marks it *packed*, with Release. A clerk who sees the mark weighs the parcel and marks it
//! *weighed*; the clerk does not look inside, so `Relaxed` will do. The receiver opens what is weighed, with Acquire.
//! But an acquire synchronises with the store that it *reads from*, and that is now the clerk's. The sender's release is
//! below it, out of sight. Only a read-modify-write carries it on: it is then part of the *release sequence*.
//!
//! | The receiver sees | | Why |
//! |---|---|---|
//! | not weighed | allowed | leaves the parcel alone |
//! | weighed, by a read-modify-write | allowed | the release sequence of the sender goes through it |
//! | weighed, by a Relaxed store | forbidden | a data race with the packing: that store ends the sequence |

#![doc = include_str!("orderings/15.md")]

mod wrong;

use super::form::{Lab, Variant, room};
use super::orderings::{Hardware, Orderings};
use super::{Declared, Scenario, references as cited};
use crate::cell::UnsafeCell;
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicU32, Ordering::*};
use crate::thread;

const PACKED: u32 = 1;
const WEIGHED: u32 = 2;

/// A parcel, and how far it is.
#[derive(Debug, Default)]
pub struct Parcel {
    content: UnsafeCell<u32>,
    state: AtomicU32,
}

// SAFETY: the state is to order the packing before the opening. Whether it does is what the lab is about.
unsafe impl Sync for Parcel {}

/// Packs it. The same for every variant, and right.
///
/// # Safety
/// Once for each parcel, and before anybody weighs it.
pub unsafe fn pack(parcel: &Parcel, content: u32) {
    // SAFETY: the only write, and nobody opens what is not weighed.
    parcel.content.with_mut(|place| unsafe { *place = content });
    // ORDERING: Release; pairs with the Acquire load in `open`, through whatever the clerk does.
    parcel.state.store(PACKED, Release);
}

/// The bug: a Relaxed store, which ends the release sequence.
fn buggy(parcel: &Parcel) {
    if parcel.state.load(Relaxed) == PACKED {
        parcel.state.store(WEIGHED, Relaxed);
    }
}

/// The fix: a read-modify-write goes on with the release sequence that it reads from, even a `Relaxed` one.
pub fn fixed(parcel: &Parcel) {
    // Not packed yet: then there is nothing to weigh.
    let state = &parcel.state;
    let _ = state.compare_exchange(PACKED, WEIGHED, Relaxed, Relaxed);
}

/// The fix in two steps: the clerk takes over what the sender released, and releases it again.
pub fn fixed_hand_on(parcel: &Parcel) {
    // ORDERING: Acquire; pairs with the store in `pack`.
    if parcel.state.load(Acquire) == PACKED {
        // ORDERING: Release; pairs with the load in `open`.
        parcel.state.store(WEIGHED, Release);
    }
}

/// What is in it, if it is weighed. The same for every variant, and right.
///
/// # Safety
/// That it is weighed must mean that the packing happened before.
pub unsafe fn open(parcel: &Parcel) -> Option<u32> {
    // ORDERING: Acquire; pairs with the release sequence of the store in `pack`.
    let weighed = parcel.state.load(Acquire) == WEIGHED;
    // SAFETY: the caller's promise.
    weighed.then(|| parcel.content.with(|place| unsafe { *place })) // <- fails here
}

/// One packs, one weighs, one opens. The invariant: who finds it weighed reads what was packed.
fn scenario(pack: unsafe fn(&Parcel, u32), weigh: fn(&Parcel)) {
    let parcel = Parcel::default();
    name(&parcel.content, "content");
    name(&parcel.state, "state");
    let opened = thread::scope(|s| {
        // SAFETY: the only call for this parcel.
        s.spawn(|| unsafe { pack(&parcel, 42) });
        s.spawn(|| weigh(&parcel));
        // SAFETY: what the variant promises, or breaks.
        unsafe { open(&parcel) }
    });
    assert!(matches!(opened, None | Some(42)), "opened {opened:?}");
}

const RACE: &str = "the content is read while nothing orders the packing before it: a data race";

pub(super) static LAB: Lab = Lab {
    number: 15,
    slug: "release-sequence",
    title: "The stamp of another covers the sender's",
    room: room::ORDER,
    minutes: 25,
    references: &[
        cited::LU_ORDER,
        cited::of(
            cited::ReferenceKind::Document,
            "P0982R1, Weaken release sequences",
            "https://www.open-std.org/jtc1/sc22/wg21/docs/papers/2018/p0982r1.html",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "C++, compatibility with C++17: memory model",
            "https://timsong-cpp.github.io/cppwp/std23/diff.cpp17.basic",
        ),
    ],
    lesson: include_str!("lessons/15.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the clerk loads and stores, Relaxed",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(pack, buggy), RACE),
        ),
        Variant::new(
            "fixed",
            "the clerk exchanges, Relaxed",
            Declared::verified(),
            Scenario::new(|| scenario(pack, fixed)),
        ),
        Variant::new(
            "fixed-hand-on",
            "the clerk loads with Acquire and stores with Release",
            Declared::verified(),
            Scenario::new(|| scenario(pack, fixed_hand_on)),
        ),
    ],
    orderings: Some(ORDERINGS),
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab15_release_sequence.rs"),
};

/// What the table of orderings is about.
const ORDERINGS: Orderings = Orderings {
    variant: "fixed",
    varied: &[
        "state.store",
        "state.compare_exchange",
        "state.compare_exchange, failing",
        "state.load",
    ],
    caveat: None,
    hardware: &[
        Hardware::x86(
            "Stores of one thread show in order, and to all others at once: who sees the clerk's mark sees the content.",
            "Nothing but a compiler that keeps the order.",
        ),
        Hardware::arm(
            "With plain accesses throughout the content may be missing. Between the sender's store-release and the receiver's load-acquire the clerk needs no more: a write is visible to all others at once, and the branch between load and store orders them. That is the processor's promise, and not the language's.",
            "A store-release for the sender, a load-acquire for the receiver.",
            &[cited::ARM_V8],
        ),
    ],
    frozen: include_str!("orderings/15.md"),
};
