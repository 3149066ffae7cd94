//! Loops that wait: `while !ready() { hint::spin_loop() }`.
//!
//! Rounds that read nothing new and write nothing add nothing to an execution. At a hint it is therefore found
//! out whether the thread is in such a loop, by letting it go on, unrecorded, with every read finding what it
//! found before. If it comes round again and again by the same reads, it waits: the execution in which it
//! goes on is the one in which those reads find something else. If it does anything else (a loop that gives up,
//! a hint that is only a courtesy), the hint means nothing, and every round is explored.

use std::collections::HashMap;

use super::event::{EventId, Kind, Loc, Update};
use super::graph::{Graph, Label};

/// Rounds after which a loop that has not ended is taken to wait for another thread.
pub(crate) const ROUNDS: u32 = 1_000;

/// What a hint means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nothing.
    Passes,
    /// The thread waits; its last so many events are one round.
    Waits(u32),
}

/// What hints mean, by all that came before them.
#[derive(Debug, Default)]
pub(super) struct Spins {
    decided: HashMap<u64, Decision>,
}

impl Spins {
    pub(super) fn decision(&self, past: u64) -> Option<Decision> {
        self.decided.get(&past).copied()
    }

    pub(super) fn decide(&mut self, past: u64, decision: Decision) {
        self.decided.insert(past, decision);
    }
}

/// A thread that goes on unrecorded.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) thread: u32,
    /// What it did in this round, with the source of each read.
    round: Vec<(Kind, Loc, EventId)>,
    rounds: u32,
    /// It did something else than waiting.
    pub(super) failed: bool,
}

impl Probe {
    pub(super) fn new(thread: u32) -> Self {
        Self {
            thread,
            round: Vec::new(),
            rounds: 0,
            failed: false,
        }
    }

    /// What the operation finds, if it found the same before and writes nothing.
    pub(super) fn look(&mut self, graph: &Graph, label: Label) -> Option<u64> {
        let events = &graph.threads[self.thread as usize];
        let before = events
            .iter()
            .rev()
            .take_while(|event| matches!(event.kind, Kind::Load | Kind::UpdateRead | Kind::Fence))
            .find(|event| event.kind == label.kind && event.loc == label.loc)?;
        if let Some(update) = label.update {
            let waits = matches!(update, Update::TakeToken | Update::Leave(_));
            if waits || graph.apply(update, before.value, 0).is_some() {
                return None;
            }
        }
        self.round.push((before.kind, before.loc, before.source));
        Some(before.value)
    }

    /// It comes to a hint. None: it goes on; else what was found.
    pub(super) fn round(&mut self, graph: &Graph) -> Option<Decision> {
        let events = &graph.threads[self.thread as usize];
        let count = self.round.len();
        let same = count > 0
            && count <= events.len()
            && events[events.len() - count..]
                .iter()
                .zip(&self.round)
                .all(|(event, did)| (event.kind, event.loc, event.source) == *did);
        if !same {
            return Some(Decision::Passes);
        }
        self.rounds += 1;
        self.round.clear();
        (self.rounds >= ROUNDS).then_some(Decision::Waits(count as u32))
    }
}
