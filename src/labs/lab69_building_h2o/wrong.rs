//! Wrong fixes of lab 69, building-h2o.

use super::*;
use crate::labs::form::WrongFixes;

/// Through the gate for each atom.
fn wrong_gate_each(beaker: &Beaker) {
    for _ in 0..2 {
        let _gate = beaker.gate.lock().unwrap();
        beaker.take_one();
    }
}

/// Waits until it sees two, and takes them one by one.
fn wrong_sees_two(beaker: &Beaker) {
    {
        let mut hydrogen = beaker.hydrogen.lock().unwrap();
        while *hydrogen < 2 {
            hydrogen = beaker.more.wait(hydrogen).unwrap();
        }
    }
    beaker.take_one();
    beaker.take_one();
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-gate-each",
            "one oxygen takes at a time, one atom at a time",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_gate_each)),
        )
        .because(
            "Between its two atoms the gate is open, and the other oxygen comes in for its first. What must not be divided \
             is the pair.",
        ),
        Variant::new(
            "wrong-sees-two",
            "waits for two, then takes one by one",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_sees_two)),
        )
        .because(
            "Both oxygens see the same two. To have seen them is not to have them; the lock must last from the look to the \
             taking.",
        ),
    ],
);
