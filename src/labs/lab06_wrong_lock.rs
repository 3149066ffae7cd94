//! Lab 6, **wrong-lock**: two cashiers, two keys, one till.
//!
//! Two cashiers put money into one till: each reads what is in it, and writes down the new sum. Nobody does so without a
//! lock. But each cashier has a lock of her own, and turning one key does not stop the other. A lock protects nothing by
//! itself: it is an agreement among all who touch the till to take *that* lock.
//!
//! | In the till after 5 and 5 | | How |
//! |---|---|---|
//! | `10` | allowed | one cashier after the other |
//! | `5` | forbidden | both read 0, each under her own lock |

mod wrong;

use super::form::{Lab, Outcome, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::thread;

/// A till, and a lock for each cashier.
#[derive(Debug, Default)]
pub struct Till {
    /// What is in it.
    pub sum: AtomicU32,
    locks: [Mutex<()>; 2],
}

impl Till {
    /// Two steps; the caller sees to it that nobody comes between them.
    fn add(&self, amount: u32) {
        let sum = self.sum.load(Relaxed);
        self.sum.store(sum + amount, Relaxed);
    }
}

/// The bug: each cashier, 0 or 1, takes her own lock.
pub fn buggy(till: &Till, cashier: usize, amount: u32) {
    let _locked = till.locks[cashier].lock().unwrap();
    till.add(amount);
}

/// The fix: both take the same.
pub fn fixed(till: &Till, _cashier: usize, amount: u32) {
    let _locked = till.locks[0].lock().unwrap();
    till.add(amount);
}

/// The fix that cannot be forgotten: the sum is *inside* the lock, and there is no other way to it.
pub fn fixed_inside(till: &Mutex<u32>, _cashier: usize, amount: u32) {
    *till.lock().unwrap() += amount;
}

/// Five from each cashier; returns the sum.
fn two_cashiers<T: Sync>(till: &T, put: fn(&T, usize, u32)) {
    thread::scope(|s| {
        s.spawn(|| put(till, 0, 5));
        s.spawn(|| put(till, 1, 5));
    });
}

/// The invariant: what was put in is in it.
fn all_money(sum: u32) {
    assert!(sum == 10, "of 10 there are {sum} in the till"); // <- fails here
}

fn run(put: fn(&Till, usize, u32)) -> u32 {
    let till = Till::default();
    name(&till.sum, "sum");
    name(&till.locks[0], "key 0");
    name(&till.locks[1], "key 1");
    two_cashiers(&till, put);
    till.sum.into_inner()
}

fn run_inside() -> u32 {
    let till = Mutex::new(0);
    name(&till, "till");
    two_cashiers(&till, fixed_inside);
    till.into_inner().unwrap()
}

pub(super) static LAB: Lab = Lab {
    number: 6,
    slug: "wrong-lock",
    title: "Two cashiers, two keys, one till",
    room: room::ATOMICITY,
    minutes: 10,
    references: &[
        cited::of(
            cited::ReferenceKind::Cwe,
            "CWE-667",
            "https://cwe.mitre.org/data/definitions/667.html",
        ),
        cited::LU_ATOMICITY,
        cited::of(
            cited::ReferenceKind::Issue,
            "iree-org/iree #8856",
            "https://github.com/iree-org/iree/pull/8856",
        ),
    ],
    lesson: include_str!("lessons/06.md"),
    outcomes: &[
        Outcome::allowed("10", "one cashier after the other"),
        Outcome::forbidden("5", "both read 0, each under her own lock"),
    ],
    variants: &[
        Variant::new(
            "buggy",
            "each cashier locks her own lock",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| all_money(run(buggy))),
        )
        .observed(|| run(buggy).to_string(), &["10", "5"]),
        Variant::new(
            "fixed",
            "one lock for both",
            Declared::verified(),
            Scenario::new(|| all_money(run(fixed))),
        )
        .observed(|| run(fixed).to_string(), &["10"]),
        Variant::new(
            "fixed-inside",
            "the sum is inside the lock",
            Declared::verified(),
            Scenario::new(|| all_money(run_inside())),
        )
        .observed(|| run_inside().to_string(), &["10"]),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab06_wrong_lock.rs"),
};
