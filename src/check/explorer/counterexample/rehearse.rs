//! Running the program along a [`Script`], once.

use std::rc::Rc;
use std::sync::Arc;

use super::guide::{Guide, Misfit};
use super::script::Script;
use crate::check::checker::Limits;
use crate::check::execution::Execution;
use crate::check::explain;
use crate::check::explorer::execute::{End, execution, judge, to_its_end};
use crate::check::explorer::revisit::Search;
use crate::check::explorer::run::State;
use crate::check::explorer::scheduler::ExplorerKernel;
use crate::check::failure::Failure;
use crate::check::watch::Watch;
use crate::check::worker::Worker;

/// Where scripts are followed, apart from the search.
pub(in crate::check::explorer) struct Stage<'a> {
    scenario: &'a (dyn Fn() + Send + Sync),
    limits: Limits,
    worker: &'a Arc<Worker>,
    watch: &'a Watch,
    kernel: Rc<ExplorerKernel>,
}

/// How following a script ended.
#[derive(Debug)]
pub(in crate::check::explorer) enum Ended {
    /// It fails.
    Failed(Box<Failure>),
    /// It ends without a failure, or goes on in a way that is explored elsewhere.
    Passed,
    /// The program cannot follow it: what was to come, and why not.
    Misfit(String, Misfit),
    /// The engine itself failed.
    Broken(String),
}

impl<'a> Stage<'a> {
    pub(in crate::check::explorer) fn new(
        scenario: &'a (dyn Fn() + Send + Sync),
        limits: &Limits,
        worker: &'a Arc<Worker>,
        watch: &'a Watch,
    ) -> Self {
        Self {
            scenario,
            limits: limits.clone(),
            worker,
            watch,
            kernel: Rc::new(ExplorerKernel::new(limits)),
        }
    }

    /// Follows the script, and shows what came of it before it is forgotten.
    pub(in crate::check::explorer) fn rehearse<R>(
        &mut self,
        script: &Rc<Script>,
        look: impl Fn(&mut Ended, &Execution, &State) -> R,
    ) -> (Ended, R) {
        if script.spurious != self.kernel.spurious {
            self.limits.spurious_wakeups = u32::from(script.spurious);
            self.kernel = Rc::new(ExplorerKernel::new(&self.limits));
        }
        let kernel = Rc::clone(&self.kernel);
        loop {
            {
                let mut state = kernel.state.borrow_mut();
                state.search = Search::new(&self.limits);
                state.guide = Some(Box::new(Guide::new(script)));
            }
            let known = kernel.state.borrow().spins.known();
            self.worker.take_failure();
            let x = execution(&kernel, self.worker, self.watch);
            let end = to_its_end(&x, &kernel, self.scenario, || self.end(&x, &kernel));
            // The rounds in which it is found out what a hint means are recorded: they are not what is shown.
            let found_out = kernel.state.borrow().spins.known() > known;
            let done = end.filter(|_| !found_out).map(|mut ended| {
                let seen = look(&mut ended, &x, &kernel.state.borrow());
                (ended, seen)
            });
            if let Some(done) = done {
                return done;
            }
        }
    }

    /// None: the same script is to be followed again, for it has been found out what a hint means.
    fn end(&self, x: &Execution, kernel: &ExplorerKernel) -> Option<Ended> {
        let misfit = kernel
            .state
            .borrow_mut()
            .guide
            .as_mut()
            .and_then(|guide| guide.misfit.take());
        if let Some(misfit) = misfit {
            let at = place(x, kernel, &misfit);
            x.abandon();
            return Some(Ended::Misfit(at, misfit));
        }
        Some(match judge(x, kernel) {
            End::Again => return None,
            End::Broken(why) => Ended::Broken(why),
            End::Failed => match self.worker.take_failure() {
                Some(failure) if kernel.state.borrow_mut().search.has_sc_order() => {
                    Ended::Failed(failure)
                }
                Some(_) => {
                    let why = "its SeqCst operations can no longer be in one order";
                    Ended::Misfit(String::new(), Misfit::impossible_at_all(why))
                }
                None => Ended::Passed,
            },
            End::Complete | End::Blocked | End::Endless | End::OutOfTimeouts => {
                let state = kernel.state.borrow();
                if state.guide.as_ref().is_none_or(|guide| guide.is_over()) {
                    Ended::Passed
                } else {
                    let why = "it ends before the execution did";
                    Ended::Misfit(String::new(), Misfit::changed(None, why))
                }
            }
        })
    }
}

/// What the thread whose turn it was asks for.
fn place(x: &Execution, kernel: &ExplorerKernel, misfit: &Misfit) -> String {
    let state = x.state();
    let Some(thread) = misfit.thread else {
        return String::new();
    };
    let members = &kernel.state.borrow().members;
    let Some(member) = members.get(thread as usize).filter(|member| member.lives) else {
        return String::new();
    };
    let who = explain::thread_name(&state, member.id);
    match state.threads[member.id].pending {
        Some(pending) => format!(
            "`{}` by {who} at {}:{}",
            pending.operation,
            pending.place.file(),
            pending.place.line()
        ),
        None => format!("the end of {who}"),
    }
}
