//! Lab 49, **aba**: the same plate is on top, and the pile below it is another one.
//!
//! A pile of plates without a lock (Treiber's stack): who takes the top plate looks which one lies below, and then makes that
//! one the top, provided that the top is still the same. Between the look and the exchange somebody takes two plates, and
//! puts the first one back. The top *is* the same: A, then B, then A again. What lay below it is in use by now.
//!
//! | Two plates, of which three are taken and one is put back | | How |
//! |---|---|---|
//! | each is in one hand, or on the pile | allowed | the exchange fails if the pile has changed |
//! | one is in a hand, and on the pile as well | forbidden | the exchange saw the top only |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::*};
use crate::{sync::Mutex, thread};

/// Plates by number, from 1; a pile is chained by what lies below each. Below the lowest is 0, no plate.
#[derive(Debug, Default)]
pub struct Pile {
    /// In the lowest byte the number of the top plate; above it a tag, where there is one.
    top: AtomicU64,
    below: [AtomicU8; 2],
    /// For the grace period: how many are taking a plate, and what is put back later.
    readers: AtomicU32,
    later: Mutex<Vec<u8>>,
}

/// What loom says of `readers`.
const TAKEN_AS_SEEN: &str =
    "loom takes a write as seen that is known through relaxed accesses only";

/// From the word that was seen on top, and the plate that is to be there: the new word.
type Word = fn(u64, u8) -> u64;

// ORDERING: Acquire and Release of each exchange pair: who reads a word sees the chain of plates that was made before it.
fn take_with(pile: &Pile, word: Word) -> Option<u8> {
    let mut seen = pile.top.load(Acquire);
    loop {
        let plate = seen as u8;
        let below = pile.below[usize::from(plate.checked_sub(1)?)].load(Acquire);
        let new = word(seen, below);
        match pile.top.compare_exchange(seen, new, AcqRel, Acquire) {
            Ok(_) => return Some(plate),
            Err(now) => seen = now,
        }
    }
}

fn put_with(pile: &Pile, plate: u8, word: Word) {
    let mut seen = pile.top.load(Acquire);
    loop {
        pile.below[usize::from(plate - 1)].store(seen as u8, Release);
        let new = word(seen, plate);
        match pile.top.compare_exchange(seen, new, AcqRel, Acquire) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}

/// The bug: the word is the plate's number, and comes back with the plate.
mod buggy {
    use super::*;

    pub(super) fn take(pile: &Pile) -> Option<u8> {
        take_with(pile, |_, plate| plate.into())
    }

    pub(super) fn put(pile: &Pile, plate: u8) {
        put_with(pile, plate, |_, plate| plate.into());
    }
}

/// The fix: beside the plate's number there is a tag, another one for each change of the pile.
pub mod fixed {
    use super::*;

    const TAGGED: Word = |seen, plate| ((seen >> 8) + 1) << 8 | plate as u64;

    /// Takes the top plate, if there is one.
    pub fn take(pile: &Pile) -> Option<u8> {
        take_with(pile, TAGGED)
    }

    /// Puts a plate on top.
    pub fn put(pile: &Pile, plate: u8) {
        put_with(pile, plate, TAGGED);
    }
}

/// The fix without a tag: no plate comes back as long as somebody may have seen it on top. (The smallest form of epochs.)
pub mod fixed_grace {
    use super::*;

    /// Takes the top plate, if there is one.
    pub fn take(pile: &Pile) -> Option<u8> {
        // ORDERING: AcqRel, all three; who comes after the question in `put` sees that its plate is gone from the top.
        pile.readers.fetch_add(1, AcqRel);
        let plate = buggy::take(pile);
        pile.readers.fetch_sub(1, AcqRel);
        plate
    }

    /// Puts a plate on top, now or later.
    pub fn put(pile: &Pile, plate: u8) {
        // A read-modify-write: each reader comes before it, and is counted, or after it.
        if pile.readers.fetch_add(0, AcqRel) == 0 {
            buggy::put(pile, plate);
        } else {
            pile.later.lock().unwrap().push(plate);
        }
    }
}

impl Pile {
    /// What is on the pile, or waits to be put there.
    pub fn into_plates(self) -> Vec<u8> {
        let mut plates = self.later.into_inner().unwrap();
        let mut top = self.top.into_inner() as u8;
        let below = self.below.map(AtomicU8::into_inner);
        while top > 0 && plates.len() < 4 {
            plates.push(top);
            top = below[usize::from(top - 1)];
        }
        plates
    }
}

/// One takes a plate; the other takes two, and puts the first back. The invariant: each plate is in one place.
fn scenario(take: fn(&Pile) -> Option<u8>, put: fn(&Pile, u8)) {
    let pile = Pile::default();
    name(&pile.top, "top");
    name(&pile.below[0], "below plate 1");
    name(&pile.below[1], "below plate 2");
    name(&pile.readers, "readers");
    put(&pile, 2);
    put(&pile, 1);
    let hands = thread::scope(|s| {
        let one = s.spawn(|| take(&pile));
        let [first, second] = [take(&pile), take(&pile)];
        if let Some(plate) = first {
            put(&pile, plate);
        }
        let hands = [one.join().unwrap(), second];
        hands.into_iter().flatten().collect::<Vec<_>>()
    });
    let pile = pile.into_plates();
    let mut all = [&hands[..], &pile].concat();
    all.sort_unstable();
    assert!(all == [1, 2], "in hands: {hands:?}, on the pile: {pile:?}"); // <- fails here
}

pub(super) static LAB: Lab = Lab {
    number: 49,
    slug: "aba",
    title: "The same plate is on top, and the pile below is another one",
    room: room::SOUNDNESS,
    minutes: 30,
    references: &[
        cited::of(
            cited::ReferenceKind::Issue,
            "rust-embedded/heapless #180",
            "https://github.com/rust-embedded/heapless/issues/180",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "pmodels/argobots #178",
            "https://github.com/pmodels/argobots/issues/178",
        ),
    ],
    lesson: include_str!("lessons/49.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the top is a number, and comes back",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(buggy::take, buggy::put)),
        ),
        Variant::new(
            "fixed",
            "a tag beside the number",
            Declared::verified(),
            Scenario::new(|| scenario(fixed::take, fixed::put)),
        ),
        Variant::new(
            "fixed-grace",
            "a grace period before a plate comes back",
            Declared::verified().unjudged_by_loom(TAKEN_AS_SEEN),
            Scenario::new(|| scenario(fixed_grace::take, fixed_grace::put)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab49_aba.rs"),
};
