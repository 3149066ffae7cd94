//! The explorer: every execution that RC11 allows, each once.
//!
//! An execution is a graph: the operations of each thread in program order, for each read the write that it
//! reads, for each location the order of its writes. Two schedules with the same graph are the same execution, so
//! the search is over graphs: it runs the program along a graph, and whenever an operation could have been
//! otherwise, leaves the other graph for later. Nothing else is remembered; memory is linear in the longest
//! execution.
//!
//! Kokologiannakis, Marmanis, Gladstein, Vafeiadis: Truly Stateless, Optimal Dynamic Partial Order Reduction,
//! POPL 2022. Lahav, Vafeiadis, Kang, Hur, Dreyer: Repairing Sequential Consistency in C/C++11, PLDI 2017, with
//! the release sequences of C++20.
//!
//! | File | Its idea |
//! |---|---|
//! | `event` | what an event is |
//! | `view` | what an event knows: vector clocks |
//! | `graph` | events, reads-from, modification order; growing and cutting |
//! | `derive` | what an event comes to know from those before it |
//! | `updates` | what read-modify-writes write; locks and condvars by them; what else an event could be |
//! | `consistency` | whether SeqCst events have an order |
//! | `revisit` | the search: what else could have been |
//! | `backward` | which earlier reads a new write revisits |
//! | `run` | one run of the program along a graph |
//! | `members` | its threads and objects |
//! | `because`, `shown` | why a failing execution could happen, in the steps that are shown |
//! | `ending` | whether a run in which nobody can go on is a deadlock |
//! | `spin` | loops that wait |
//! | `mix` | hashes that cost little |
//! | `guide`, `script`, `rehearse` | following a given execution, and its short form |
//! | `names` | threads and locations that are the same in every run |
//! | `plan`, `order` | the order of steps with the fewest context switches |
//! | `study` | which failing execution is shown |
//! | `waiters` | the lists of condvars |
//! | `scheduler` | coroutines: who asks, whose turn it is, probing |
//! | `kernel`, `parts` | the vocabulary's operations as events |

mod backward;
mod because;
mod consistency;
mod derive;
mod ending;
mod event;
mod graph;
mod guide;
mod kernel;
mod members;
mod mix;
mod names;
mod order;
mod parts;
mod plan;
mod rehearse;
mod revisit;
mod run;
mod scheduler;
mod script;
mod shown;
pub(crate) mod spin;
mod study;
mod updates;
mod view;
mod waiters;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::checker::Limits;
use super::deadlock;
use super::execution::{Execution, State};
use super::explain;
use super::failure::FailureKind;
use super::report::{Exploration, Incomplete};
use super::watch::Watch;
use super::worker::Worker;
use ending::Ending;
use event::Kind;
use graph::Label;
use rehearse::{Ended, Stage};
use scheduler::ExplorerKernel;
pub(crate) use script::Script;
use spin::Decision;
use study::Study;

/// Executions tried after the first failing one, in search of one with fewer context switches.
const REFINE: u64 = 500;
/// Failing executions among which the one with the fewest context switches is chosen.
const MOST_FAILURES: u32 = 50;

/// How a run ended.
enum End {
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

/// Explores the scenario. `complete` is called after each complete execution.
pub(crate) fn explore(
    scenario: &(dyn Fn() + Send + Sync),
    limits: &Limits,
    worker: &Arc<Worker>,
    watch: &Watch,
) -> Exploration {
    let start = Instant::now();
    let kernel = Rc::new(ExplorerKernel::new(limits));
    let mut stage = Stage::new(scenario, limits, worker, watch);
    let mut study = Study::new();
    let (mut failing, mut first_failure) = (0, 0);
    let mut out = Exploration::default();
    let mut cut = None;
    let mut runs: u64 = 0;
    let mut memory = State::default();
    loop {
        if limits
            .max_executions
            .is_some_and(|most| out.executions + out.blocked >= most)
        {
            cut = limits.max_executions.map(Incomplete::MaxExecutions);
            break;
        }
        // The clock is asked rarely: it costs more than a small execution's step.
        if runs.is_multiple_of(16) {
            if limits
                .max_duration
                .is_some_and(|most| start.elapsed() >= most)
            {
                cut = limits.max_duration.map(Incomplete::MaxDuration);
                break;
            }
            let done = kernel.state.borrow().search.done();
            watch.progress(start, out.executions, out.blocked, Some(done));
        }
        runs += 1;
        worker.next_execution();
        let end = run(
            scenario,
            limits,
            worker,
            watch,
            &kernel,
            &mut out,
            &mut memory,
        );
        match end {
            End::Complete => out.executions += 1,
            End::Blocked => out.blocked += 1,
            End::Failed => {
                failing += 1;
                if failing == 1 {
                    first_failure = runs;
                }
                out.executions += 1;
            }
            End::Again => continue,
            End::Endless => {
                out.blocked += 1;
                cut.get_or_insert(Incomplete::Endless {
                    operations: limits.max_operations,
                });
            }
            End::Broken(why) => {
                cut = Some(Incomplete::Engine(why));
                break;
            }
            End::OutOfTimeouts => {
                out.blocked += 1;
                cut.get_or_insert(Incomplete::Timeouts(limits.timeouts));
            }
        }
        if let Some(failure) = worker.take_failure() {
            if limits.first_failure {
                out.failure = Some(failure);
                break;
            }
            study.consider(&mut stage, &kernel.state.borrow(), kernel.spurious, failure);
        }
        if failing >= MOST_FAILURES || failing > 0 && runs >= first_failure + REFINE {
            break;
        }
        let mut state = kernel.state.borrow_mut();
        state.search.finish();
        if !state.search.next() {
            break;
        }
    }
    out.estimate = {
        let done = kernel.state.borrow().search.done();
        (cut.is_some() && done > 0.0).then(|| (out.executions + out.blocked) as f64 / done)
    };
    out.failure = out.failure.or_else(|| study.conclude(&mut stage));
    out.incomplete = cut;
    out
}

/// Follows a script, once.
pub(crate) fn replay(
    scenario: &(dyn Fn() + Send + Sync),
    script: Script,
    limits: &Limits,
    worker: &Arc<Worker>,
    watch: &Watch,
) -> Exploration {
    worker.next_execution();
    let mut stage = Stage::new(scenario, limits, worker, watch);
    let (ended, threads) = study::replay(&mut stage, script);
    let (failure, incomplete) = match ended {
        Ended::Failed(failure) => (Some(failure), None),
        Ended::Passed => (None, Some(Incomplete::Replayed)),
        Ended::Misfit(at, misfit) => (
            None,
            Some(Incomplete::Misfit {
                why: misfit.says(&at),
            }),
        ),
        Ended::Broken(why) => (None, Some(Incomplete::Engine(why))),
    };
    Exploration {
        failure,
        incomplete,
        executions: 1,
        concurrent: threads > 1,
        ..Exploration::default()
    }
}

/// Runs the program along the present graph, and on to its end.
fn run(
    scenario: &(dyn Fn() + Send + Sync),
    limits: &Limits,
    worker: &Arc<Worker>,
    watch: &Watch,
    kernel: &Rc<ExplorerKernel>,
    out: &mut Exploration,
    memory: &mut State,
) -> End {
    let as_kernel: Rc<dyn super::kernel::Kernel> = Rc::<ExplorerKernel>::clone(kernel);
    let mut x = Execution::with_memory(
        as_kernel,
        Arc::clone(worker),
        limits.spurious_wakeups,
        limits.weak_failures,
        core::mem::take(memory),
    );
    x.use_sites(&watch.sites);
    let end = x.enter(|| {
        // SAFETY: the threads are driven to their ends or unwound below, while `scenario` and `x` are borrowed.
        unsafe { kernel.begin(&x, scenario) };
        kernel.drive(&x);
        if !x.torn_down() && kernel.state.borrow().all_finished() && x.has_static_values() {
            // SAFETY: as above.
            unsafe { kernel.begin_end(&x) };
            kernel.drive(&x);
        }
        let end = judge(&x, kernel);
        if x.torn_down() {
            kernel.crew.unwind(&x);
        }
        kernel.crew.clear();
        end
    });
    out.concurrent |= x.state().threads.len() > 1;
    if matches!(end, End::Complete) {
        watch.complete(&x);
    }
    *memory = x.into_memory();
    end
}

fn judge(x: &Execution, kernel: &ExplorerKernel) -> End {
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
            x.fail_with(deadlock::deadlock(x));
            End::Failed
        }
        Ending::Livelock => {
            let mut failure = deadlock::deadlock(x);
            if failure.kind == FailureKind::Deadlock {
                failure.kind = FailureKind::Livelock;
                failure.message = format!("livelock: {}, and nothing can change", failure.message);
            }
            x.fail_with(failure);
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
