//! What the outside has a search do besides searching: show how far it is, and look at each execution.

use core::fmt;
use core::sync::atomic::Ordering;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::execution::Execution;
use super::lock_order::Orders;
use super::sites::{Site, Sites};

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Complete executions so far.
    pub executions: u64,
    /// Executions that ended in a wait for what is explored elsewhere.
    pub blocked: u64,
    /// Since the search began.
    pub elapsed: Duration,
    /// How many executions there will be in all, roughly: from the part of the search that is done, by Knuth's
    /// estimate (Estimating the Efficiency of Backtrack Programs, 1975). None before there is anything to go by.
    pub estimate: Option<f64>,
}

/// A function that is told now and then how far the search is.
#[derive(Clone)]
pub(crate) struct OnProgress(pub(crate) Arc<dyn Fn(&Progress) + Send + Sync>);

impl fmt::Debug for OnProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnProgress")
    }
}

/// Called with each complete execution in which nothing failed.
pub(crate) type OnComplete = Arc<dyn Fn(&Execution) + Send + Sync>;

/// How often progress is told.
const PERIOD: Duration = Duration::from_millis(100);

pub(crate) struct Watch {
    pub(crate) sites: Rc<Sites>,
    pub(crate) orders: Rc<Orders>,
    pub(crate) on_progress: Option<OnProgress>,
    pub(crate) on_complete: Option<OnComplete>,
    pub(crate) told: Cell<Option<Instant>>,
}

impl Watch {
    /// For a worker that helps another, which does the telling.
    pub(crate) fn of_helper(instead: &[(Site, Ordering)]) -> Self {
        Self {
            sites: Rc::new(Sites::new(instead)),
            orders: Rc::default(),
            on_progress: None,
            on_complete: None,
            told: Cell::new(None),
        }
    }

    pub(crate) fn complete(&self, x: &Execution) {
        self.orders.look(x);
        if let Some(on_complete) = &self.on_complete {
            on_complete(x);
        }
    }

    /// `done` is the part of the search that is done.
    pub(crate) fn progress(
        &self,
        start: Instant,
        executions: u64,
        blocked: u64,
        done: Option<f64>,
    ) {
        let Some(on_progress) = &self.on_progress else {
            return;
        };
        if self.told.get().unwrap_or(start).elapsed() < PERIOD {
            return;
        }
        self.told.set(Some(Instant::now()));
        let estimate = done
            .filter(|done| *done > 0.0)
            .map(|done| (executions + blocked) as f64 / done);
        (on_progress.0)(&Progress {
            executions,
            blocked,
            elapsed: start.elapsed(),
            estimate,
        });
    }
}
