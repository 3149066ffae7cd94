//! Lab 69, **building-h2o**: each oxygen has one hydrogen, and nobody has two.
//!
//! Water takes two atoms of hydrogen and one of oxygen. An oxygen waits for a hydrogen, and then for another one. There are two
//! oxygens and two hydrogens in the beaker: enough for a molecule. But if each oxygen takes one, there is none.
//!
//! | Two hydrogens | | How |
//! |---|---|---|
//! | go to one oxygen | allowed | it took both, or nobody else was taking meanwhile |
//! | go to two oxygens | forbidden | each keeps one, and waits for the other's |
//!
//! Cut to two molecules: two oxygens are there, and hydrogen comes two atoms at a time, the second time when there is water.
//! What must happen between the atoms of a molecule, a meeting of three, is lab 38, barrier-reuse.

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::{Condvar, Mutex};
use crate::thread;

/// What is in it.
#[derive(Debug, Default)]
pub struct Beaker {
    hydrogen: Mutex<u32>,
    more: Condvar,
    water: Mutex<u32>,
    made: Condvar,
    /// Held by an oxygen that takes.
    gate: Mutex<()>,
}

/// The bug: one, and then another one. The first is kept while it waits for the second.
pub fn buggy(beaker: &Beaker) {
    beaker.take_one();
    beaker.take_one();
}

/// The fix: one oxygen takes at a time. Who waits for hydrogen keeps out those who take it, but not those who bring it.
pub fn fixed(beaker: &Beaker) {
    let _gate = beaker.gate.lock().unwrap();
    beaker.take_one();
    beaker.take_one();
}

/// Both or none: it waits until there are two, and takes two under the same lock.
pub fn fixed_both(beaker: &Beaker) {
    let mut hydrogen = beaker.hydrogen.lock().unwrap();
    while *hydrogen < 2 {
        hydrogen = beaker.more.wait(hydrogen).unwrap();
    }
    *hydrogen -= 2;
}

impl Beaker {
    /// Puts in so many atoms of hydrogen.
    pub fn add(&self, atoms: u32) {
        *self.hydrogen.lock().unwrap() += atoms;
        self.more.notify_all();
    }

    /// Atoms of hydrogen, and molecules of water.
    pub fn contents(&self) -> [u32; 2] {
        [&self.hydrogen, &self.water].map(|count| *count.lock().unwrap())
    }

    /// An oxygen: takes its hydrogens, and is water. The same for every variant.
    pub fn oxygen(&self, take: fn(&Self)) {
        take(self);
        *self.water.lock().unwrap() += 1;
        self.made.notify_one();
    }

    /// Waits for water.
    fn wait_for_water(&self) {
        let mut water = self.water.lock().unwrap();
        while *water == 0 {
            water = self.made.wait(water).unwrap(); // <- fails here
        }
    }

    #[track_caller]
    fn take_one(&self) {
        let mut hydrogen = self.hydrogen.lock().unwrap();
        while *hydrogen == 0 {
            hydrogen = self.more.wait(hydrogen).unwrap();
        }
        *hydrogen -= 1;
    }
}

/// Two oxygens, two hydrogens, and two more when there is water. The invariant: two molecules, and nothing left.
fn scenario(take: fn(&Beaker)) {
    let beaker = Beaker::default();
    name(&beaker.hydrogen, "hydrogen");
    name(&beaker.more, "more");
    name(&beaker.water, "water");
    name(&beaker.made, "made");
    name(&beaker.gate, "gate");
    beaker.add(2);
    thread::scope(|s| {
        s.spawn(|| beaker.oxygen(take));
        s.spawn(|| beaker.oxygen(take));
        beaker.wait_for_water();
        beaker.add(2);
    });
    assert_eq!(beaker.contents(), [0, 2]);
}

pub(super) static LAB: Lab = Lab {
    number: 69,
    slug: "building-h2o",
    title: "Each oxygen has one hydrogen, and nobody has two",
    room: room::CLASSICS,
    minutes: 15,
    references: &[cited::DOWNEY_5_6, cited::CWE_833, cited::LU_DEADLOCK],
    lesson: include_str!("lessons/69.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "takes one hydrogen, and then another",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "one oxygen takes at a time",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-both",
            "takes two, or none",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_both)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab69_building_h2o.rs"),
};
