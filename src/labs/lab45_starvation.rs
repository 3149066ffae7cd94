//! Lab 45, **starvation**: the patient who waits while others go in and out.
//!
//! A doctor's waiting room without numbers: whenever the door opens, whoever is nearest goes in. A man needs a paper, and
//! then a stamp on it; he goes in, comes out and is at the door again before anybody has stood up. The old lady has been
//! there all the time. Nobody is stuck, everybody gets in at some time, and nothing bounds how late.
//!
//! | While she waits he goes in | | How |
//! |---|---|---|
//! | once at most | allowed | he came before her, or was inside |
//! | twice | forbidden | he came after her, and was let in before her |
//!
//! That she waits *for ever* no checker can see: each execution ends. That she is overtaken twice is seen in one, and what
//! can happen twice can happen any number of times. The field's name for the bound is *bounded bypass*.

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use crate::{hint, thread};

/// The doctor's door: one person at a time. Of those who only read the notice board some doors let in several.
pub trait Door: Default + Sync {
    /// Arrives, and never waits. What is returned says where in the row, if there is one.
    fn arrive(&self, _reads: bool) -> u32 {
        0
    }

    /// Waits for the turn, and goes in.
    fn enter(&self, number: u32, reads: bool);

    /// Comes out.
    fn leave(&self, reads: bool);
}

const ALONE: u32 = 1_000;
const WAITED_FOR: u32 = 100;

fn wait_until(is: impl Fn() -> bool) {
    while !is() {
        hint::spin_loop();
    }
}

fn changes(word: &AtomicU32, from: u32, to: u32) -> bool {
    // ORDERING: Acquire; pairs with the Release of whoever leaves.
    word.compare_exchange(from, to, Acquire, Relaxed).is_ok()
}

/// The bug: no row. A door that is free is for whoever takes it.
pub mod buggy {
    use super::*;

    /// Who is inside.
    #[derive(Debug, Default)]
    pub struct Door(pub(super) AtomicU32);

    impl super::Door for Door {
        fn enter(&self, _: u32, _: bool) {
            wait_until(|| changes(&self.0, 0, ALONE));
        }

        fn leave(&self, _: bool) {
            self.0.store(0, Release);
        }
    }
}

/// Another bug: who reads goes in beside other readers, past her who waits until none is there.
pub mod buggy_readers {
    /// A door without a sign.
    pub type Door = super::Readers<0>;
}

/// The fix: numbers. Who comes draws one, and goes in when it is called. This is a ticket lock.
pub mod fixed {
    use super::*;

    /// The number to be drawn, and the one that is called.
    #[derive(Debug, Default)]
    pub struct Door([AtomicU32; 2]);

    impl super::Door for Door {
        fn arrive(&self, _: bool) -> u32 {
            self.0[0].fetch_add(1, Relaxed)
        }

        fn enter(&self, number: u32, _: bool) {
            // ORDERING: Acquire; pairs with the Release in `leave`.
            wait_until(|| self.0[1].load(Acquire) == number);
        }

        fn leave(&self, _: bool) {
            self.0[1].fetch_add(1, Release);
        }
    }
}

/// The fix for readers: she hangs a sign on the door when she arrives, and no reader goes in any more.
pub mod fixed_readers {
    /// A door with a sign.
    pub type Door = super::Readers<{ super::WAITED_FOR }>;
}

/// A door for readers together, or for one alone. Who wants to be alone adds `SIGN` on arrival; 0 is no sign. The
/// word counts who is inside.
#[derive(Debug, Default)]
pub struct Readers<const SIGN: u32>(AtomicU32);

impl<const SIGN: u32> Door for Readers<SIGN> {
    fn arrive(&self, reads: bool) -> u32 {
        match reads {
            true => 0,
            false => self.0.fetch_add(SIGN, Relaxed),
        }
    }

    fn enter(&self, _: u32, reads: bool) {
        let one_more = |inside| (inside < WAITED_FOR).then_some(inside + 1);
        wait_until(|| match reads {
            true => self.0.fetch_update(Acquire, Relaxed, one_more).is_ok(),
            false => changes(&self.0, SIGN, ALONE),
        });
    }

    fn leave(&self, reads: bool) {
        self.0.fetch_sub(if reads { 1 } else { ALONE }, Release);
    }
}

/// She comes once, he twice. The invariant: between her arrival and her turn he goes in once at most.
fn scenario<D: Door>() {
    let (door, waits) = (D::default(), AtomicBool::new(false));
    name(&door, "door");
    name(&waits, "she waits");
    let overtaken = thread::scope(|s| {
        s.spawn(|| {
            let number = door.arrive(false);
            waits.store(true, Relaxed);
            door.enter(number, false);
            waits.store(false, Relaxed);
            door.leave(false);
        });
        let overtakes = |_: &u32| {
            let number = door.arrive(true);
            door.enter(number, true);
            let before_her = waits.load(Relaxed);
            door.leave(true);
            before_her
        };
        (0..2).filter(overtakes).count()
    });
    assert!(overtaken <= 1, "she was overtaken {overtaken} times"); // <- fails here
}

pub(super) static LAB: Lab = Lab {
    number: 45,
    slug: "starvation",
    title: "The patient who waits while others go in and out",
    room: room::LIVENESS,
    minutes: 20,
    references: &[cited::of(
        cited::ReferenceKind::Issue,
        "async-rs/async-std #705",
        "https://github.com/async-rs/async-std/issues/705",
    )],
    lesson: include_str!("lessons/45.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "whoever is nearest goes in",
            Declared::fails(FailureKind::Panic),
            Scenario::new(scenario::<buggy::Door>),
        ),
        Variant::new(
            "buggy-readers",
            "readers go in past a writer who waits",
            Declared::fails(FailureKind::Panic),
            Scenario::new(scenario::<buggy_readers::Door>),
        ),
        Variant::new(
            "fixed",
            "numbers are drawn and called",
            Declared::verified(),
            Scenario::new(scenario::<fixed::Door>),
        ),
        Variant::new(
            "fixed-readers",
            "readers wait behind a writer who waits",
            Declared::verified()
                .unjudged_by_loom("loom takes a store as seen that only Relaxed tells of"),
            Scenario::new(scenario::<fixed_readers::Door>),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab45_starvation.rs"),
};
