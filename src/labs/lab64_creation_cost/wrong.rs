//! Wrong fixes of lab 64, creation-cost: a thread is used again, and what it is handed comes without synchronisation.

use crate::cell::UnsafeCell;
use crate::check::{FailureKind, name};
use crate::labs::form::{Variant, WrongFixes};
use crate::labs::{Declared, Scenario};
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use crate::{hint, thread};

/// What is handed to the thread that waits for work.
#[derive(Debug, Default)]
struct Desk {
    job: UnsafeCell<u32>,
    there: AtomicBool,
    slot: AtomicU32,
    closed: AtomicBool,
}

// SAFETY: none. The flag orders nothing, which is what is wrong.
unsafe impl Sync for Desk {}

/// The job is put into the desk, and a flag says so.
fn wrong_flag() {
    let desk = Desk::default();
    name(&desk.job, "job");
    name(&desk.there, "there");
    let desk = &desk;
    thread::scope(|s| {
        s.spawn(|| {
            while !desk.there.load(Relaxed) {
                hint::spin_loop();
            }
            // SAFETY: none. That the flag is up does not mean that the write happened before.
            desk.job.with(|job| unsafe { *job }) // <- fails here: wrong-flag
        });
        // SAFETY: nobody reads before the flag is up, or so it is meant.
        desk.job.with_mut(|job| unsafe { *job = 48 });
        desk.there.store(true, Relaxed);
    });
}

/// The job is a number in one slot, with all the order that it needs. Each is put there when it comes.
fn wrong_slot() {
    let desk = Desk::default();
    name(&desk.slot, "slot");
    name(&desk.closed, "closed");
    let done = thread::scope(|s| {
        let worker = s.spawn(|| {
            let mut done = 0;
            loop {
                let closed = desk.closed.load(Acquire);
                match desk.slot.load(Acquire) {
                    0 if closed => return done,
                    0 => hint::spin_loop(),
                    _ => {
                        desk.slot.store(0, Release);
                        done += 1;
                    }
                }
            }
        });
        desk.slot.store(47, Release);
        desk.slot.store(48, Release);
        desk.closed.store(true, Release);
        worker.join().unwrap()
    });
    assert_eq!(done, 2, "jobs that were done"); // <- fails here: wrong-slot
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-flag",
            "a thread that waits for a Relaxed flag",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(
                wrong_flag,
                "the job is written and read without synchronisation: a data race",
            ),
        )
        .because(
            "A new thread sees all that was written before it was created; that comes with the price. A flag without an order gives nothing \
             of it, and a pool's queue all.",
        ),
        Variant::new(
            "wrong-slot",
            "a thread that takes numbers from one slot",
            Declared::fails(FailureKind::Panic),
            Scenario::new(wrong_slot),
        )
        .because(
            "One slot holds one job. Who does not wait until it is empty overwrites a job that nobody has done.",
        ),
    ],
);
