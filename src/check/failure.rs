//! What went wrong, where.

use serde::{Deserialize, Serialize};

use super::timeline::Timeline;

/// The kinds of failure that a check tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureKind {
    Panic,
    DataRace,
    Deadlock,
    Livelock,
    Leak,
    UseAfterFree,
    Misuse,
    Nondeterminism,
}

/// A place in the source of the scenario.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Location {
    pub file: String,
    pub line: u32,
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
}

impl Failure {
    pub fn kind(&self) -> FailureKind {
        self.kind
    }
    pub fn message(&self) -> &str {
        &self.message
    }
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }
    pub fn preemptions(&self) -> usize {
        self.preemptions
    }
    pub fn sequentially_consistent(&self) -> bool {
        self.sequentially_consistent
    }
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }
}
