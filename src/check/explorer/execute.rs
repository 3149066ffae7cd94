//! One execution: the program run along the present graph, and on to its end.

use std::rc::Rc;
use std::sync::Arc;

use super::ending::Ending;
use super::event::Kind;
use super::graph::Label;
use super::scheduler::ExplorerKernel;
use super::spin::Decision;
use crate::check::deadlock::{deadlock, livelock};
use crate::check::execution::Execution;
use crate::check::explain;
use crate::check::kernel::Kernel;
use crate::check::report::Exploration;
use crate::check::watch::Watch;
use crate::check::worker::Worker;

/// How a run ended.
pub(super) enum End {
    Complete,
    /// Somebody waits for what is explored elsewhere.
    Blocked,
    Failed,
    /// The same graph is to be run again: it has been found out what a hint means.
    Again,
    /// Too many operations.
    Endless,
    OutOfTimeouts,
    /// The engine itself failed.
    Broken(String),
}

/// An execution to run, of a search or a walk, or along a script.
pub(super) fn execution(
    kernel: &Rc<ExplorerKernel>,
    worker: &Arc<Worker>,
    watch: &Watch,
) -> Execution {
    let as_kernel: Rc<dyn Kernel> = Rc::<ExplorerKernel>::clone(kernel);
    let mut x = Execution::new(as_kernel, Arc::clone(worker));
    x.use_sites(&watch.sites);
    x
}

/// Runs the program along the present graph, and on to its end.
pub(super) fn run(
    scenario: &(dyn Fn() + Send + Sync),
    watch: &Watch,
    kernel: &ExplorerKernel,
    out: &mut Exploration,
    x: &mut Execution,
) -> End {
    let end = to_its_end(x, kernel, scenario, || judge(x, kernel));
    out.concurrent |= x.state().threads.len() > 1;
    if matches!(end, End::Complete) {
        watch.complete(x);
    }
    x.renew();
    end
}

/// Runs all threads of the execution, asks how it ended, and unwinds what is left of them.
pub(super) fn to_its_end<T>(
    x: &Execution,
    kernel: &ExplorerKernel,
    scenario: &(dyn Fn() + Send + Sync),
    how: impl FnOnce() -> T,
) -> T {
    x.enter(|| {
        // SAFETY: the threads are driven to their ends or unwound below, while `scenario` and `x` are borrowed.
        unsafe { kernel.begin(x, scenario) };
        kernel.drive(x);
        if !x.torn_down() && kernel.state.borrow().all_finished() && x.has_static_values() {
            // SAFETY: as above.
            unsafe { kernel.begin_end(x) };
            kernel.drive(x);
        }
        let end = how();
        if x.torn_down() {
            kernel.crew.unwind(x);
        }
        kernel.crew.clear();
        end
    })
}

pub(super) fn judge(x: &Execution, kernel: &ExplorerKernel) -> End {
    if let Some(why) = kernel.broken.take() {
        return End::Broken(why);
    }
    if kernel.endless.get() {
        return End::Endless;
    }
    if kernel.dropped.get() {
        return End::Blocked;
    }
    let mut state = kernel.state.borrow_mut();
    if let Some(probe) = state.probe.take()
        && probe.failed
    {
        let thread = probe.thread;
        let past = state
            .search
            .graph
            .last(thread)
            .map_or(0, |event| event.hash);
        let decision = probe.after_failure();
        state.spins.decide(past, decision);
        if decision == Decision::Passes {
            state.search.graph.push(thread, Label::of(Kind::Pass));
        }
        x.abandon();
        return End::Again;
    }
    if x.torn_down() {
        return End::Failed;
    }
    if state.all_finished() {
        drop(state);
        return match explain::leak(x) {
            Some(leak) => {
                x.fail_with(leak);
                End::Failed
            }
            None => End::Complete,
        };
    }
    let ending = state.is_really_stuck();
    drop(state);
    match ending {
        Ending::Deadlock => {
            x.fail_with(deadlock(x));
            End::Failed
        }
        Ending::Livelock => {
            x.fail_with(livelock(x));
            End::Failed
        }
        Ending::Blocked => {
            x.abandon();
            End::Blocked
        }
        Ending::OutOfTimeouts => {
            x.abandon();
            End::OutOfTimeouts
        }
    }
}
