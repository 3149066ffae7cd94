//! Lab 70, **santa-claus**: the sleigh leaves before the reindeer are harnessed.
//!
//! Santa sleeps until the last reindeer is back from its holidays and wakes him. He lets all of them come to the sleigh, and
//! flies. But to be let is not to be there: a reindeer that has its permit may still be on its way.
//!
//! | The sleigh flies | | How |
//! |---|---|---|
//! | with all reindeer | allowed | the last one that is harnessed has told Santa |
//! | with fewer | forbidden | Santa takes a permit that he gave for a reindeer in its place |
//!
//! Cut to two reindeer in place of nine, and to the moment when the last of them has woken Santa. The elves, who come in threes, are woken for and let in the same way, and stay at home.

mod wrong;

use super::form::{Lab, Variant, room};
use super::semaphore::Semaphore;
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicU32, Ordering::*};
use crate::thread;

/// The North Pole.
#[derive(Debug)]
pub struct Pole {
    team: u32,
    /// Permits to come to the sleigh.
    come: Semaphore,
    /// Tells Santa that he can fly.
    ready: Semaphore,
    /// Reindeer that are.
    harnessed: AtomicU32,
}

/// What a reindeer does, and what Santa does; he returns with how many pull the sleigh.
#[derive(Clone, Copy, Debug)]
pub struct Roles {
    /// Comes to the sleigh when it is let, and is harnessed.
    pub reindeer: fn(&Pole),
    /// Lets them come, and flies.
    pub santa: fn(&Pole) -> u32,
}

/// The bug: a permit for each, and off.
pub fn buggy(pole: &Pole) -> u32 {
    pole.call();
    pole.pulling()
}

/// A reindeer of the bug.
pub fn reindeer(pole: &Pole) {
    pole.come.wait();
    pole.harness();
}

/// The fix: the other half of the meeting. Santa waits until he is told that all are there.
pub fn fixed(pole: &Pole) -> u32 {
    pole.call();
    pole.ready.wait();
    pole.pulling()
}

/// A reindeer of it: the last one that is harnessed tells him.
pub fn reindeer_ready(pole: &Pole) {
    pole.come.wait();
    if pole.harness() == pole.team {
        pole.ready.signal();
    }
}

impl Pole {
    /// With a team of so many.
    pub fn new(team: u32) -> Self {
        Self {
            team,
            come: Semaphore::new(0),
            ready: Semaphore::new(0),
            harnessed: AtomicU32::new(0),
        }
    }

    /// Lets all of them to the sleigh.
    fn call(&self) {
        self.come.signal_many(self.team as usize);
    }

    /// Returns how many are harnessed now.
    fn harness(&self) -> u32 {
        self.harnessed.fetch_add(1, AcqRel) + 1
    }

    fn pulling(&self) -> u32 {
        self.harnessed.load(Acquire)
    }
}

/// Santa and two reindeer. The invariant: both pull.
fn scenario(Roles { reindeer, santa }: Roles) {
    let pole = Pole::new(2);
    name(&pole.harnessed, "harnessed");
    pole.come.name("come");
    pole.ready.name("ready");
    let pulling = thread::scope(|s| {
        s.spawn(|| reindeer(&pole));
        s.spawn(|| reindeer(&pole));
        santa(&pole)
    });
    assert_eq!(pulling, 2, "reindeer before the sleigh"); // <- fails here
}

/// A variant of the two roles.
const fn variant(
    name: &'static str,
    summary: &'static str,
    declared: Declared,
    run: fn(),
) -> Variant {
    Variant::new(name, summary, declared, Scenario::new(run))
}

pub(super) static LAB: Lab = Lab {
    number: 70,
    slug: "santa-claus",
    title: "The sleigh leaves before the reindeer are harnessed",
    room: room::CLASSICS,
    minutes: 15,
    references: &[
        cited::DOWNEY_5_5,
        cited::TRONO_1994,
        cited::BEN_ARI_1998,
        cited::LU_ORDER,
    ],
    lesson: include_str!("lessons/70.md"),
    outcomes: &[],
    variants: &[
        variant(
            "buggy",
            "a permit for each reindeer, and off",
            Declared::fails(FailureKind::Panic),
            || {
                scenario(Roles {
                    reindeer,
                    santa: buggy,
                });
            },
        ),
        variant(
            "fixed",
            "waits until the last one has said that it is there",
            Declared::verified(),
            || {
                scenario(Roles {
                    reindeer: reindeer_ready,
                    santa: fixed,
                });
            },
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab70_santa_claus.rs"),
};
