//! What a search for the weakest orderings has found.

use core::sync::atomic::Ordering;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::text;
use crate::check::checker::Checker;
use crate::check::report::{Report, seconds};
use crate::check::sites::{Site, names};

/// An ordering for each site of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Assignment {
    pub(super) orderings: Vec<Named>,
}

/// An ordering that is in JSON by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Named(#[serde(with = "names")] pub(super) Ordering);

impl Assignment {
    /// The orderings, in the order of [`Orderings::sites`]. `Relaxed` for a fence means that there is none.
    pub fn orderings(&self) -> impl ExactSizeIterator<Item = Ordering> {
        self.orderings.iter().map(|named| named.0)
    }
}

/// The weakest orderings under which a scenario verifies. `Display` is a table for people, `Serialize` the same for
/// programs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Orderings {
    pub(super) sites: Vec<Site>,
    pub(super) in_code: Assignment,
    pub(super) minimal: Vec<Assignment>,
    pub(super) sufficient: Vec<Assignment>,
    pub(super) needed: Assignment,
    pub(super) open: Vec<Assignment>,
    pub(super) complete: bool,
    pub(super) spent: Option<String>,
    pub(super) checks: u64,
    pub(super) executions: u64,
    #[serde(with = "seconds")]
    pub(super) elapsed: Duration,
}

impl Orderings {
    /// The sites that were varied, by file, line and column.
    #[must_use]
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// The orderings that are in the code.
    #[must_use]
    pub fn in_code(&self) -> &Assignment {
        &self.in_code
    }

    /// The assignments that verify, and below which none does: make any one of their orderings weaker, or several,
    /// and the scenario fails. Those with the most that is weak come first. All of them, if the search
    /// [is complete](Self::is_complete).
    #[must_use]
    pub fn minimal(&self) -> &[Assignment] {
        &self.minimal
    }

    /// Assignments that verify, of which a search that was cut does not know whether anything below does. Empty if
    /// it is complete.
    #[must_use]
    pub fn sufficient(&self) -> &[Assignment] {
        &self.sufficient
    }

    /// What every assignment that verifies has at least: certain, even if the search was cut.
    #[must_use]
    pub fn needed(&self) -> &Assignment {
        &self.needed
    }

    /// What is open in a search that was cut: every minimal assignment that is not listed is one of these, or above
    /// one. Empty if it is complete.
    #[must_use]
    pub fn open(&self) -> &[Assignment] {
        &self.open
    }

    /// Whether these are all.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// How many checks were run.
    #[must_use]
    pub fn checks(&self) -> u64 {
        self.checks
    }

    /// How many executions those had, together.
    #[must_use]
    pub fn executions(&self) -> u64 {
        self.executions
    }

    /// How long it took.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The sites at which an assignment is not as the code, with its orderings.
    pub fn changes<'a>(
        &'a self,
        assignment: &'a Assignment,
    ) -> impl Iterator<Item = (&'a Site, Ordering)> {
        let both = self.sites.iter().zip(assignment.orderings());
        both.filter(|(site, ordering)| site.ordering() != *ordering)
    }

    /// The checker, with the scenario as if it had these orderings.
    pub fn apply(&self, assignment: &Assignment, checker: Checker) -> Checker {
        self.changes(assignment)
            .fold(checker, |checker, (site, ordering)| {
                checker.with_ordering(site, ordering)
            })
    }
}

impl fmt::Display for Orderings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::render(self))
    }
}

/// The scenario is not verified as it is, so that nothing can be said of weaker orderings.
#[derive(Clone, Debug)]
pub struct NotVerified {
    pub(super) report: Box<Report>,
    pub(super) strongest: bool,
}

impl NotVerified {
    /// The report of the check that did not verify.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl fmt::Display for NotVerified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (which, remedy) = match (self.report.failure().is_some(), self.strongest) {
            (true, true) => (
                "even with the strongest orderings everywhere the scenario fails",
                "whatever is wrong is not an ordering",
            ),
            (true, false) => (
                "the scenario fails with the orderings that are in the code",
                "repair that first, or let orderings be stronger than in the code (`stronger`)",
            ),
            (false, _) => (
                "the check is not complete, even with the strongest orderings in question",
                "only a scenario that an engine verifies can be asked how weak its orderings may be",
            ),
        };
        write!(f, "{which}; {remedy}\n{}", self.report)
    }
}

impl std::error::Error for NotVerified {}
