//! Wrong fixes of lab 15, release-sequence.

use super::*;
use crate::labs::form::WrongFixes;

/// Publishes: the store is a Release.
fn wrong_release_store(parcel: &Parcel) {
    if parcel.state.load(Relaxed) == PACKED {
        parcel.state.store(WEIGHED, Release);
    }
}

/// Listens: the load is an Acquire.
fn wrong_acquire_load(parcel: &Parcel) {
    if parcel.state.load(Acquire) == PACKED {
        parcel.state.store(WEIGHED, Relaxed);
    }
}

/// Needs no clerk: the sender weighs it too, right behind the release.
unsafe fn wrong_same_thread(parcel: &Parcel, content: u32) {
    // SAFETY: as for `pack`.
    unsafe { pack(parcel, content) };
    parcel.state.store(WEIGHED, Relaxed);
}

/// The content is atomic, the clerk is as before.
fn wrong_atomic_content() {
    let (content, state) = (AtomicU32::new(0), AtomicU32::new(0));
    name(&content, "content");
    name(&state, "state");
    let opened = thread::scope(|s| {
        s.spawn(|| {
            content.store(42, Relaxed);
            state.store(PACKED, Release);
        });
        s.spawn(|| {
            if state.load(Relaxed) == PACKED {
                state.store(WEIGHED, Relaxed);
            }
        });
        (state.load(Acquire) == WEIGHED).then(|| content.load(Relaxed))
    });
    assert_ne!(opened, Some(0), "weighed, and empty"); // <- fails here: wrong-atomic-content
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-release-store",
            "the clerk loads Relaxed and stores with Release",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(pack, wrong_release_store), RACE),
        )
        .because(
            "A release publishes what happened before it. The packing did not happen before anything that the clerk does, for \
             the clerk's own look at the state acquired nothing.",
        ),
        Variant::new(
            "wrong-acquire-load",
            "the clerk loads with Acquire and stores Relaxed",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(pack, wrong_acquire_load), RACE),
        )
        .because(
            "Now the clerk knows of the packing, and keeps it: the store from which the receiver reads releases nothing.",
        ),
        Variant::new(
            "wrong-same-thread",
            "the sender stores weighed itself, Relaxed, behind its Release store",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(wrong_same_thread, |_| ()), RACE),
        )
        .because(
            "Until C++17 later stores of the same thread were part of the release sequence, and this was right. C++20, whose \
             model Rust has, took them out: any store but a read-modify-write ends the sequence, whoever makes it.",
        ),
        Variant::new(
            "wrong-atomic-content",
            "the content is atomic, the clerk stores Relaxed",
            Declared::fails(FailureKind::Panic),
            Scenario::new(wrong_atomic_content),
        )
        .because(
            "What raced is now merely unordered: the receiver may find the parcel weighed and the content as it was before it \
             was packed.",
        ),
    ],
);
