//! What a check found.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::failure::Failure;

/// What a check concluded. It never says more than was explored.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub enum Verdict {
    /// The whole space of [`Report::semantics`] was explored, and nothing failed.
    Verified,
    /// A real execution fails.
    Failed,
    /// Nothing failed in what was explored, but it was not everything, and this is why.
    Incomplete(Incomplete),
}

/// Why a verdict is incomplete. Its `Display` gives the reason and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Incomplete {
    /// The sampler ran this many random schedules; it never verifies.
    Sampled { executions: u64 },
    /// `max_executions` ended the search.
    MaxExecutions(u64),
    /// `max_duration` ended the search.
    MaxDuration(Duration),
    /// Other reasons come with the engines.
    Other(String),
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// What the engine takes the program to mean.
#[derive(Clone, Debug, Serialize)]
pub struct Semantics {
    pub memory_model: String,
    pub spurious_wakeups: u32,
    pub weak_failures: u32,
    pub timeouts: String,
    /// What std allows and this engine does not explore.
    pub leaves_out: Vec<String>,
}

/// The result of a check. `Display` is what a person reads; `Serialize` is what a program reads.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub(crate) verdict: Verdict,
    pub(crate) failure: Option<Failure>,
    pub(crate) executions: u64,
    pub(crate) elapsed: Duration,
    pub(crate) semantics: Semantics,
}

impl Report {
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }
    pub fn executions(&self) -> u64 {
        self.executions
    }
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
    pub fn semantics(&self) -> &Semantics {
        &self.semantics
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
