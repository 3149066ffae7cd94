//! Loops that wait: `while !ready() { hint::spin_loop() }`.
//!
//! A round that writes nothing adds nothing to an execution: what the thread does after it, it could have done
//! without it. So at a hint it is found out whether the thread has gone one round of such a loop, by letting it go
//! on, unrecorded, with every read finding what it found before. If it comes to the hint again and again by the
//! same steps, it waits, and goes no further in this execution: the one in which it does is that in which the reads
//! of this round find something else. If it does anything else (a loop that gives up, a hint that is only a
//! courtesy), the hint means nothing, and every round is explored.
//!
//! Where a round begins is not known. It is tried with as many steps as can be, then with fewer.

use super::mix::FastMap;

use super::event::{Event, Kind, Update};
use super::graph::{Graph, Label};

/// Rounds after which a loop that has not ended is taken to wait for another thread.
pub(crate) const ROUNDS: u32 = 1_000;

/// Hints in a row, with nothing between them, that a round may have.
const IDLE: u32 = 100_000;

/// What a hint means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nothing.
    Passes,
    /// The thread waits; its last so many events are one round.
    Waits(u32),
    /// A round may have so many events, and no more.
    AtMost(u32),
}

/// What hints mean, by all that came before them.
#[derive(Debug, Default)]
pub(super) struct Spins {
    decided: FastMap<u64, Decision>,
}

impl Spins {
    pub(super) fn decision(&self, past: u64) -> Option<Decision> {
        self.decided.get(&past).copied()
    }

    pub(super) fn clear(&mut self) {
        self.decided.clear();
    }

    /// How many hints are known.
    pub(super) fn known(&self) -> usize {
        self.decided.len()
    }

    pub(super) fn decide(&mut self, past: u64, decision: Decision) {
        self.decided.insert(past, decision);
    }
}

/// The last of these events that write nothing: a round has no others.
pub(super) fn harmless(events: &[Event]) -> u32 {
    let kinds = events.iter().rev().map(|event| event.kind);
    kinds
        .take_while(|kind| matches!(kind, Kind::Load | Kind::UpdateRead | Kind::Fence))
        .count() as u32
}

/// A thread that goes on unrecorded.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) thread: u32,
    /// The events of a round, if it is one: the last so many of the thread.
    pub(super) size: u32,
    /// How many of them it has done again.
    at: u32,
    rounds: u32,
    idle: u32,
    /// It did something else.
    pub(super) failed: bool,
}

impl Probe {
    pub(super) fn new(thread: u32, size: u32) -> Self {
        Self {
            thread,
            size,
            at: 0,
            rounds: 0,
            idle: 0,
            failed: false,
        }
    }

    /// What the operation finds, if it is the next of the round and writes nothing.
    pub(super) fn look(&mut self, graph: &Graph, label: Label) -> Option<u64> {
        if self.at == self.size {
            return None;
        }
        let events = &graph.threads[self.thread as usize];
        let before = &events[events.len() - (self.size - self.at) as usize];
        let fence = label.kind == Kind::Fence;
        if before.kind != label.kind
            || before.loc != label.loc
            || fence && before.order != label.order
        {
            return None;
        }
        if let Some(update) = label.update {
            let waits = matches!(update, Update::TakeToken | Update::Leave(_));
            if waits || graph.apply(update, before.value, before.pick).is_some() {
                return None;
            }
        }
        self.at += 1;
        Some(before.value)
    }

    /// It comes to a hint. None: it goes on; else whether it waits.
    pub(super) fn round(&mut self) -> Option<bool> {
        if self.at == 0 {
            self.idle += 1;
            return (self.idle > IDLE).then_some(false);
        }
        if self.at < self.size {
            return Some(false);
        }
        self.rounds += 1;
        self.at = 0;
        (self.rounds >= ROUNDS).then_some(true)
    }

    /// What is to be tried next, or known, when it has done something else.
    ///
    /// That it has gone some rounds before does not say that it is a loop that gives up by itself: of two waits in a row
    /// for one variable, a round that is too long feeds the second with what the first had found.
    pub(super) fn after_failure(&self) -> Decision {
        match self.size - 1 {
            0 => Decision::Passes,
            fewer => Decision::AtMost(fewer),
        }
    }
}
