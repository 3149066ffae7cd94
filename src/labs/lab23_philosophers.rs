//! Lab 23, **philosophers**: everybody holds a left fork, and nobody will ever have a right one.
//!
//! Philosophers sit at a round table, with one fork between two neighbours. Who eats needs both of its forks, and takes
//! the left one first. If all do so at the same moment, each holds one fork and waits for a neighbour to put down the other.
//!
//! | The meal | | How |
//! |---|---|---|
//! | all have eaten | allowed | somebody had both forks, and so the circle was open |
//! | nobody eats | forbidden | each holds its left fork and waits for its right one |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::thread;

/// A round table. Seat `i` has fork `i` at its left, and the fork of the next seat at its right.
#[derive(Debug)]
pub struct Table {
    /// The forks; each counts the meals that it was used for.
    forks: Vec<Mutex<u32>>,
    /// Held by who takes forks, if an arbiter is asked.
    arbiter: Mutex<()>,
}

/// The bug: the left fork first, all around the table.
pub fn buggy(table: &Table, seat: usize) {
    let (left, right) = table.forks_of(seat);
    let mut first = table.forks[left].lock().unwrap();
    let mut second = table.forks[right].lock().unwrap(); // <- fails here
    *first += 1;
    *second += 1;
}

/// The fix: the fork with the lower number first. Whoever sits at the end of the numbers begins at its right.
pub fn fixed(table: &Table, seat: usize) {
    let (left, right) = table.forks_of(seat);
    let mut first = table.forks[left.min(right)].lock().unwrap();
    let mut second = table.forks[left.max(right)].lock().unwrap();
    *first += 1;
    *second += 1;
}

/// The fix with an arbiter, who is asked by one at a time and sends it away with both forks: nobody is left with one.
pub fn fixed_arbiter(table: &Table, seat: usize) {
    let (left, right) = table.forks_of(seat);
    let arbiter = table.arbiter.lock().unwrap();
    let mut first = table.forks[left].lock().unwrap();
    let mut second = table.forks[right].lock().unwrap();
    drop(arbiter);
    *first += 1;
    *second += 1;
}

impl Table {
    /// A table with so many seats.
    pub fn new(seats: usize) -> Self {
        Self {
            forks: (0..seats).map(|_| Mutex::new(0)).collect(),
            arbiter: Mutex::new(()),
        }
    }

    /// How many meals each fork was used for.
    pub fn meals(self) -> Vec<u32> {
        let forks = self.forks.into_iter();
        forks.map(|fork| fork.into_inner().unwrap()).collect()
    }

    fn forks_of(&self, seat: usize) -> (usize, usize) {
        (seat, (seat + 1) % self.forks.len())
    }
}

/// A meal for three, of whom main has the first seat. The invariant: all of them eat.
fn scenario(eat: fn(&Table, usize)) {
    let table = Table::new(3);
    for (fork, its_name) in table.forks.iter().zip(["fork 0", "fork 1", "fork 2"]) {
        name(fork, its_name);
    }
    name(&table.arbiter, "arbiter");
    thread::scope(|s| {
        s.spawn(|| eat(&table, 1));
        s.spawn(|| eat(&table, 2));
        eat(&table, 0);
    });
    assert_eq!(table.meals(), [2, 2, 2]);
}

pub(super) static LAB: Lab = Lab {
    number: 23,
    slug: "philosophers",
    title: "Everybody holds a left fork, and nobody a right one",
    room: room::BLOCKING,
    minutes: 15,
    references: &[
        cited::CWE_833,
        cited::LU_DEADLOCK,
        cited::QIN_LOCK_ORDER,
        cited::of(
            cited::ReferenceKind::Issue,
            "rust-lang/rust #27932",
            "https://github.com/rust-lang/rust/issues/27932",
        ),
    ],
    lesson: include_str!("lessons/23.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the left fork first, all around",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "the lower fork first",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-arbiter",
            "an arbiter gives both forks",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_arbiter)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab23_philosophers.rs"),
};
