//! What went wrong, where.

use serde::{Deserialize, Serialize};

use super::replay::ReplayToken;
use super::timeline::Timeline;

/// The kinds of failure that a check tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureKind {
    /// Main panicked, most often in an assertion. Another thread's panic goes to its `join`.
    Panic,
    /// Two accesses to one [cell](crate::cell::UnsafeCell), one of them a write, and neither happens before the
    /// other.
    DataRace,
    /// Every thread that has not ended waits for something that only another of them could give.
    Deadlock,
    /// Threads go on for ever without getting on: far more operations than the scenario can need.
    Livelock,
    /// An [`Arc`](crate::sync::Arc) was still alive when every thread had ended; of processes, a worker when whoever
    /// started it had.
    Leak,
    /// An object was used after it had been dropped.
    UseAfterFree,
    /// The scenario asks for what a check cannot give, such as an object from outside of it. The message names
    /// the remedy.
    Misuse,
    /// The scenario did something else although the same schedule was followed: it depends on time, on
    /// addresses, on randomness, or on an earlier execution.
    Nondeterminism,
}

/// A place in the source of the scenario.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The path that the compiler was given.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
}

/// A failing execution.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
    pub(crate) location: Option<Location>,
    pub(crate) preemptions: usize,
    pub(crate) sequentially_consistent: bool,
    pub(crate) timeline: Timeline,
    #[serde(default)]
    pub(crate) replay: Option<ReplayToken>,
}

impl Failure {
    /// What sort of failure it is.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// One sentence, or the panic's message, which may have several lines.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it failed, if a line of the scenario can be named.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// How often the execution changed from one thread to another that could have gone on.
    pub fn preemptions(&self) -> usize {
        self.preemptions
    }

    /// Whether sequential consistency allows the execution: an order of the steps alone then explains it,
    /// without the memory model.
    ///
    /// Under the explorer this is exact: whether program order, reads-from, modification order and reads-before
    /// have no cycle in what leads to the failure. Under loom it is whether no load was seen to be stale.
    pub fn sequentially_consistent(&self) -> bool {
        self.sequentially_consistent
    }

    /// The execution in short, for [`Checker::replay`](super::Checker::replay). None under loom, whose paths
    /// cannot be given to it again, and for a scenario that does not do the same twice.
    pub fn replay(&self) -> Option<&ReplayToken> {
        self.replay.as_ref()
    }

    /// The execution, step by step.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }
}
