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
//!     edges: [{from, to, relation: "reads_from" | "happens_before" | "absent"}], explanation: [sentence]}
//! executions  number
//! blocked     number
//! estimate    how many executions there may be in all, or null
//! sites       [{location, operation, ordering}]
//! elapsed     seconds, with a fraction
//! semantics   engine, memory_model, spurious_wakeups, weak_failures, timeouts, leaves_out: [text]
//! concurrent  whether any execution had more than one thread
//! preemptions the preemption bound up to which a cut search was complete, or null
//! sampled     null, or what the sampler covered:
//!   distinct, plain, threads, steps, depth
//! lost_threads the OS threads that checks of the process have left behind
//! ```
//!
//! `reason` is the variant of [`Incomplete`], `detail` its number (durations in seconds) or text.

mod sampled;
pub(crate) mod seconds;
#[cfg(test)]
mod tests;
pub(crate) mod text;

use std::fmt;
use std::time::Duration;

pub use sampled::Sampled;
use serde::{Deserialize, Serialize};

use super::checker::{Engine, Limits};
use super::failure::{Failure, FailureKind};
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

/// Why a verdict is incomplete. Its `Display` gives the reason and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", content = "detail", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Incomplete {
    /// So many random executions were drawn. A sampler never verifies.
    Sampled {
        /// How many.
        executions: u64,
        /// From this seed.
        seed: u64,
    },
    /// [`max_executions`](super::Checker::max_executions) ended the search.
    MaxExecutions(u64),
    /// [`max_duration`](super::Checker::max_duration) ended the search.
    MaxDuration(#[serde(with = "seconds")] Duration),
    /// A wait would have had to end by its timeout once more than [`timeouts`](super::Checker::timeouts) allows
    /// in one execution.
    Timeouts(u32),
    /// An execution did not end within so many operations.
    Endless {
        /// How many.
        operations: u64,
    },
    /// The engine cannot run so many threads.
    TooManyThreads {
        /// The most that it can run, main included.
        most: usize,
    },
    /// Nothing failed, but the program uses what this engine is known to judge wrongly.
    Unreliable {
        /// What it uses.
        uses: Vec<String>,
    },
    /// Something failed, but the program uses what this engine is known to judge wrongly, so that it may
    /// be a false alarm.
    Doubtful {
        /// The kind of the failure that may be false.
        kind: FailureKind,
        /// Its message.
        message: String,
        /// What the program uses.
        uses: Vec<String>,
    },
    /// The scenario performed no operation for so long that the check was given up.
    Stalled {
        /// For how long.
        seconds: u64,
        /// The last operation that was seen.
        last: String,
    },
    /// The thread that ran the check can never end, and was left behind.
    Lost {
        /// Why.
        why: String,
    },
    /// The operating system refused a thread for the check.
    NoThread(String),
    /// The engine itself could not go on.
    Engine(String),
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sampled { executions, seed } => write!(
                f,
                "{} chosen at random from seed {seed}, and sampling never verifies; \
                 raise `executions` to sample more, or check with an engine that explores all",
                text::count(*executions, "execution")
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
            Self::Timeouts(budget) => write!(
                f,
                "waits timed out {} in an execution, and it could only go on with one more; raise `timeouts`, or \
                 let the scenario give up after a timeout",
                text::count(u64::from(*budget), "time")
            ),
            Self::Endless { operations } => write!(
                f,
                "an execution did not end within {}; if a loop waits for another thread, give it \
                 `hint::spin_loop()`, and if it retries without end, bound it in the scenario",
                text::count(*operations, "operation")
            ),
            Self::TooManyThreads { most } => write!(
                f,
                "the scenario starts more threads than this engine can run ({most}, main included); \
                 use fewer, or the sampler"
            ),
            Self::Unreliable { uses } => write!(
                f,
                "nothing failed, but the scenario uses {}; judge it with another engine, or without that",
                uses.join(", and ")
            ),
            Self::Doubtful {
                kind,
                message,
                uses,
            } => write!(
                f,
                "a {kind} was found ({message}), but it may be a false alarm, for the scenario uses {}; \
                 judge it with another engine, or without that",
                uses.join(", and ")
            ),
            Self::Stalled { seconds, last } => write!(
                f,
                "the scenario performed no operation for {}; the last was {last}. It waits in something \
                 that no engine sees (a lock of std held across an operation, a socket), or computes \
                 without end: use the vocabulary there, or raise `stall_timeout`",
                text::count(*seconds, "second")
            ),
            Self::Lost { why } => write!(f, "the check had to be given up: {why}"),
            Self::NoThread(error) => write!(
                f,
                "the operating system refused a thread for the check ({error}); end other threads, or \
                 raise the limit (`ulimit -u`)"
            ),
            Self::Engine(message) => f.write_str(message),
        }
    }
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
    /// Whether any execution had more than one thread.
    pub(crate) concurrent: bool,
    /// The preemption bound up to which the search was complete.
    pub(crate) preemptions: Option<u32>,
    pub(crate) sampled: Option<Sampled>,
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
    #[serde(with = "seconds")]
    pub(crate) elapsed: Duration,
    pub(crate) semantics: Semantics,
    pub(crate) concurrent: bool,
    pub(crate) preemptions: Option<u32>,
    #[serde(default)]
    pub(crate) sampled: Option<Sampled>,
    pub(crate) lost_threads: usize,
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
