//! One thread's part in a search: run after run, and what they came to.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::execute::{End, execution, run};
use super::scheduler::ExplorerKernel;
use crate::check::checker::Limits;
use crate::check::execution::Execution;
use crate::check::report::{Exploration, Incomplete};
use crate::check::watch::Watch;
use crate::check::worker::Worker;

/// See the module.
pub(super) struct Searcher<'a> {
    scenario: &'a (dyn Fn() + Send + Sync),
    pub(super) limits: &'a Limits,
    pub(super) worker: &'a Arc<Worker>,
    pub(super) watch: &'a Watch,
    pub(super) start: Instant,
    pub(super) kernel: Rc<ExplorerKernel>,
    /// The execution that runs next, or runs.
    x: Execution,
    pub(super) runs: u64,
    pub(super) out: Exploration,
    pub(super) cut: Option<Incomplete>,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ran {
    Passed,
    Failed,
    /// The same graph is to be run again.
    Again,
    /// There is no use in going on.
    Broken,
}

impl<'a> Searcher<'a> {
    pub(super) fn new(
        scenario: &'a (dyn Fn() + Send + Sync),
        limits: &'a Limits,
        worker: &'a Arc<Worker>,
        watch: &'a Watch,
        start: Instant,
    ) -> Self {
        let kernel = Rc::new(ExplorerKernel::new(limits));
        let x = execution(&kernel, worker, watch);
        Self {
            scenario,
            limits,
            worker,
            watch,
            start,
            kernel,
            x,
            runs: 0,
            out: Exploration::default(),
            cut: None,
        }
    }

    /// Whether the clock is to be asked, which is done rarely: it costs more than a small execution's step.
    pub(super) fn looks_up(&self) -> bool {
        self.runs.is_multiple_of(16)
    }

    /// Whether the time that the search may take is over; the search is then cut.
    pub(super) fn is_late(&mut self) -> bool {
        let limit = self.limits.max_duration;
        let late = limit.is_some_and(|most| self.start.elapsed() >= most);
        if late {
            self.cut = limit.map(Incomplete::MaxDuration);
        }
        late
    }

    /// Runs the present graph, and counts what came of it.
    pub(super) fn run(&mut self) -> Ran {
        self.runs += 1;
        self.worker.next_execution();
        let end = run(
            self.scenario,
            self.watch,
            &self.kernel,
            &mut self.out,
            &mut self.x,
        );
        let counts = u64::from(self.kernel.state.borrow().search.counts());
        match end {
            End::Complete => self.out.executions += counts,
            End::Blocked => self.out.blocked += counts,
            End::Failed => {
                self.out.executions += counts;
                return Ran::Failed;
            }
            End::Again => return Ran::Again,
            End::Endless => {
                self.out.blocked += counts;
                self.cut.get_or_insert(Incomplete::Endless {
                    operations: self.limits.max_operations,
                });
            }
            End::OutOfTimeouts => {
                self.out.blocked += counts;
                self.cut
                    .get_or_insert(Incomplete::Timeouts(self.limits.timeouts));
            }
            End::Broken(why) => {
                self.cut = Some(Incomplete::Engine(why));
                return Ran::Broken;
            }
        }
        Ran::Passed
    }

    /// Brings the graph to the next that is to be run. False: there is none.
    pub(super) fn next(&mut self) -> bool {
        let search = &mut self.kernel.state.borrow_mut().search;
        search.finish();
        search.next()
    }

    /// The part of the search that is done.
    pub(super) fn done(&self) -> f64 {
        self.kernel.state.borrow().search.done()
    }
}
