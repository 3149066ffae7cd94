//! What is measured: groups of rows, rows of contestants.

use std::time::Duration;

use crate::floors::Floor;

/// Rows that belong together, by the name under which they are asked for.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: &'static str,
    /// One line.
    pub(crate) about: &'static str,
    pub(crate) rows: fn() -> Vec<Row>,
}

/// What the figures of a row are shown as. They are kept as nanoseconds an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Operations a second: more is better.
    Rate,
    /// Time of an operation: less is better.
    Time,
}

/// The same work, done by several.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    /// What an operation cannot be cheaper than.
    pub(crate) floor: Option<Floor>,
    pub(crate) contestants: Vec<Contestant>,
    /// Why a contestant that one would expect is not there.
    pub(crate) skipped: Vec<String>,
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, unit: Unit) -> Self {
        Self {
            name: name.into(),
            unit,
            floor: None,
            contestants: Vec::new(),
            skipped: Vec::new(),
        }
    }

    pub(crate) fn floor(mut self, floor: Floor) -> Self {
        self.floor = Some(floor);
        self
    }

    pub(crate) fn with(mut self, contestant: Contestant) -> Self {
        self.contestants.push(contestant);
        self
    }

    /// Adds it, or the line that says why it is not there.
    pub(crate) fn with_if(mut self, contestant: Result<Contestant, String>) -> Self {
        match contestant {
            Ok(contestant) => self.contestants.push(contestant),
            Err(why) => self.skipped.push(why),
        }
        self
    }
}

/// One who does a row's work.
pub(crate) struct Contestant {
    pub(crate) name: String,
    /// Where the peer comes from; its version is printed. `None`: it is ours.
    pub(crate) of: Option<&'static str>,
    pub(crate) goals: Vec<Goal>,
    run: Box<dyn FnMut(u64) -> Sample>,
}

impl Contestant {
    /// One of racecourse's own.
    ///
    /// `run` does about as many operations as it is told, and says how many it did and how long they took, without
    /// what it took to prepare them. How many is found out: so many as take a few hundredths of a second.
    pub(crate) fn ours(name: impl Into<String>, run: impl FnMut(u64) -> Sample + 'static) -> Self {
        Self {
            name: name.into(),
            of: None,
            goals: Vec::new(),
            run: Box::new(run),
        }
    }

    /// What one would pick instead, from the crate `of`, or from `std`, or from `python3`.
    pub(crate) fn peer(
        name: impl Into<String>,
        of: &'static str,
        run: impl FnMut(u64) -> Sample + 'static,
    ) -> Self {
        Self {
            of: Some(of),
            ..Self::ours(name, run)
        }
    }

    /// How many times as fast as the best peer this should be.
    pub(crate) fn goal(self, at_least: f64) -> Self {
        self.goal_against(at_least, &[])
    }

    /// How many times as fast as the best of these peers, named as in the row, this should be.
    pub(crate) fn goal_against(mut self, at_least: f64, peers: &'static [&'static str]) -> Self {
        self.goals.push(Goal { at_least, peers });
        self
    }

    pub(crate) fn is_ours(&self) -> bool {
        self.of.is_none()
    }

    pub(crate) fn run(&mut self, operations: u64) -> Sample {
        (self.run)(operations)
    }
}

impl std::fmt::Debug for Contestant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contestant")
            .field("name", &self.name)
            .field("of", &self.of)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    pub(crate) at_least: f64,
    /// Whom to beat; all peers of the row, if none is named.
    pub(crate) peers: &'static [&'static str],
}

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) elapsed: Duration,
    pub(crate) operations: u64,
    /// How evenly the threads came to their work: the least that one did over the most. Shown if it is there.
    pub(crate) fairness: Option<f64>,
}

impl Sample {
    /// Nothing was measured. The row says so.
    pub(crate) const FAILED: Self = Self {
        elapsed: Duration::ZERO,
        operations: 0,
        fairness: None,
    };

    pub(crate) fn new(elapsed: Duration, operations: u64) -> Self {
        Self {
            elapsed,
            operations,
            fairness: None,
        }
    }

    /// Nanoseconds an operation, unless it failed.
    pub(crate) fn nanoseconds(&self) -> Option<f64> {
        (self.operations > 0).then(|| self.elapsed.as_secs_f64() * 1e9 / self.operations as f64)
    }
}
