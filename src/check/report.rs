//! What a check found.
//!
//! # JSON
//! A [`Report`] serialises to one object, in which names are in snake case:
//!
//! ```text
//! verdict     {"kind": "verified"} | {"kind": "failed"}
//!             | {"kind": "incomplete", "reason": "max_executions", "detail": 1000}
//! failure     null, or
//!   kind, message, location: {file, line, column} | null,
//!   preemptions, sequentially_consistent,
//!   timeline: {threads: [name], sentence, details: [line], steps: [
//!     {thread: index into threads, operation: "fetch_add", object, detail, ordering,
//!      location, blocked, scaffolding, stale, failing}]}
//! executions  number
//! elapsed     seconds, with a fraction
//! semantics   engine, memory_model, spurious_wakeups, weak_failures, timeouts, leaves_out: [text]
//! ```
//!
//! `reason` is the variant of [`Incomplete`], `detail` its number (durations in seconds) or text.

mod text;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::timeline::TextOptions;

/// What a check concluded. It never says more than was explored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", content = "detail", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Incomplete {
    /// The sampler ran this many random schedules; it never verifies.
    Sampled { executions: u64 },
    /// `max_executions` ended the search.
    MaxExecutions(u64),
    /// `max_duration` ended the search.
    MaxDuration(#[serde(with = "seconds")] Duration),
    /// Other reasons come with the engines.
    Other(String),
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sampled { executions } => write!(
                f,
                "{} chosen at random, and sampling never verifies; \
                 raise `executions` to sample more, or check with an engine that explores all",
                text::count(*executions, "schedule")
            ),
            Self::MaxExecutions(limit) => write!(
                f,
                "the search reached `max_executions`, {}; \
                 raise it, or make the scenario smaller: fewer threads, fewer operations",
                text::grouped(*limit)
            ),
            Self::MaxDuration(limit) => write!(
                f,
                "the search reached `max_duration`, {}; \
                 raise it, or make the scenario smaller: fewer threads, fewer operations",
                text::duration(*limit)
            ),
            Self::Other(reason) => f.write_str(reason),
        }
    }
}

/// What the engine takes the program to mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Semantics {
    /// The engine by its name: `loom`, `sampler`.
    pub engine: String,
    pub memory_model: String,
    pub spurious_wakeups: u32,
    pub weak_failures: u32,
    pub timeouts: String,
    /// What std allows and this engine does not explore.
    pub leaves_out: Vec<String>,
}

/// The result of a check. `Display` is what a person reads; `Serialize` is what a program reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    pub(crate) verdict: Verdict,
    pub(crate) failure: Option<Failure>,
    pub(crate) executions: u64,
    #[serde(with = "seconds")]
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
    /// The report as text: the verdict, the counterexample, what was explored, what to do next.
    pub fn render(&self, options: &TextOptions) -> String {
        text::render(self, options)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&TextOptions::new()))
    }
}

/// Durations in JSON: seconds with a fraction.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(duration.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}
