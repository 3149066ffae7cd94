//! Why a verdict is incomplete.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::text;
use crate::check::failure::FailureKind;

/// Why a verdict is incomplete. Its `Display` gives the reason and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", content = "detail", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Incomplete {
    /// So many random schedules were run. A sampler never verifies.
    Sampled {
        /// How many.
        executions: u64,
        /// From this seed.
        seed: u64,
    },
    /// One execution was [steered](crate::check::Checker::steer), and it shows nothing of the others.
    Steered,
    /// [`max_executions`](crate::check::Checker::max_executions) ended the search.
    MaxExecutions(u64),
    /// It is one [shard](crate::check::Checker::shard) of a search.
    Shard {
        /// Its number, from 1.
        index: u32,
        /// How many there are.
        of: u32,
    },
    /// [`max_duration`](crate::check::Checker::max_duration) ended the search.
    MaxDuration(#[serde(with = "super::seconds")] Duration),
    /// A wait would have had to end by its timeout once more than [`timeouts`](crate::check::Checker::timeouts) allows
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
    /// Only one execution was run again, by [`replay`](crate::check::Checker::replay), and it does not fail.
    Replayed,
    /// The scenario cannot follow the execution that was to be replayed: it has changed since the token was made.
    Misfit {
        /// Where it cannot, and why.
        why: String,
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
                text::count(*executions, "schedule")
            ),
            Self::Steered => f.write_str(
                "one execution was run as the choices say, and it shows nothing of the others; \
                 generate choices until one fails, or check with an engine that explores all",
            ),
            Self::MaxExecutions(limit) => write!(
                f,
                "the search reached `max_executions`, {}; \
                 raise it, or make the scenario smaller: fewer threads, fewer operations",
                text::grouped(*limit)
            ),
            Self::Shard { index, of } => write!(
                f,
                "this is shard {index} of {of}: nothing fails in it; merge the reports of all shards for a verdict"
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
            Self::Replayed => f.write_str(
                "one execution was replayed, which fails no more; check all of them, without the token",
            ),
            Self::Misfit { why } => write!(f, "{why}; check anew, without the token"),
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
