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
//! | `graph` | events, reads-from, modification order; growing |
//! | `cut` | copying and cutting graphs |
//! | `derive` | what an event comes to know from those before it |
//! | `updates` | what read-modify-writes write; locks and condvars by them; what else an event could be |
//! | `consistency` | whether SeqCst events have an order |
//! | `revisit` | the search: what else could have been |
//! | `backward` | which earlier reads a new write revisits |
//! | `answer` | what a thread is given, or why it is given nothing |
//! | `run` | one run of the program along a graph |
//! | `members` | its threads and objects |
//! | `ending` | whether a run in which nobody can go on is a deadlock |
//! | `spin` | loops that wait |
//! | `mix` | hashes that cost little |
//! | `names` | threads and locations that are the same in every run |
//! | `waiters` | the lists of condvars |
//! | `scheduler` | coroutines: who asks, whose turn it is, probing |
//! | `searcher` | run after run, by one worker |
//! | `workers`, `parcel` | several workers at one search, and what they give each other |
//! | `shard` | parts of a search that are done apart |
//! | `execute` | one run to its end |
//! | `counterexample/` | which failing execution is shown, in which order, and why it could happen; following one again |
//! | `sampler/` | drawing executions at random |
//! | `kernel`, `parts` | the vocabulary's operations as events |

mod answer;
mod backward;
mod consistency;
mod counterexample;
mod cut;
mod derive;
mod ending;
mod event;
mod execute;
mod graph;
mod kernel;
mod members;
mod mix;
mod names;
mod parcel;
mod parts;
mod revisit;
mod run;
mod sampler;
mod scheduler;
mod searcher;
mod shard;
pub(crate) mod spin;
mod updates;
mod view;
mod waiters;
mod workers;

pub(crate) use counterexample::Script;
pub(crate) use sampler::sample;

use std::sync::Arc;
use std::time::Instant;

use super::checker::{Limits, Scenario};
use super::report::{Exploration, Incomplete};
use super::watch::Watch;
use super::worker::Worker;
use counterexample::{Ended, Stage, Study};
use searcher::{Ran, Searcher};

/// Executions tried after the first failing one, in search of one with fewer context switches.
const REFINE: u64 = 500;
/// Failing executions among which the one with the fewest context switches is chosen.
const MOST_FAILURES: u32 = 50;

/// Explores the scenario, with as many workers as the limits say.
pub(crate) fn explore(
    scenario: &Scenario,
    limits: &Limits,
    worker: &Arc<Worker>,
    watch: &Watch,
) -> Exploration {
    let start = Instant::now();
    // A search that ends with its first failure, or shows its executions, does so in an order; so do parts of a search
    // that are told apart by their order.
    let shared = limits.workers > 1
        && limits.max_executions.is_none()
        && limits.shard.is_none()
        && watch.on_complete.is_none();
    if !shared {
        return alone(scenario, limits, worker, watch, start, None);
    }
    let mut fails = false;
    let out = alone(scenario, limits, worker, watch, start, Some(&mut fails));
    if fails {
        // What is shown of a failure must not depend on who finds one first.
        return alone(scenario, limits, worker, watch, start, None);
    }
    out
}

/// Explores with one worker; with `fails`, goes on with all of them if the search is long, until one has ended it or
/// found that something fails.
fn alone(
    scenario: &Scenario,
    limits: &Limits,
    worker: &Arc<Worker>,
    watch: &Watch,
    start: Instant,
    fails: Option<&mut bool>,
) -> Exploration {
    let mut stage = Stage::new(&**scenario, limits, worker, watch);
    let mut study = Study::new();
    let (mut failing, mut first_failure) = (0, 0);
    let mut searcher = Searcher::new(&**scenario, limits, worker, watch, start);
    let mut parts = None;
    loop {
        let so_far = searcher.out.executions + searcher.out.blocked;
        if limits.max_executions.is_some_and(|most| so_far >= most) {
            searcher.cut = limits.max_executions.map(Incomplete::MaxExecutions);
            break;
        }
        if searcher.looks_up() {
            if searcher.is_late() {
                break;
            }
            let (out, done) = (&searcher.out, searcher.done());
            watch.progress(start, out.executions, out.blocked, Some(done));
        }
        match searcher.run() {
            Ran::Passed => {}
            Ran::Again => continue,
            Ran::Broken => break,
            Ran::Failed => {
                failing += 1;
                if failing == 1 {
                    first_failure = searcher.runs;
                }
            }
        }
        if let Some(failure) = worker.take_failure() {
            if limits.first_failure {
                searcher.out.failure = Some(failure);
                break;
            }
            let kernel = &searcher.kernel;
            study.consider(&mut stage, &kernel.state.borrow(), kernel.spurious, failure);
        }
        if failing >= MOST_FAILURES || failing > 0 && searcher.runs >= first_failure + REFINE {
            break;
        }
        if let Some(why) = searcher.kernel.state.borrow().search.no_shard() {
            searcher.cut = Some(Incomplete::Engine(why));
            break;
        }
        if !searcher.next() {
            parts = searcher.kernel.state.borrow().search.parts();
            break;
        }
        if fails.is_some() && failing == 0 && searcher.runs >= limits.alone {
            let failed = workers::go_on(&mut searcher, scenario);
            if let Some(fails) = fails {
                *fails = failed;
            }
            break;
        }
    }
    let done = searcher.done();
    let Searcher { mut out, cut, .. } = searcher;
    let executions = (out.executions + out.blocked) as f64;
    out.estimate = (cut.is_some() && done > 0.0).then(|| executions / done);
    out.failure = out.failure.or_else(|| study.conclude(&mut stage));
    out.incomplete = cut;
    out.parts = parts;
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
    let (ended, threads) = counterexample::replay(&mut stage, script);
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
