//! Lab 71, **dining-savages**: two find the pot empty, and both wait for a cook who was needed once.
//!
//! Many eat from one pot. Who finds it empty wakes the cook, and waits until the pot is full; the cook fills it, and goes back
//! to sleep. But two may find it empty at the same time. Then the cook is called twice for one emptiness, and comes once: when
//! it is time to come again, the pot is not empty.
//!
//! | Who has found the pot empty | | How |
//! |---|---|---|
//! | eats | allowed | the cook has been called, and has come |
//! | waits for ever, beside a pot that is not empty | forbidden | it has called for what another one had called for |
//!
//! Cut to a pot of two portions, two who eat once, and a cook who fills it once, which is enough for both.

mod wrong;

use super::form::{Lab, Variant, room};
use super::semaphore::Semaphore;
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::{Condvar, Mutex};
use crate::thread;

/// The camp.
#[derive(Debug)]
pub struct Camp {
    pot: Mutex<Pot>,
    /// Whoever has the spoon may take, or call.
    spoon: Mutex<()>,
    /// Calls the cook.
    empty: Semaphore,
    /// The cook's answer.
    full: Semaphore,
    filled: Condvar,
}

/// The pot.
#[derive(Debug, Default)]
struct Pot {
    portions: u32,
    /// The cook has been called, and has not come yet.
    called: bool,
}

/// The bug: who finds the pot empty calls. Looking, calling and taking are three things.
pub fn buggy(camp: &Camp) {
    if camp.portions() == 0 {
        camp.empty.signal();
        camp.full.wait(); // <- fails here: buggy
    }
    camp.take();
}

/// The fix: one at a time, from the look to the spoonful. The cook needs no spoon.
pub fn fixed(camp: &Camp) {
    let _spoon = camp.spoon.lock().unwrap();
    if camp.portions() == 0 {
        camp.empty.signal();
        camp.full.wait();
    }
    camp.take();
}

/// As a monitor: the call is written down beside the portions, and who waits lets go of both.
pub fn fixed_monitor(camp: &Camp) {
    let mut pot = camp.pot.lock().unwrap();
    while pot.portions == 0 {
        if !pot.called {
            pot.called = true;
            camp.empty.signal();
        }
        pot = camp.filled.wait(pot).unwrap();
    }
    pot.portions -= 1;
}

/// Fills the pot with so many portions when called. The same for every variant.
pub fn cook(camp: &Camp, portions: u32) {
    camp.empty.wait();
    {
        let mut pot = camp.pot.lock().unwrap(); // <- fails here: wrong-pot-locked
        pot.portions = portions;
        pot.called = false;
        camp.filled.notify_all();
    }
    camp.full.signal();
}

impl Default for Camp {
    fn default() -> Self {
        Self {
            pot: Mutex::default(),
            spoon: Mutex::new(()),
            empty: Semaphore::new(0),
            full: Semaphore::new(0),
            filled: Condvar::new(),
        }
    }
}

impl Camp {
    /// What is in the pot.
    #[track_caller]
    pub fn portions(&self) -> u32 {
        self.pot.lock().unwrap().portions
    }

    #[track_caller]
    fn take(&self) {
        self.pot.lock().unwrap().portions -= 1;
    }
}

/// Two eat, one cooks. The invariant: both eat, and nothing is left.
fn scenario(eat: fn(&Camp)) {
    let camp = Camp::default();
    name(&camp.pot, "pot");
    name(&camp.spoon, "spoon");
    camp.empty.name("empty");
    camp.full.name("full");
    name(&camp.filled, "filled");
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| eat(&camp));
        }
        cook(&camp, 2);
    });
    assert_eq!(camp.portions(), 0);
}

pub(super) static LAB: Lab = Lab {
    number: 71,
    slug: "dining-savages",
    title: "Two find the pot empty, and the cook is needed once",
    room: room::CLASSICS,
    minutes: 15,
    references: &[cited::DOWNEY_5_1, cited::LU_ATOMICITY],
    lesson: include_str!("lessons/71.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "looks, calls and takes in three steps",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "one spoon, held from the look to the spoonful",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-monitor",
            "the call is written down beside the portions",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_monitor)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab71_dining_savages.rs"),
};
