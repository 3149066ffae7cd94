//! Lab 24, **double-lock**: who has the key waits at the door for whoever has the key.
//!
//! A library notes each loan in its register, and writes on the receipt how many books are out. To note a loan one locks
//! the register. The function that counts locks it, too; and it is called by somebody who holds that lock.
//! `Mutex` does not ask who holds it: it waits until that thread lets go, which is the one that waits.
//!
//! | A loan | | How |
//! |---|---|---|
//! | noted, with a receipt | allowed | the count was taken from the register in hand, or after the register was closed |
//! | never ends | forbidden | its thread waits for a lock that it holds itself |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::thread;

/// The register of loans.
#[derive(Debug, Default)]
pub struct Register {
    loans: Mutex<Vec<u32>>,
}

/// The bug: `count` takes the lock that is held here.
pub fn buggy(register: &Register, book: u32) -> usize {
    let mut loans = register.loans.lock().unwrap();
    loans.push(book);
    register.count()
}

/// The fix: the function is split. Who holds the lock calls the half that asks for the guard.
pub fn fixed(register: &Register, book: u32) -> usize {
    let mut loans = register.loans.lock().unwrap();
    loans.push(book);
    count_in(&loans)
}

/// As good, if a later number will do: let go first.
pub fn fixed_drop(register: &Register, book: u32) -> usize {
    let mut loans = register.loans.lock().unwrap();
    loans.push(book);
    drop(loans);
    register.count()
}

/// How many books are out, for whoever has the register open.
fn count_in(loans: &[u32]) -> usize {
    loans.len()
}

impl Register {
    /// How many books are out, for whoever has not. The same for every variant.
    pub fn count(&self) -> usize {
        count_in(&self.loans.lock().unwrap()) // <- fails here
    }
}

/// Two loans, the other one as in `fixed`. The invariant: both end, no receipt leaves out its own loan, and the later one
/// knows of both.
fn scenario(lend: fn(&Register, u32) -> usize) {
    let register = Register::default();
    name(&register.loans, "register");
    let receipts = thread::scope(|s| {
        let other = s.spawn(|| fixed(&register, 2));
        [lend(&register, 1), other.join().unwrap()]
    });
    let right = !receipts.contains(&0) && receipts.contains(&2);
    assert!(right, "the receipts say {receipts:?}"); // <- fails here: wrong-count-before, wrong-if-free
}

pub(super) static LAB: Lab = Lab {
    number: 24,
    slug: "double-lock",
    title: "Who has the key waits for whoever has the key",
    room: room::BLOCKING,
    minutes: 10,
    references: &[
        cited::of(
            cited::ReferenceKind::Cwe,
            "CWE-764",
            "https://cwe.mitre.org/data/definitions/764.html",
        ),
        cited::QIN_DOUBLE_LOCK,
        cited::of(
            cited::ReferenceKind::Issue,
            "xacrimon/dashmap #74",
            "https://github.com/xacrimon/dashmap/issues/74",
        ),
    ],
    lesson: include_str!("lessons/24.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "counts with a function that locks again",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "counts what it holds",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-drop",
            "lets go, and counts then",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_drop)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab24_double_lock.rs"),
};
