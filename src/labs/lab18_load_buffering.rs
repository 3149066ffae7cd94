//! Lab 18, **load-buffering**: two letters, each of which came before it was posted.
//!
//! Two clerks in two towns. Each looks into the tray for a letter of the other, and then posts one. Whoever looks first
//! looks before any letter is posted, and finds nothing: in no interleaving do both find a letter. The language does not
//! think in interleavings. With `Relaxed` it allows the load to take its value from a store that comes after it, around
//! the circle. **No engine here does**, nor does loom: this lab is about the edge of what they can say.
//!
//! | A letter was found by | | How |
//! |---|---|---|
//! | `neither` | allowed | both looked before either posted |
//! | `left` | allowed | right posted before left looked |
//! | `right` | allowed | left posted before right looked |
//! | `both` | forbidden | each letter arrived before it was posted |

#![doc = include_str!("orderings/18.md")]

mod wrong;

use super::form::{Lab, Outcome, Variant, room};
use super::orderings::{Hardware, Orderings};
use super::{Declared, Scenario, references as cited};
use crate::check::name;
use crate::sync::atomic::{AtomicBool, Ordering::*};
use crate::thread;

/// The bug: the letter may be posted before the tray is looked at. Returns whether there was a letter.
pub fn buggy(tray: &AtomicBool, theirs: &AtomicBool) -> bool {
    let found = tray.load(Relaxed);
    theirs.store(true, Relaxed);
    found
}

/// The fix: what comes after an Acquire load stays after it, and what comes before a Release store stays before it.
pub fn fixed(tray: &AtomicBool, theirs: &AtomicBool) -> bool {
    // ORDERING: Acquire; pairs with the other's Release store.
    let found = tray.load(Acquire);
    // ORDERING: Release; pairs with the other's Acquire load.
    theirs.store(true, Release);
    found
}

/// Both at their trays; returns who found a letter.
fn post(look_and_post: fn(&AtomicBool, &AtomicBool) -> bool) -> &'static str {
    let (left, right) = (AtomicBool::new(false), AtomicBool::new(false));
    name(&left, "left");
    name(&right, "right");
    let found = thread::scope(|s| {
        let of_left = s.spawn(|| look_and_post(&left, &right));
        let of_right = s.spawn(|| look_and_post(&right, &left));
        (of_left.join().unwrap(), of_right.join().unwrap())
    });
    match found {
        (true, true) => "both",
        (true, false) => "left",
        (false, true) => "right",
        (false, false) => "neither",
    }
}

/// The invariant: somebody looked first, and found nothing.
fn not_both(found: &str) {
    assert!(found != "both", "each letter came before it was posted"); // <- fails here
}

/// Why all of the table is enough.
const CAVEAT: &str = "No engine explores load buffering, so for them nothing is needed. The language allows `both` unless the \
     loads are Acquire and the stores Release: a load that reads what is stored after it then would happen before itself.";

/// Why no engine shows it.
const EXCLUDED: &str =
    "C11 and some processors allow it; RC11, the engines' memory model, excludes load buffering";

pub(super) static LAB: Lab = Lab {
    number: 18,
    slug: "load-buffering",
    title: "Two letters that came before they were posted",
    room: room::ORDER,
    minutes: 20,
    references: &[
        cited::of(
            cited::ReferenceKind::Document,
            "Lahav et al. 2017, Repairing Sequential Consistency in C/C++11",
            "https://doi.org/10.1145/3062341.3062352",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "Maranget, Sarkar and Sewell 2012",
            "https://www.cl.cam.ac.uk/~pes20/ppc-supplemental/test7.pdf",
        ),
    ],
    lesson: include_str!("lessons/18.md"),
    outcomes: &[
        Outcome::allowed("neither", "both looked before either posted"),
        Outcome::allowed("left", "right posted before left looked"),
        Outcome::allowed("right", "left posted before right looked"),
        Outcome::forbidden("both", "each letter arrived before it was posted"),
    ],
    variants: &[
        Variant::new(
            "buggy",
            "both loads and both stores are Relaxed",
            Declared::excluded(EXCLUDED),
            Scenario::new(|| not_both(post(buggy))),
        )
        .observed(|| post(buggy).into(), &["neither", "left", "right"]),
        Variant::new(
            "fixed",
            "Acquire loads, Release stores",
            Declared::verified(),
            Scenario::new(|| not_both(post(fixed))),
        )
        .observed(|| post(fixed).into(), &["neither", "left", "right"]),
    ],
    orderings: Some(ORDERINGS),
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab18_load_buffering.rs"),
};

/// What the table of orderings is about.
const ORDERINGS: Orderings = Orderings {
    variant: "fixed",
    varied: &["tray.load", "theirs.store"],
    caveat: Some(CAVEAT),
    hardware: &[
        Hardware::x86(
            "Not both: a load is never delayed behind a later store.",
            "Nothing but a compiler that keeps the order.",
        ),
        Hardware::arm(
            "Both may find a letter: the architecture lets a store go ahead of an earlier load of another location.",
            "A dependency from the load to the store, an acquire or a barrier, in both threads.",
            &[cited::ARM_TUTORIAL],
        ),
    ],
    frozen: include_str!("orderings/18.md"),
};
