//! Lab 53, **steal-twice**: the last letter in the tray is opened by two clerks.
//!
//! A clerk has a tray of letters, and works from one end. A colleague with nothing to do takes one from the other end: work
//! stealing. As long as there are two letters or more they are never at the same one, and need no lock. The last letter is at
//! both ends. Who takes it without asking whether the other has just taken it opens it a second time.
//!
//! | Two letters, two clerks | | How |
//! |---|---|---|
//! | each is opened once | allowed | both ask for the last one by an exchange of the same word |
//! | one is opened twice | forbidden | one of them did not ask |

mod wrong;

use std::collections::VecDeque;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU32, Ordering::*, fence};
use crate::thread;

/// How many letters there are.
pub const LETTERS: u32 = 2;

/// A tray of letters; there are those from `top` up to `bottom`, without it. (Chase and Lev's deque, without growth.)
#[derive(Debug)]
pub struct Tray {
    /// Where others steal. It only grows.
    top: AtomicU32,
    /// Where the owner puts and takes.
    bottom: AtomicU32,
    letters: [AtomicU32; LETTERS as usize],
}

impl Default for Tray {
    /// Full, with letters 1 and 2.
    fn default() -> Self {
        Self {
            top: AtomicU32::new(0),
            bottom: AtomicU32::new(LETTERS),
            letters: [AtomicU32::new(1), AtomicU32::new(2)],
        }
    }
}

impl Tray {
    fn letter(&self, place: u32) -> u32 {
        self.letters[place as usize].load(Relaxed)
    }
}

/// The owner's side, up to the last letter; `last` decides about that, and is told its place.
fn take_with(tray: &Tray, last: fn(&Tray, u32) -> bool) -> Option<u32> {
    let place = tray.bottom.load(Relaxed).checked_sub(1)?;
    tray.bottom.store(place, Relaxed);
    // ORDERING: SeqCst; pairs with the fence in `steal`: the thief sees the new bottom, or this thread the new top.
    fence(SeqCst);
    let top = tray.top.load(Acquire);
    if top < place {
        return Some(tray.letter(place));
    }
    let mine = top == place && last(tray, place);
    tray.bottom.store(top.max(place + 1), Relaxed); // the tray is empty now
    mine.then(|| tray.letter(place))
}

/// Steals the letter at the top. `None`: there is none, or somebody else was faster. The same for bug and fix, and right.
pub fn steal(tray: &Tray) -> Option<u32> {
    let top = tray.top.load(Acquire);
    // ORDERING: SeqCst; pairs with the fence in `take_with`.
    fence(SeqCst);
    let there = top < tray.bottom.load(Acquire);
    let letter = there.then(|| tray.letter(top))?;
    let taken = tray.top.compare_exchange(top, top + 1, AcqRel, Acquire);
    taken.is_ok().then_some(letter)
}

/// The bug: the last letter is the owner's, since it is in his tray.
pub fn buggy(tray: &Tray) -> Option<u32> {
    take_with(tray, |tray, place| {
        tray.top.store(place + 1, Relaxed);
        true
    })
}

/// The fix: for the last letter the owner does what a thief does, and one of the two wins.
pub fn fixed(tray: &Tray) -> Option<u32> {
    take_with(tray, |tray, place| {
        tray.top
            .compare_exchange(place, place + 1, AcqRel, Acquire)
            .is_ok()
    })
}

/// The fix with a lock around the whole tray: both ends at once, and nothing to think about.
pub mod fixed_lock {
    use super::*;

    /// The owner's side.
    pub fn take(tray: &Mutex<VecDeque<u32>>) -> Option<u32> {
        tray.lock().unwrap().pop_back()
    }

    /// The thief's side.
    pub fn steal(tray: &Mutex<VecDeque<u32>>) -> Option<u32> {
        tray.lock().unwrap().pop_front()
    }
}

/// The owner takes one letter while the thief steals twice, and then what is left. The invariant: each is opened once.
fn scenario<T: Sync>(tray: &T, take: fn(&T) -> Option<u32>, steal: fn(&T) -> Option<u32>) {
    let (stolen, taken) = thread::scope(|s| {
        let stolen = s.spawn(|| [steal(tray), steal(tray)]);
        let taken = take(tray);
        (stolen.join().unwrap(), taken)
    });
    let left = [take(tray), take(tray)];
    let opened = [&stolen[..], &[taken], &left].concat();
    let mut opened: Vec<_> = opened.into_iter().flatten().collect();
    opened.sort_unstable();
    assert!(opened == [1, 2], "opened: {opened:?}"); // <- fails here
}

fn run(take: fn(&Tray) -> Option<u32>, steal: fn(&Tray) -> Option<u32>) {
    let tray = Tray::default();
    name(&tray.top, "top");
    name(&tray.bottom, "bottom");
    name(&tray.letters[0], "letter 1");
    name(&tray.letters[1], "letter 2");
    scenario(&tray, take, steal);
}

fn run_lock() {
    let tray = Mutex::new(VecDeque::from([1, 2]));
    name(&tray, "tray");
    scenario(&tray, fixed_lock::take, fixed_lock::steal);
}

pub(super) static LAB: Lab = Lab {
    number: 53,
    slug: "steal-twice",
    title: "The last letter in the tray is opened by two clerks",
    room: room::SOUNDNESS,
    minutes: 25,
    references: &[
        cited::LU_ATOMICITY,
        cited::of(
            cited::ReferenceKind::Advisory,
            "RUSTSEC-2021-0093",
            "https://rustsec.org/advisories/RUSTSEC-2021-0093",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "Chase and Lev, 2005",
            "https://doi.org/10.1145/1073970.1073974",
        ),
    ],
    lesson: include_str!("lessons/53.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the owner takes the last letter without asking",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| run(buggy, steal)),
        ),
        Variant::new(
            "fixed",
            "a compare-exchange on the top for the last letter",
            Declared::verified().unjudged_by_loom("loom takes a write as seen that need not be"),
            Scenario::new(|| run(fixed, steal)),
        ),
        Variant::new(
            "fixed-lock",
            "one lock around the tray",
            Declared::verified(),
            Scenario::new(run_lock),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab53_steal_twice.rs"),
};
