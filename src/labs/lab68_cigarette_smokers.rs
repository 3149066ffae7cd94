//! Lab 68, **cigarette-smokers**: the wrong one takes half of what the right one needs.
//!
//! A cigarette takes tobacco, paper and matches. Each smoker has plenty of one and needs the other two. An agent, who has all
//! of them, puts two on the table, and waits until somebody has smoked. Only one smoker can use these two. But who takes one
//! after the other takes the first before it knows about the second; so a smoker who cannot use them has one, waits for one
//! that will not come, and the right one waits for the one that is gone.
//!
//! | What is on the table | | How |
//! |---|---|---|
//! | goes to the smoker who needs both | allowed | nobody takes one alone |
//! | goes to two smokers | forbidden | each holds one, and the agent waits for smoke |
//!
//! Cut to two smokers, who have tobacco and paper and smoke once each; the third is not in.

mod wrong;

use super::form::{Lab, Variant, room};
use super::semaphore::Semaphore;
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU32, Ordering::*};
use crate::thread;

/// What a cigarette takes: tobacco, paper, matches. The smoker of this number has it.
pub type Thing = usize;

/// The table.
#[derive(Debug)]
pub struct Table {
    /// For each thing, how often it lies there.
    things: [Semaphore; 3],
    /// The same, a bit for each, for who looks at all of it at once.
    there: AtomicU32,
    /// For each smoker, that it is its turn.
    turn: [Semaphore; 3],
    /// Somebody has smoked.
    smoked: Semaphore,
    manners: Mutex<()>,
}

/// How a thing comes to the table, and how a smoker comes to two.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// Puts a thing on the table.
    pub put: fn(&Table, Thing),
    /// Takes what this smoker needs.
    pub take: fn(&Table, Thing),
}

/// The two things that somebody needs who has this one.
pub fn needs(has: Thing) -> [Thing; 2] {
    [(has + 1) % 3, (has + 2) % 3]
}

/// The bug: one after the other, and what has been taken is kept.
pub fn buggy(table: &Table, has: Thing) {
    let [one, other] = needs(has);
    table.things[one].wait();
    table.things[other].wait();
}

/// A thing on the table, for whoever takes it.
pub fn put(table: &Table, thing: Thing) {
    table.things[thing].signal();
}

/// The fix: whoever sees the second thing knows whose turn it is, and says so. The smoker waits for that only.
pub fn fixed(table: &Table, has: Thing) {
    table.turn[has].wait();
}

/// The other half of it: what Parnas's pushers do, one for each thing.
pub fn put_push(table: &Table, thing: Thing) {
    let there = table.there.fetch_or(1 << thing, AcqRel) | 1 << thing;
    if let Some(has) = (0..3).find(|&has| there == pair(has)) {
        table.there.store(0, Release);
        table.turn[has].signal();
    }
}

/// The bits of what somebody needs who has this thing.
fn pair(has: Thing) -> u32 {
    needs(has).into_iter().map(|thing| 1 << thing).sum()
}

impl Default for Table {
    fn default() -> Self {
        Self {
            things: [0; 3].map(Semaphore::new),
            there: AtomicU32::new(0),
            turn: [0; 3].map(Semaphore::new),
            smoked: Semaphore::new(0),
            manners: Mutex::new(()),
        }
    }
}

impl Table {
    /// The agent: for each of these smokers in turn, what it needs; and it waits for smoke. It knows no smoker.
    pub fn supply(&self, habits: Habits, smokers: impl IntoIterator<Item = Thing>) {
        for has in smokers {
            for thing in needs(has) {
                (habits.put)(self, thing);
            }
            self.smoked.wait(); // <- fails here
        }
    }

    /// A smoker: takes what it needs, and smokes.
    pub fn smoke(&self, habits: Habits, has: Thing) {
        (habits.take)(self, has);
        self.smoked.signal();
    }
}

/// Two smokers, and things for one after the other. The invariant: both smoke.
fn scenario(put: fn(&Table, Thing), take: fn(&Table, Thing)) {
    let (table, habits) = (Table::default(), Habits { put, take });
    for (thing, called) in (0..).zip(["tobacco", "paper", "matches"]) {
        table.things[thing].name(called);
        table.turn[thing].name(&format!("turn of who has {called}"));
    }
    name(&table.there, "there");
    name(&table.manners, "manners");
    table.smoked.name("smoked");
    thread::scope(|s| {
        for has in 0..2 {
            let table = &table;
            s.spawn(move || table.smoke(habits, has));
        }
        table.supply(habits, 0..2);
    });
}

pub(super) static LAB: Lab = Lab {
    number: 68,
    slug: "cigarette-smokers",
    title: "The wrong one takes half of what the right one needs",
    room: room::CLASSICS,
    minutes: 20,
    references: &[
        cited::DOWNEY_4_5,
        cited::PATIL_1971,
        cited::PARNAS_1975,
        cited::CWE_833,
    ],
    lesson: include_str!("lessons/68.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "takes one thing, and then the other",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(put, buggy)),
        ),
        Variant::new(
            "fixed",
            "who puts the second thing calls the one who needs both",
            Declared::verified(),
            Scenario::new(|| scenario(put_push, fixed)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab68_cigarette_smokers.rs"),
};
