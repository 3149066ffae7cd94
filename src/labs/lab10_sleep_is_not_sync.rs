//! Lab 10, **sleep-is-not-sync**: the cake is taken out after the usual time, baked or not.
//!
//! A cake takes about a millisecond. So whoever wants it sleeps for that long, and more to be safe, and opens the oven. The
//! cake was always done. A sleep says how long *this* thread does nothing. It says nothing about what another one has done
//! meanwhile: that one may have been asleep, too, or not even started.
//!
//! | On the table | | How |
//! |---|---|---|
//! | `cake` | allowed | the baker was done |
//! | `dough` | forbidden | the baker was not |

mod wrong;

use super::form::{Lab, Outcome, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicBool, Ordering::*};
use crate::{Latch, thread};
use std::time::Duration;

/// Longer than any cake takes. Usually.
const USUALLY: Duration = Duration::from_millis(1);

/// An oven.
#[derive(Debug)]
pub struct Oven {
    /// Whether what is in it is a cake by now.
    pub baked: AtomicBool,
    /// One that rings when the cake is done.
    bell: Latch,
}

impl Default for Oven {
    fn default() -> Self {
        Self {
            baked: AtomicBool::new(false),
            bell: Latch::new(1),
        }
    }
}

/// What the baker does: the same for every variant.
fn bake(oven: &Oven) {
    oven.baked.store(true, Release);
    oven.bell.count_down();
}

/// The bug: to sleep for as long as it usually takes. Returns whether a cake was taken out.
pub fn buggy(oven: &Oven) -> bool {
    thread::scope(|s| {
        s.spawn(|| bake(oven));
        thread::sleep(USUALLY);
        oven.baked.load(Acquire)
    })
}

/// The fix: wait for the end of the thread, however long it takes.
pub fn fixed(oven: &Oven) -> bool {
    thread::scope(|s| {
        s.spawn(|| bake(oven)).join().unwrap();
        oven.baked.load(Acquire)
    })
}

/// The fix for a thread that goes on with something else: wait for the event.
pub fn fixed_latch(oven: &Oven) -> bool {
    thread::scope(|s| {
        s.spawn(|| bake(oven));
        oven.bell.wait();
        oven.baked.load(Acquire)
    })
}

/// One cake. Returns what is on the table.
fn one_cake(take_out: fn(&Oven) -> bool) -> &'static str {
    let oven = Oven::default();
    name(&oven.baked, "baked");
    name(&oven.bell, "bell");
    if take_out(&oven) { "cake" } else { "dough" }
}

/// The invariant: nobody eats dough.
fn is_cake(table: &str) {
    assert!(table == "cake", "there is {table} on the table"); // <- fails here
}

pub(super) static LAB: Lab = Lab {
    number: 10,
    slug: "sleep-is-not-sync",
    title: "The cake is taken out after the usual time, baked or not",
    room: room::ORDER,
    minutes: 10,
    references: &[
        cited::LU_ORDER,
        cited::of(
            cited::ReferenceKind::Issue,
            "tendermint/tendermint #6858",
            "https://github.com/tendermint/tendermint/issues/6858",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "0xMiden/node #166",
            "https://github.com/0xMiden/node/issues/166",
        ),
    ],
    lesson: include_str!("lessons/10.md"),
    outcomes: &[
        Outcome::allowed("cake", "the baker was done"),
        Outcome::forbidden("dough", "the baker was not"),
    ],
    variants: &[
        Variant::new(
            "buggy",
            "sleeps for as long as it usually takes",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| is_cake(one_cake(buggy))),
        )
        .observed(|| one_cake(buggy).into(), &["cake", "dough"]),
        Variant::new(
            "fixed",
            "joins the thread",
            Declared::verified(),
            Scenario::new(|| is_cake(one_cake(fixed))),
        )
        .observed(|| one_cake(fixed).into(), &["cake"]),
        Variant::new(
            "fixed-latch",
            "waits at a latch",
            Declared::verified(),
            Scenario::new(|| is_cake(one_cake(fixed_latch))),
        )
        .observed(|| one_cake(fixed_latch).into(), &["cake"]),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab10_sleep_is_not_sync.rs"),
};
