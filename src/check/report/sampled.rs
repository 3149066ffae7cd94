//! What a sampler covered.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text;

/// What a sampler covered.
///
/// Half of the executions are [plain](Self::plain): their schedules are those of probabilistic concurrency testing
/// (Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees of Finding
/// Bugs, ASPLOS 2010), reads find the latest write, and no wait ends for no reason. In the other half the schedules
/// are drawn in the same way, and besides which of the writes each read finds, where in the modification order each
/// write stands, which waits end spuriously or by their timeouts, and which weak exchanges fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sampled {
    /// How many different executions there were among them: by what each read found, and the order of the writes of
    /// each location. Of the first million.
    pub distinct: u64,
    /// How many executions were of schedules alone, and no longer than the ones before, of which their schedules were
    /// drawn.
    pub plain: u64,
    /// The most threads that an execution had: the `n` of the bound.
    pub threads: u64,
    /// The most steps that an execution had: the `k` of the bound.
    pub steps: u64,
    /// For bugs of which [depth](crate::check::Checker::depth) was looked: the `d` of the bound.
    pub depth: u32,
}

impl Sampled {
    /// How likely one plain execution at least is to find a bug of this depth or less: 1/(n k^(d-1)).
    ///
    /// That is for bugs that show in a schedule alone. Of one that needs a stale read, a certain place in the
    /// modification order, a spurious wakeup or an early timeout it says nothing; nor if an execution has more steps
    /// than `k`, waits at hints, or has a thread that takes more than 500 steps in a row while others could: it then
    /// gives way, lest it wait for them for ever.
    #[must_use]
    pub fn chance(&self) -> f64 {
        let (n, k) = (self.threads.max(1) as f64, self.steps.max(1) as f64);
        let depth = i32::try_from(self.depth.max(1)).unwrap_or(i32::MAX);
        1.0 / (n * k.powi(depth - 1))
    }

    /// How likely at least such a bug would have been found by all plain executions together.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        // 1 - (1 - p)^plain, to which small numbers are no harm.
        -f64::exp_m1(self.plain as f64 * f64::ln_1p(-self.chance().min(1.0 - f64::EPSILON)))
    }
}

impl fmt::Display for Sampled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = text::count(self.distinct, "different execution");
        if self.plain == 0 {
            return f.write_str(&all);
        }
        let percent = self.confidence() * 100.0;
        let likely = match percent {
            p if p < 0.1 => "less than 0.1%".to_owned(),
            p if p < 10.0 => format!("{p:.1}%"),
            // Rounded down: 100% is more than a sampler may say.
            p => format!("{}%", p.floor().min(99.0)),
        };
        write!(
            f,
            "{all}; a bug of depth {} that shows in a schedule alone ({}, {}) is found in so many with a \
             probability of {}{likely}",
            self.depth,
            text::count(self.threads, "thread"),
            text::count(self.steps, "step"),
            if percent < 0.1 {
                "possibly "
            } else {
                "at least "
            },
        )
    }
}
