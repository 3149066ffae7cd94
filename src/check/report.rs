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
//!      location, blocked, scaffolding, stale, failing}],
//!     edges: [{from, to, relation: "reads_from" | "happens_before" | "absent"}], explanation: [sentence]},
//!   replay: the token's text, or null
//! executions  number
//! blocked     number
//! estimate    how many executions there may be in all, or null
//! sites       [{location, operation, ordering}]
//! lock_order  {cycles: [{links: [{thread, holds, also_holds: [taken], wants, behind: null | {thread, at}}]}], truncated},
//!             where taken, holds and wants are {lock, shared, at, made}
//! elapsed     seconds, with a fraction
//! semantics   engine, memory_model, spurious_wakeups, weak_failures, timeouts, leaves_out: [text]
//! concurrent  whether any execution had more than one thread
//! preemptions the preemption bound up to which a cut search was complete, or null
//! shard       null, or {index, of, parts}: which of how many shards, and how many parts they share
//! sampled     null, or what the sampler covered:
//!   distinct, plain, threads, steps, depth
//! lost_threads the OS threads that checks of the process have left behind
//! replayed    whether this is one execution that was replayed, and no search
//! ```
//!
//! `reason` is the variant of [`Incomplete`], `detail` its number (durations in seconds) or text.

mod advice;
mod incomplete;
mod merge;
mod page;
mod sampled;
pub(crate) mod seconds;
#[cfg(test)]
mod tests;
pub(crate) mod text;

pub use incomplete::Incomplete;
pub(super) use text::count;

pub use merge::{MergeError, Shard};

use std::fmt;
use std::time::Duration;

pub use sampled::Sampled;
use serde::{Deserialize, Serialize};

use super::checker::{Engine, Limits};
use super::failure::Failure;
use super::lock_order::LockOrder;
use super::sites::Site;
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

/// What the engine takes the program to mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Semantics {
    /// The engine by its name: `explorer`, `loom`, `sampler`.
    pub engine: String,
    /// The memory model.
    pub memory_model: String,
    /// How many waits of one execution may end without a notification.
    pub spurious_wakeups: u32,
    /// How many weak compare-exchanges of one execution may fail although the value matches.
    pub weak_failures: u32,
    /// What a wait with a timeout does.
    pub timeouts: String,
    /// What std allows and this engine does not explore.
    pub leaves_out: Vec<String>,
}

/// How an engine comes back.
#[derive(Debug, Default)]
pub(crate) struct Exploration {
    pub(crate) failure: Option<Box<Failure>>,
    pub(crate) incomplete: Option<Incomplete>,
    pub(crate) executions: u64,
    pub(crate) blocked: u64,
    pub(crate) estimate: Option<f64>,
    pub(crate) sites: Vec<Site>,
    pub(crate) lock_order: LockOrder,
    /// Whether any execution had more than one thread.
    pub(crate) concurrent: bool,
    /// The preemption bound up to which the search was complete.
    pub(crate) preemptions: Option<u32>,
    pub(crate) sampled: Option<Sampled>,
    /// Into how many parts a search was cut that is one of several shards.
    pub(crate) parts: Option<u64>,
}

impl Exploration {
    pub(crate) fn cut(incomplete: Incomplete, executions: u64) -> Self {
        Self {
            failure: None,
            incomplete: Some(incomplete),
            executions,
            concurrent: true,
            ..Self::default()
        }
    }
}

impl Semantics {
    pub(crate) fn of(engine: Engine, limits: &Limits) -> Self {
        let list = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        match engine {
            Engine::Explorer => Self {
                engine: engine.name().to_owned(),
                memory_model: "C11 as RC11 repairs it".to_owned(),
                spurious_wakeups: limits.spurious_wakeups,
                weak_failures: limits.weak_failures,
                timeouts: format!(
                    "waits with a timeout may end so at any time, {} an execution",
                    text::count(u64::from(limits.timeouts), "time")
                ),
                leaves_out: vec![
                    "load buffering".to_owned(),
                    "how often a loop that waits at a hint went round in vain".to_owned(),
                    format!(
                        "a loop that gives up by itself after more than {} such rounds",
                        text::grouped(u64::from(super::explorer::spin::ROUNDS))
                    ),
                ],
            },
            Engine::Loom => Self {
                engine: engine.name().to_owned(),
                memory_model: "C11 as loom has it".to_owned(),
                spurious_wakeups: 0,
                weak_failures: 0,
                timeouts: "end at once, and make the verdict incomplete".to_owned(),
                leaves_out: list(&[
                    "load buffering",
                    "spurious wakeups",
                    "spurious failures of compare_exchange_weak",
                    "notify_one waking another than the longest waiter",
                    "readers that wait behind a waiting writer",
                    "a loop that yields and gives up after some rounds in which no other thread took a step",
                    "more than five threads",
                ]),
            },
            Engine::Sampler { .. } => {
                let mut all = Self::of(Engine::Explorer, limits);
                engine.name().clone_into(&mut all.engine);
                all.leaves_out = list(&["load buffering", "every execution that was not drawn"]);
                all
            }
        }
    }
}

/// The result of a check. `Display` is what a person reads; `Serialize` is what a program reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    pub(crate) verdict: Verdict,
    pub(crate) failure: Option<Failure>,
    pub(crate) executions: u64,
    pub(crate) blocked: u64,
    pub(crate) estimate: Option<f64>,
    pub(crate) sites: Vec<Site>,
    #[serde(default)]
    pub(crate) lock_order: LockOrder,
    #[serde(with = "seconds")]
    pub(crate) elapsed: Duration,
    pub(crate) semantics: Semantics,
    pub(crate) concurrent: bool,
    pub(crate) preemptions: Option<u32>,
    #[serde(default)]
    pub(crate) sampled: Option<Sampled>,
    /// Which part of a search it is, if it is one.
    #[serde(default)]
    pub(crate) shard: Option<Shard>,
    pub(crate) lost_threads: usize,
    #[serde(default)]
    pub(crate) replayed: bool,
}

impl Report {
    /// What was concluded.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The counterexample, if the verdict is [`Verdict::Failed`].
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// How many executions were run, those of searches by preemption bound included.
    #[must_use]
    pub fn executions(&self) -> u64 {
        self.executions
    }

    /// How many executions ended in a wait for what other executions explore. They are no failures, and not
    /// among [`executions`](Self::executions).
    #[must_use]
    pub fn blocked(&self) -> u64 {
        self.blocked
    }

    /// How many executions there may be in all, if the search was cut: an estimate from the part that was
    /// explored (Knuth 1975), good to an order of magnitude.
    #[must_use]
    pub fn estimate(&self) -> Option<f64> {
        self.estimate
    }

    /// The places in the source that chose a memory ordering in any execution, for
    /// [`with_ordering`](super::Checker::with_ordering); by file, line and column.
    #[must_use]
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// How long the check took.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// What the engine took the program to mean, and what it does not explore.
    #[must_use]
    pub fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    /// Whether the scenario had more than one thread in any execution. Where it had not, a check says
    /// nothing that a plain test would not.
    #[must_use]
    pub fn is_concurrent(&self) -> bool {
        self.concurrent
    }

    /// The preemption bound up to which the search was complete, if it went by bounds and was cut.
    #[must_use]
    pub fn complete_up_to_preemptions(&self) -> Option<u32> {
        self.preemptions
    }

    /// Which part of a search this is, if it is one.
    #[must_use]
    pub fn shard(&self) -> Option<&Shard> {
        self.shard.as_ref()
    }

    /// What was covered, if the engine was the sampler.
    #[must_use]
    pub fn sampled(&self) -> Option<&Sampled> {
        self.sampled.as_ref()
    }

    /// How many OS threads the checks of this process have left behind so far, because they can never
    /// end (a std lock held across a switch, an endless loop, a destructor that panics in unwinding).
    #[must_use]
    pub fn lost_threads(&self) -> usize {
        self.lost_threads
    }

    /// Whether this is one execution that was [replayed](super::Checker::replay), and no search.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.replayed
    }

    /// The report as text: the verdict, the counterexample, what was explored, what to do next.
    #[must_use]
    pub fn render(&self, options: &TextOptions) -> String {
        text::render(self, options)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&TextOptions::new()))
    }
}
