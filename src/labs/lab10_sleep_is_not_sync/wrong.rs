//! Wrong fixes of lab 10, sleep-is-not-sync.

use super::*;
use crate::labs::form::WrongFixes;

/// Looks after the sleep, sleeps once more if it must, and takes it out then.
fn wrong_twice_as_long(oven: &Oven) -> bool {
    thread::scope(|s| {
        s.spawn(|| bake(oven));
        thread::sleep(USUALLY);
        if !oven.baked.load(Acquire) {
            thread::sleep(USUALLY);
        }
        oven.baked.load(Acquire)
    })
}

/// Lets the baker go first.
fn wrong_yield(oven: &Oven) -> bool {
    thread::scope(|s| {
        s.spawn(|| bake(oven));
        thread::yield_now();
        oven.baked.load(Acquire)
    })
}

/// Waits for the baker to begin, and sleeps from then on.
fn wrong_started(oven: &Oven) -> bool {
    let started = Latch::new(1);
    name(&started, "started");
    thread::scope(|s| {
        s.spawn(|| {
            started.count_down();
            bake(oven);
        });
        started.wait();
        thread::sleep(USUALLY);
        oven.baked.load(Acquire)
    })
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-twice-as-long",
            "sleeps again if it is not done",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| is_cake(one_cake(wrong_twice_as_long))),
        )
        .because(
            "Twice the usual time is still a guess, and the other thread can be held up for longer than any guess. It makes \
             the bug rarer, and thus dearer to find.",
        ),
        Variant::new(
            "wrong-yield",
            "yield_now in place of sleep",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| is_cake(one_cake(wrong_yield))),
        )
        .because(
            "`yield_now` offers the processor to others. Who takes the offer, for how long, and whether it is the baker at \
             all, is up to the system.",
        ),
        Variant::new(
            "wrong-started",
            "waits for the start, sleeps until the end",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| is_cake(one_cake(wrong_started))),
        )
        .because(
            "That the baker has begun is certain now. What is needed is that he has ended, and about that there is still \
             only the sleep.",
        ),
    ],
);
