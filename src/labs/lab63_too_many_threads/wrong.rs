//! Wrong fixes of lab 63, too-many-threads: no pool, but a limit that is none.

use crate::check::{FailureKind, name};
use crate::labs::form::{Variant, WrongFixes};
use crate::labs::{Declared, Scenario};
use crate::sync::atomic::{AtomicU32, Ordering::*};
use crate::thread;

/// So many threads may be at work.
const LIMIT: u32 = 1;

#[derive(Debug, Default)]
struct Limited {
    running: AtomicU32,
    at_work: AtomicU32,
    most: AtomicU32,
}

impl Limited {
    fn wait_for_room(&self) {
        while self.running.load(Acquire) >= LIMIT {
            thread::yield_now();
        }
    }

    /// A part of the work.
    fn work(&self) {
        let at_work = self.at_work.fetch_add(1, AcqRel) + 1;
        self.most.fetch_max(at_work, Relaxed);
        self.at_work.fetch_sub(1, AcqRel);
        self.running.fetch_sub(1, AcqRel);
    }
}

/// Each thread waits until there is room, and then counts itself.
fn wrong_check_first(limited: &Limited) {
    let part = || {
        limited.wait_for_room();
        limited.running.fetch_add(1, AcqRel);
        limited.work();
    };
    thread::scope(|s| {
        s.spawn(part);
        part();
    });
}

/// One alone starts threads, when there is room. Each counts itself, as the first thing that it does.
fn wrong_count_inside(limited: &Limited) {
    thread::scope(|s| {
        for _ in 0..2 {
            limited.wait_for_room();
            s.spawn(|| {
                limited.running.fetch_add(1, AcqRel);
                limited.work();
            });
        }
    });
}

/// Two parts, and room for one. The invariant: no more than the limit are at work.
fn two_parts(run: fn(&Limited)) {
    let limited = Limited::default();
    name(&limited.running, "running");
    name(&limited.at_work, "at work");
    name(&limited.most, "most at work");
    run(&limited);
    let most = limited.most.into_inner();
    assert!(most <= LIMIT, "{most} were at work"); // <- fails here: wrong-check-first, wrong-count-inside
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-check-first",
            "a counter is compared with the limit, then raised",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| two_parts(wrong_check_first)),
        )
        .because(
            "Both look, both see room, both count themselves: lab 2, check-then-act. A semaphore does both in one step, and so does a pool, \
             which has no more threads to begin with.",
        ),
        Variant::new(
            "wrong-count-inside",
            "whoever starts threads looks, and the thread counts itself",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| two_parts(wrong_count_inside)),
        )
        .because(
            "A thread that was started has not run yet, so it is not in the count. As many can be started meanwhile as there are parts.",
        ),
    ],
);
