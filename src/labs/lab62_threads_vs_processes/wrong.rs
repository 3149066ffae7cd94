//! Wrong fixes of lab 62, threads-vs-processes: the memory is shared, and nobody says when it may be read.

use crate::check::{FailureKind, name};
use crate::labs::form::{Variant, WrongFixes};
use crate::labs::{Declared, Scenario};
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use crate::{hint, thread};

/// Memory that both hold: a text of two letters.
#[derive(Debug, Default)]
struct Memory {
    text: [AtomicU32; 2],
    there: AtomicBool,
    taken: AtomicBool,
}

impl Memory {
    fn write(&self, letter: u32) {
        self.text
            .iter()
            .for_each(|place| place.store(letter, Relaxed));
    }

    fn sum(&self) -> u32 {
        self.text.iter().map(|place| place.load(Relaxed)).sum()
    }
}

fn wait_for(flag: &AtomicBool) {
    while !flag.load(Acquire) {
        hint::spin_loop();
    }
}

/// The worker is told first, so that it wakes up while the text is written.
fn wrong_told_first(memory: &Memory) {
    memory.there.store(true, Release);
    memory.write(7);
}

/// The text first, then the flag, and neither with an order.
fn wrong_relaxed(memory: &Memory) {
    memory.write(7);
    memory.there.store(true, Relaxed);
}

/// One piece of memory for all texts: the next one is written as soon as the worker has begun with this one.
fn wrong_reuse(memory: &Memory) {
    memory.write(7);
    memory.there.store(true, Release);
    wait_for(&memory.taken);
    memory.write(9);
}

/// A text is handed over. The invariant: the worker sums the whole of it, and nothing else.
fn hands_over(hand_over: fn(&Memory)) {
    let memory = Memory::default();
    name(&memory.text[0], "letter 0");
    name(&memory.text[1], "letter 1");
    name(&memory.there, "there");
    name(&memory.taken, "taken");
    let sum = thread::scope(|s| {
        let worker = s.spawn(|| {
            wait_for(&memory.there);
            memory.taken.store(true, Release);
            memory.sum()
        });
        hand_over(&memory);
        worker.join().unwrap()
    });
    assert_eq!(sum, 14, "not the text's"); // <- fails here: wrong-told-first, wrong-relaxed, wrong-reuse
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-told-first",
            "the worker is told before the text is there",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| hands_over(wrong_told_first)),
        )
        .because(
            "To share is to be seen at any time. What is sent through a pipe arrives complete; here the worker reads what is there so far.",
        ),
        Variant::new(
            "wrong-relaxed",
            "told afterwards, by a flag without an order",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| hands_over(wrong_relaxed)),
        )
        .because(
            "Written first is not seen first: the worker may see the flag and not yet the text. On x86 it happens to work.",
        ),
        Variant::new(
            "wrong-reuse",
            "the next text overwrites what the worker still reads",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| hands_over(wrong_reuse)),
        )
        .because(
            "That the worker has begun does not say that it has read everything. The memory is free when the result is there, not earlier.",
        ),
    ],
);
