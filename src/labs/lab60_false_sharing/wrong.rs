//! Wrong fixes of lab 60, false-sharing: faster still, and wrong.

use crate::check::{FailureKind, name};
use crate::labs::form::{Variant, WrongFixes};
use crate::labs::{Declared, Scenario};
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use crate::{hint, thread};

/// A counter with a line of its own, on which two threads count, as there are more threads than counters.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Padded(AtomicU32);

/// A load and a store, which are cheaper than `fetch_add`.
fn wrong_load_store(counter: &Padded) {
    counter.0.store(counter.0.load(Relaxed) + 1, Relaxed);
}

/// Two threads count once each. The invariant: nothing is lost.
fn two_count(count: fn(&Padded)) {
    let counter = Padded::default();
    name(&counter.0, "counter");
    thread::scope(|s| {
        s.spawn(|| count(&counter));
        count(&counter);
    });
    let counted = counter.0.into_inner();
    assert_eq!(counted, 2, "an increment was lost"); // <- fails here: wrong-load-store
}

/// From time to time the counter is read and set to 0, so that the sum is at hand.
fn wrong_collect() {
    let counter = Padded::default();
    name(&counter.0, "counter");
    let collect = || {
        let so_far = counter.0.load(Relaxed);
        counter.0.store(0, Relaxed);
        so_far
    };
    let early = thread::scope(|s| {
        s.spawn(|| counter.0.fetch_add(1, Relaxed));
        collect()
    });
    assert_eq!(early + collect(), 1, "an increment was lost"); // <- fails here: wrong-collect
}

/// Each counts in a local number, leaves it on a line of its own, and says so with a flag there.
fn wrong_flag() {
    let (counter, done) = (Padded::default(), AtomicBool::new(false));
    name(&counter.0, "counter");
    name(&done, "done");
    let sum = thread::scope(|s| {
        s.spawn(|| {
            counter.0.store(2, Relaxed);
            done.store(true, Relaxed);
        });
        while !done.load(Relaxed) {
            hint::spin_loop();
        }
        counter.0.load(Relaxed)
    });
    assert_eq!(sum, 2, "not the final count"); // <- fails here: wrong-flag
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-load-store",
            "padded, and load and store in place of fetch_add",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| two_count(wrong_load_store)),
        )
        .because(
            "Padding makes `fetch_add` cheap enough. Load and store are right only as long as nobody else ever counts on this line, and \
             there are more threads than lines.",
        ),
        Variant::new(
            "wrong-collect",
            "the counter is read, and set to 0",
            Declared::fails(FailureKind::Panic),
            Scenario::new(wrong_collect),
        )
        .because(
            "What is counted between the read and the 0 is gone. `swap` does both in one step.",
        ),
        Variant::new(
            "wrong-flag",
            "local numbers, and a flag without an order",
            Declared::fails(FailureKind::Panic),
            Scenario::new(wrong_flag),
        )
        .because(
            "The flag is Relaxed: who sees it need not see the number. A join gives that order, and costs nothing more.",
        ),
    ],
);
