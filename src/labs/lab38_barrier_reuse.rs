//! Lab 38, **barrier-reuse**: a gate that opens once, and is asked to open twice.
//!
//! Dancers wait for each other after each figure. The gate counts who has come; when all have, it opens. For the second
//! figure they come to the same gate. It has counted them all already, and lets the first one through at once.
//!
//! | After each figure | | How |
//! |---|---|---|
//! | all begin the next one together | allowed | the gate tells one figure from the next |
//! | one begins alone | forbidden | the gate was still open from the figure before |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::{Barrier, Condvar, Mutex};
use crate::thread;

/// How many figures are danced.
const FIGURES: u32 = 2;

/// A gate for so many dancers.
#[derive(Debug)]
pub struct Gate {
    dancers: u32,
    state: Mutex<State>,
    opens: Condvar,
    /// std's, for the variant that uses it.
    barrier: Barrier,
}

/// What the gate knows, of which each variant uses what it needs.
#[derive(Debug, Default)]
struct State {
    here: u32,
    gone: u32,
    figure: u32,
}

/// The bug: once all have come, `here` says so for ever.
pub fn buggy(gate: &Gate) {
    let mut state = gate.state.lock().unwrap();
    state.here += 1;
    if state.here >= gate.dancers {
        gate.opens.notify_all();
    }
    while state.here < gate.dancers {
        state = gate.opens.wait(state).unwrap();
    }
}

/// The fix: the last one begins a new figure, and the others wait until the figure is another one than when they came.
pub fn fixed(gate: &Gate) {
    let mut state = gate.state.lock().unwrap();
    state.here += 1;
    if state.here == gate.dancers {
        state.here = 0;
        state.figure += 1;
        gate.opens.notify_all();
        return;
    }
    let figure = state.figure;
    while state.figure == figure {
        state = gate.opens.wait(state).unwrap();
    }
}

/// The fix that somebody else has written.
pub fn fixed_std(gate: &Gate) {
    gate.barrier.wait();
}

impl Gate {
    /// A gate for so many dancers.
    pub fn new(dancers: u32) -> Self {
        Self {
            dancers,
            state: Mutex::new(State::default()),
            opens: Condvar::new(),
            barrier: Barrier::new(dancers as usize),
        }
    }
}

/// Dances so many figures with the others; `danced` has what each has danced. Whether it never began a figure alone.
pub fn dance(gate: &Gate, wait: fn(&Gate), danced: &[AtomicU32], me: usize, figures: u32) -> bool {
    let mut together = true;
    for figure in 1..=figures {
        danced[me].store(figure, Relaxed);
        wait(gate);
        // Whatever was danced before the gate is known behind it; the gate's lock sees to that.
        together &= danced.iter().all(|other| other.load(Relaxed) >= figure);
    }
    together
}

/// Two dancers, two figures. The invariant: nobody begins a figure before both have danced the one before.
fn scenario(wait: fn(&Gate)) {
    let gate = Gate::new(2);
    let danced = [AtomicU32::new(0), AtomicU32::new(0)];
    name(&gate.state, "gate");
    name(&gate.opens, "opens");
    name(&danced[0], "danced by main");
    name(&danced[1], "danced by thread 1");
    let together = thread::scope(|s| {
        let other = s.spawn(|| dance(&gate, wait, &danced, 1, FIGURES));
        [
            dance(&gate, wait, &danced, 0, FIGURES),
            other.join().unwrap(),
        ]
    });
    assert_eq!(together, [true; 2], "who was never alone"); // <- fails here
}

pub(super) static LAB: Lab = Lab {
    number: 38,
    slug: "barrier-reuse",
    title: "A gate that opens once, and is asked to open twice",
    room: room::BLOCKING,
    minutes: 20,
    references: &[
        cited::LU_ORDER,
        cited::of(
            cited::ReferenceKind::Issue,
            "AllenDowney/LittleBookOfSemaphores #23",
            "https://github.com/AllenDowney/LittleBookOfSemaphores/pull/23",
        ),
    ],
    lesson: include_str!("lessons/38.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "counts, and never begins anew",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "a number for each figure",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-std",
            "std's barrier",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_std)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab38_barrier_reuse.rs"),
};
