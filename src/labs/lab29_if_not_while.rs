//! Lab 29, **if-not-while**: woken for a loaf that somebody else has bought.
//!
//! Customers wait for bread at a shelf; the baker puts a loaf there and wakes one of them. Between the wakeup and the
//! moment when the woken customer has the lock again, another customer can walk in and take the loaf: a *stolen* wakeup.
//! (A *spurious* one, which std allows and no notification caused, does the same.) Who asked with `if` before sleeping does
//! not ask again, and goes home with nothing.
//!
//! | Two loaves, two customers | | How |
//! |---|---|---|
//! | a loaf each | allowed | whoever finds the shelf empty sleeps again |
//! | one goes without | forbidden | it was woken, and took from an empty shelf |

mod wrong;

use std::collections::VecDeque;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::{Condvar, Mutex};
use crate::thread;

/// A shelf for loaves.
#[derive(Debug, Default)]
pub struct Bakery {
    shelf: Mutex<VecDeque<u32>>,
    bell: Condvar,
}

/// The bug: being awake is taken for a proof that there is bread. `None`: an empty shelf.
pub fn buggy(bakery: &Bakery) -> Option<u32> {
    let mut shelf = bakery.shelf.lock().unwrap();
    if shelf.is_empty() {
        shelf = bakery.bell.wait(shelf).unwrap();
    }
    shelf.pop_front()
}

/// The fix: ask again after every wakeup.
pub fn fixed(bakery: &Bakery) -> Option<u32> {
    let mut shelf = bakery.shelf.lock().unwrap();
    while shelf.is_empty() {
        shelf = bakery.bell.wait(shelf).unwrap();
    }
    shelf.pop_front()
}

/// The same fix in one call, which cannot be written with `if`.
pub fn fixed_wait_while(bakery: &Bakery) -> Option<u32> {
    let shelf = bakery.shelf.lock().unwrap();
    let empty = |shelf: &mut VecDeque<u32>| shelf.is_empty();
    let mut shelf = bakery.bell.wait_while(shelf, empty).unwrap();
    shelf.pop_front()
}

/// Puts a loaf on the shelf, and wakes one customer, under the lock. The same for every variant, and right.
pub fn bake(bakery: &Bakery, loaf: u32) {
    let mut shelf = bakery.shelf.lock().unwrap();
    shelf.push_back(loaf);
    bakery.bell.notify_one();
}

/// Two customers, two loaves. The invariant: nobody goes without.
fn scenario(buy: fn(&Bakery) -> Option<u32>) {
    let bakery = Bakery::default();
    name(&bakery.shelf, "shelf");
    name(&bakery.bell, "bell");
    let bought = thread::scope(|s| {
        let first = s.spawn(|| buy(&bakery));
        let second = s.spawn(|| buy(&bakery));
        bake(&bakery, 1);
        bake(&bakery, 2);
        [first.join().unwrap(), second.join().unwrap()]
    });
    assert!(!bought.contains(&None), "woken for nothing: {bought:?}"); // <- fails here
}

pub(super) static LAB: Lab = Lab {
    number: 29,
    slug: "if-not-while",
    title: "Woken for a loaf that somebody else has bought",
    room: room::BLOCKING,
    minutes: 15,
    references: &[
        cited::of(
            cited::ReferenceKind::Cert,
            "CERT CON36-C",
            "https://wiki.sei.cmu.edu/confluence/display/c/CON36-C.+Wrap+functions+that+can+spuriously+wake+up+in+a+loop",
        ),
        cited::LU_ATOMICITY,
        cited::QIN_CONDVAR,
        cited::of(
            cited::ReferenceKind::Issue,
            "AccessKit/accesskit #522",
            "https://github.com/AccessKit/accesskit/issues/522",
        ),
    ],
    lesson: include_str!("lessons/29.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "if around wait",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "while around wait",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-wait-while",
            "wait_while",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_wait_while)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab29_if_not_while.rs"),
};
