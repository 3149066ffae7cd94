//! Lab 26, **job-under-lock**: a pool of two cooks, of whom one works and the other waits for the list.
//!
//! The orders of a kitchen are on one list, behind a lock. A cook takes the lock, takes an order, and carries it out, with
//! the list still in hand. So nobody else takes an order meanwhile: the kitchen has as many cooks as it likes and cooks one
//! thing after the other. That is only slow, until an order waits for another one of the same list. Baking waits for
//! dough; the order for dough is on the list, and the list is in the hand of whoever bakes.
//!
//! | Bread | | How |
//! |---|---|---|
//! | baked | allowed | the list was free while the baker waited |
//! | never baked | forbidden | the baker waits for dough, and holds the list on which the dough is ordered |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::{Condvar, Mutex};
use crate::thread;

/// What a cook is told to do.
pub type Job = fn(&Kitchen);

/// A kitchen with its list of orders, of which the last is carried out first.
#[derive(Debug, Default)]
pub struct Kitchen {
    list: Mutex<Vec<Job>>,
    /// How much dough and bread there is.
    table: Mutex<(u32, u32)>,
    kneaded: Condvar,
    /// Held by a wrong fix.
    stove: Mutex<()>,
}

/// The bug: the head of the `while let` holds the list until the order is carried out.
pub fn buggy(kitchen: &Kitchen) {
    while let Some(job) = kitchen.list.lock().unwrap().pop() {
        job(kitchen);
    }
}

/// The fix: take an order, let go of the list, carry the order out.
pub fn fixed(kitchen: &Kitchen) {
    loop {
        let job = kitchen.list.lock().unwrap().pop();
        let Some(job) = job else { break };
        job(kitchen);
    }
}

/// The same fix with the lock inside a function, from which no guard comes out.
pub fn fixed_next(kitchen: &Kitchen) {
    while let Some(job) = kitchen.next() {
        job(kitchen);
    }
}

/// Makes dough.
pub fn knead(kitchen: &Kitchen) {
    kitchen.table.lock().unwrap().0 += 1;
    kitchen.kneaded.notify_all();
}

/// Waits for dough, and makes bread of it.
pub fn bake(kitchen: &Kitchen) {
    let mut table = kitchen.table.lock().unwrap();
    while table.0 == 0 {
        table = kitchen.kneaded.wait(table).unwrap(); // <- fails here
    }
    table.0 -= 1;
    table.1 += 1;
}

impl Kitchen {
    /// Puts an order on the list.
    pub fn order(&self, job: Job) {
        self.list.lock().unwrap().push(job);
    }

    /// How much bread there is.
    pub fn bread(&self) -> u32 {
        self.table.lock().unwrap().1
    }

    fn next(&self) -> Option<Job> {
        self.list.lock().unwrap().pop()
    }
}

/// Bread is ordered first, and then the dough for it; two cooks. The invariant: both orders are carried out.
fn scenario(work: fn(&Kitchen)) {
    let kitchen = Kitchen::default();
    name(&kitchen.list, "list");
    name(&kitchen.table, "table");
    name(&kitchen.kneaded, "kneaded");
    name(&kitchen.stove, "stove");
    kitchen.order(bake);
    thread::scope(|s| {
        s.spawn(|| {
            kitchen.order(knead);
            work(&kitchen);
        });
        work(&kitchen);
    });
    let done = kitchen.table.into_inner().unwrap();
    assert_eq!(done, (0, 1), "no dough left, and one bread");
}

pub(super) static LAB: Lab = Lab {
    number: 26,
    slug: "job-under-lock",
    title: "Two cooks, of whom one waits for the list",
    room: room::BLOCKING,
    minutes: 15,
    references: &[
        cited::CWE_833,
        cited::of(
            cited::ReferenceKind::Cert,
            "CERT LCK09-J",
            "https://wiki.sei.cmu.edu/confluence/display/java/LCK09-J.+Do+not+perform+operations+that+can+block+while+holding+a+lock",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "rust-lang/book #972",
            "https://github.com/rust-lang/book/issues/972",
        ),
    ],
    lesson: include_str!("lessons/26.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "carries an order out with the list in hand",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "takes an order, and lets go of the list",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-next",
            "takes an order by a function that keeps the guard to itself",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_next)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab26_job_under_lock.rs"),
};
