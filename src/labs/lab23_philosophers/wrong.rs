//! Wrong fixes of lab 23, philosophers.

use super::*;
use crate::labs::form::WrongFixes;

/// The other hand first.
fn wrong_right_first(table: &Table, seat: usize) {
    let (left, right) = table.forks_of(seat);
    let mut first = table.forks[right].lock().unwrap();
    let mut second = table.forks[left].lock().unwrap(); // <- fails here: wrong-right-first
    *first += 1;
    *second += 1;
}

/// The arbiter is asked for the first fork, and thanked for it.
fn wrong_one_fork(table: &Table, seat: usize) {
    let (left, right) = table.forks_of(seat);
    let arbiter = table.arbiter.lock().unwrap();
    let mut first = table.forks[left].lock().unwrap();
    drop(arbiter);
    let mut second = table.forks[right].lock().unwrap(); // <- fails here: wrong-one-fork
    *first += 1;
    *second += 1;
}

/// A look at the right fork before the left one is taken.
fn wrong_look_first(table: &Table, seat: usize) {
    let (left, right) = table.forks_of(seat);
    drop(table.forks[right].lock().unwrap());
    let mut first = table.forks[left].lock().unwrap();
    let mut second = table.forks[right].lock().unwrap(); // <- fails here: wrong-look-first
    *first += 1;
    *second += 1;
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-right-first",
            "the right fork first, all around",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_right_first)),
        )
        .because(
            "It turns the circle round, and a circle it remains. It takes one who begins with the *other* hand than the rest.",
        ),
        Variant::new(
            "wrong-one-fork",
            "asks the arbiter for one fork",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_one_fork)),
        )
        .because(
            "Left forks are now taken one after the other, and all of them can still be gone before anybody has a right one. The \
             arbiter has to be kept until both are in hand.",
        ),
        Variant::new(
            "wrong-look-first",
            "waits until the right fork is free, then takes the left one",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_look_first)),
        )
        .because(
            "That the right fork was free is over as soon as it is put down again. All can look, and then all can take the left \
             one.",
        ),
    ],
);
