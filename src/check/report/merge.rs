//! The reports of all shards of a search, made one.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Incomplete, Report, Verdict};

/// Which part of a search a report is of: see [`Checker::shard`](crate::check::Checker::shard).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Its number, from 1.
    pub index: u32,
    /// How many there are.
    pub of: u32,
    /// Into how many pieces the search was cut, which the shards take in turn; 0 if this one did not come to its end.
    /// The same for all shards of one search.
    pub parts: u64,
}

/// Why reports cannot be made one. Its `Display` says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MergeError {
    /// There is none.
    Nothing,
    /// One of them, by its place from 0, is not of a shard.
    NoShard(usize),
    /// Two of them are of searches that were cut into another number of shards, or took the program otherwise.
    Different {
        /// The places of the two, from 0.
        reports: (usize, usize),
        /// In what they differ.
        what: &'static str,
    },
    /// A shard is there twice.
    Twice(u32),
    /// Shards are not there.
    Missing {
        /// Their numbers, from 1.
        shards: Vec<u32>,
        /// How many there are in all.
        of: u32,
    },
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => {
                f.write_str("there is no report; give those of all shards of a search")
            }
            Self::NoShard(at) => write!(
                f,
                "report {} is not of a shard, but of a whole search: leave it out, or check with `shard`",
                at + 1
            ),
            Self::Different {
                reports: (one, other),
                what,
            } => write!(
                f,
                "reports {} and {} are not of one search: they differ in {what}; run all shards of one build, with one \
                 configuration",
                one + 1,
                other + 1
            ),
            Self::Twice(index) => write!(f, "shard {index} is there twice; give each once"),
            Self::Missing { shards, of } => {
                let shards: Vec<String> = shards.iter().map(u32::to_string).collect();
                write!(
                    f,
                    "of {of} shards, {} is missing; without all of them nothing is verified",
                    shards.join(", ")
                )
            }
        }
    }
}

impl std::error::Error for MergeError {}

impl Report {
    /// Makes one report of those of all [shards](crate::check::Checker::shard) of a search, in any order.
    ///
    /// It is *verified* if every shard came to its end and nothing failed; *failed* if one failed, even if others are
    /// missing; otherwise incomplete, for the reason of the first that was cut. Counts and times are sums.
    ///
    /// # Errors
    /// If they are not those of all shards of one search.
    pub fn merge(reports: impl IntoIterator<Item = Self>) -> Result<Self, MergeError> {
        let mut reports: Vec<Self> = reports.into_iter().collect();
        let shards = check(&reports)?;
        let failed = reports
            .iter()
            .enumerate()
            .filter(|(_, report)| report.verdict == Verdict::Failed)
            .min_by_key(|(at, _)| shards[*at].index)
            .map(|(at, _)| at);
        let of = shards[0].of;
        let missing: Vec<u32> = (1..=of)
            .filter(|index| shards.iter().all(|shard| shard.index != *index))
            .collect();
        if failed.is_none() && !missing.is_empty() {
            return Err(MergeError::Missing {
                shards: missing,
                of,
            });
        }
        let cut = reports.iter().find_map(|report| match &report.verdict {
            Verdict::Incomplete(Incomplete::Shard { .. }) => None,
            Verdict::Incomplete(why) => Some(why.clone()),
            _ => None,
        });
        let mut whole = reports.swap_remove(failed.unwrap_or(0));
        for report in reports {
            whole.executions += report.executions;
            whole.blocked += report.blocked;
            whole.elapsed = whole
                .elapsed
                .saturating_add(report.elapsed)
                .min(Duration::MAX);
            whole.concurrent |= report.concurrent;
            whole.lost_threads = whole.lost_threads.max(report.lost_threads);
            whole.sites.extend(report.sites);
            whole.lock_order.absorb(report.lock_order);
        }
        whole.sites.sort_by_key(crate::check::Site::key);
        whole.sites.dedup();
        whole.shard = None;
        whole.estimate = None;
        if failed.is_none() {
            whole.verdict = cut.map_or(Verdict::Verified, Verdict::Incomplete);
        }
        Ok(whole)
    }
}

/// Whether they are shards of one search; which they are.
fn check(reports: &[Report]) -> Result<Vec<Shard>, MergeError> {
    let mut shards: Vec<Shard> = Vec::new();
    for (at, report) in reports.iter().enumerate() {
        shards.push(report.shard.ok_or(MergeError::NoShard(at))?);
    }
    let first = shards.first().ok_or(MergeError::Nothing)?;
    let whole = |shard: &Shard| shard.parts > 0;
    let known = shards.iter().position(whole);
    for (at, shard) in shards.iter().enumerate() {
        let differ = |other, what| {
            Err(MergeError::Different {
                reports: (other, at),
                what,
            })
        };
        if shard.of != first.of {
            return differ(0, "the number of shards");
        }
        if reports[at].semantics != reports[0].semantics {
            return differ(0, "engine or budgets");
        }
        if let Some(known) = known
            && whole(shard)
            && shard.parts != shards[known].parts
        {
            return differ(known, "the scenario");
        }
        if shards[..at].iter().any(|other| other.index == shard.index) {
            return Err(MergeError::Twice(shard.index));
        }
    }
    Ok(shards)
}
