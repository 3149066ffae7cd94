//! Lab 20, **iriw**: two inspectors swear that the other sign was up first.
//!
//! Two shops in one street sell out, and each puts up its sign. Two inspectors walk the street, one from the left and one
//! from the right; each writes down whether a sign was up. One saw the left sign and then no right one: left was first.
//! The other saw the right sign and then no left one: right was first. *Independent reads of independent writes*: unless
//! something makes all threads agree on one order of the two stores, both may be telling the truth.
//!
//! | The reports say | | How |
//! |---|---|---|
//! | `open` | allowed | neither report tells which sign was first |
//! | `left` | allowed | left was first, and no report says otherwise |
//! | `right` | allowed | right was first, and no report says otherwise |
//! | `disagree` | forbidden | each shop was first, according to one inspector |

#![doc = include_str!("orderings/20.md")]

mod wrong;

use super::form::{Lab, Outcome, Variant, room};
use super::orderings::{Hardware, Orderings};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicBool, Ordering::*, fence};
use crate::thread;

/// The bug: Release and Acquire order what one thread did before what another does, and not two strangers' stores.
pub mod buggy {
    use super::*;

    /// Puts up a sign.
    pub fn put_up(sign: &AtomicBool) {
        sign.store(true, Release);
    }

    /// What an inspector sees, in the order of the walk.
    pub fn walk(first: &AtomicBool, second: &AtomicBool) -> (bool, bool) {
        let seen = first.load(Acquire);
        (seen, second.load(Acquire))
    }
}

/// The fix: a fence between an inspector's two looks. The signs may be put up Relaxed.
pub mod fixed {
    use super::*;

    /// Puts up a sign.
    pub fn put_up(sign: &AtomicBool) {
        sign.store(true, Relaxed);
    }

    /// What an inspector sees, in the order of the walk.
    pub fn walk(first: &AtomicBool, second: &AtomicBool) -> (bool, bool) {
        let seen = first.load(Relaxed);
        // ORDERING: SeqCst; pairs with the same fence of the other inspector.
        fence(SeqCst);
        (seen, second.load(Relaxed))
    }
}

/// The fix without a fence: all six accesses in one order that everybody agrees on.
pub mod fixed_accesses {
    use super::*;

    /// Puts up a sign.
    pub fn put_up(sign: &AtomicBool) {
        // ORDERING: SeqCst; in one order with the loads of both inspectors.
        sign.store(true, SeqCst);
    }

    /// What an inspector sees, in the order of the walk.
    pub fn walk(first: &AtomicBool, second: &AtomicBool) -> (bool, bool) {
        // ORDERING: SeqCst, both; in one order with the stores of both shops.
        let seen = first.load(SeqCst);
        (seen, second.load(SeqCst))
    }
}

/// Two shops, two inspectors; returns what the reports say together.
fn inspect(
    put_up: fn(&AtomicBool),
    walk: fn(&AtomicBool, &AtomicBool) -> (bool, bool),
) -> &'static str {
    let (left, right) = (AtomicBool::new(false), AtomicBool::new(false));
    name(&left, "left");
    name(&right, "right");
    let (from_left, from_right) = thread::scope(|s| {
        s.spawn(|| put_up(&left));
        s.spawn(|| put_up(&right));
        let other = s.spawn(|| walk(&right, &left));
        (walk(&left, &right), other.join().unwrap())
    });
    let left_first = from_left == (true, false);
    let right_first = from_right == (true, false);
    match (left_first, right_first) {
        (true, true) => "disagree",
        (true, false) => "left",
        (false, true) => "right",
        (false, false) => "open",
    }
}

/// The invariant: there was one order.
fn agreed(reports: &str) {
    assert!(reports != "disagree", "each sign was up first"); // <- fails here
}

pub(super) static LAB: Lab = Lab {
    number: 20,
    slug: "iriw",
    title: "Two inspectors swear that the other sign was up first",
    room: room::ORDER,
    minutes: 20,
    references: &[
        cited::of(
            cited::ReferenceKind::Document,
            "Boehm and Adve 2008, Foundations of the C++ Concurrency Memory Model",
            "https://doi.org/10.1145/1375581.1375591",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "Pulte et al. 2018, Simplifying ARM Concurrency",
            "https://doi.org/10.1145/3158107",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "tokio-rs/loom #180",
            "https://github.com/tokio-rs/loom/issues/180",
        ),
    ],
    lesson: include_str!("lessons/20.md"),
    outcomes: &[
        Outcome::allowed("open", "neither report tells which sign was first"),
        Outcome::allowed("left", "left was first, and no report says otherwise"),
        Outcome::allowed("right", "right was first, and no report says otherwise"),
        Outcome::forbidden(
            "disagree",
            "each shop was first, according to one inspector",
        ),
    ],
    variants: &[
        Variant::new(
            "buggy",
            "Release stores, Acquire loads",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| agreed(inspect(buggy::put_up, buggy::walk))),
        )
        .observed(
            || inspect(buggy::put_up, buggy::walk).into(),
            &["open", "left", "right", "disagree"],
        ),
        Variant::new(
            "fixed",
            "a SeqCst fence between the two looks",
            Declared::verified(),
            Scenario::new(|| agreed(inspect(fixed::put_up, fixed::walk))),
        )
        .observed(
            || inspect(fixed::put_up, fixed::walk).into(),
            &["open", "left", "right"],
        ),
        Variant::new(
            "fixed-accesses",
            "all accesses SeqCst",
            Declared::verified().unjudged_by_loom(BY_LOOM),
            Scenario::new(|| agreed(inspect(fixed_accesses::put_up, fixed_accesses::walk))),
        )
        .observed(
            || inspect(fixed_accesses::put_up, fixed_accesses::walk).into(),
            &["open", "left", "right"],
        ),
    ],
    orderings: Some(ORDERINGS),
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab20_iriw.rs"),
};

const BY_LOOM: &str = "loom takes SeqCst accesses as AcqRel (tokio-rs/loom #180)";

/// What the table of orderings is about.
const ORDERINGS: Orderings = Orderings {
    variant: "fixed",
    varied: &["sign.store", "first.load", "fence", "second.load"],
    caveat: None,
    hardware: &[
        Hardware::x86(
            "No disagreement: there is one memory, and loads are made in order.",
            "Nothing but a compiler that keeps the order.",
        ),
        Hardware::arm(
            "They may disagree, because an inspector's two loads may be swapped. That a store shows to one thread before another is excluded since the model of 2018.",
            "Ordered loads: a load-acquire first, or a barrier between.",
            &[cited::ARM_V8],
        ),
    ],
    frozen: include_str!("orderings/20.md"),
};
