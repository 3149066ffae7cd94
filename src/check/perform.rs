//! A check from its beginning to its report: on an OS thread of its own, under the engine that it asks for.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::checker::{Checker, Engine, Limits, Scenario};
use super::execution;
use super::failure::{Failure, FailureKind};
use super::hook;
use super::replay::ReplayToken;
use super::report::{Exploration, Incomplete, Report, Semantics, Shard, Verdict};
use super::sites::Sites;
use super::watch::{OnComplete, Watch};
use super::worker::{Ended, MOST_LOST, Worker, lost_threads};

/// What is asked of an engine.
pub(super) enum Task {
    Search(Engine),
    Replay(ReplayToken),
}

impl Checker {
    pub(super) fn perform(
        &self,
        scenario: &Scenario,
        task: &Task,
        on_complete: Option<OnComplete>,
    ) -> Report {
        if let Some(outer) = execution::current() {
            outer.fail(
                FailureKind::Misuse,
                "a check was started inside a check; call the inner scenario directly instead"
                    .to_owned(),
                None,
            );
            outer.unwind_or_dummy();
        }
        let start = Instant::now();
        if lost_threads() >= MOST_LOST {
            let why = format!(
                "the checks of this process have left {MOST_LOST} threads behind that can never end; run the rest in another process"
            );
            return self.report(Exploration::cut(Incomplete::Lost { why }, 0), task, start);
        }
        hook::install();
        crate::sys::overflow::install();
        crate::sys::abort::install();
        let worker = Arc::new(Worker::new());
        let script = match task {
            Task::Search(engine) => Err(*engine),
            Task::Replay(token) => Ok(token.script.clone()),
        };
        let scenario = Arc::clone(scenario);
        let limits = self.limits.clone();
        let inner = Arc::clone(&worker);
        let instead = self.instead.clone();
        let on_progress = self.on_progress.clone();
        let ended = worker.run(self.stall, move || {
            std::panic::catch_unwind(AssertUnwindSafe(|| {
                let watch = Watch {
                    sites: Rc::new(Sites::new(&instead)),
                    orders: Rc::default(),
                    on_progress,
                    on_complete,
                    told: Cell::new(None),
                };
                let mut exploration = match script {
                    Err(engine) => explore(engine, &scenario, &limits, &inner, &watch),
                    Ok(script) => {
                        super::explorer::replay(&*scenario, script, &limits, &inner, &watch)
                    }
                };
                exploration.sites = watch.sites.list();
                exploration.lock_order = watch.orders.take();
                exploration
            }))
            .map_err(|payload| hook::message(&*payload))
        });
        let executions = worker.executions();
        let after = |failure: Option<Box<Failure>>, why: Incomplete| Exploration {
            failure,
            ..Exploration::cut(why, executions)
        };
        let exploration = match ended {
            Ok(Ended::Returned(Ok(exploration))) => exploration,
            Ok(Ended::Returned(Err(message))) => after(None, Incomplete::Engine(message)),
            Ok(Ended::Lost { failure, why }) => after(failure, Incomplete::Lost { why }),
            Ok(Ended::Stalled { failure, last }) => after(
                failure,
                Incomplete::Stalled {
                    seconds: self.stall.as_secs(),
                    last,
                },
            ),
            Err(error) => after(None, Incomplete::NoThread(error.to_string())),
        };
        self.report(exploration, task, start)
    }

    fn report(&self, exploration: Exploration, task: &Task, start: Instant) -> Report {
        let Exploration {
            failure,
            incomplete,
            executions,
            blocked,
            estimate,
            concurrent,
            preemptions,
            sites,
            lock_order,
            sampled,
            parts,
        } = exploration;
        let engine = match task {
            Task::Search(engine) => *engine,
            // The sampler's executions are the explorer's.
            Task::Replay(_) => Engine::Explorer,
        };
        let shard = self.limits.shard.map(|(index, of)| Shard {
            index: index + 1,
            of,
            parts: parts.unwrap_or(0),
        });
        let verdict = match (&failure, incomplete) {
            (Some(_), _) => Verdict::Failed,
            // One execution shows nothing of the others.
            (None, None) if matches!(task, Task::Replay(_)) => {
                Verdict::Incomplete(Incomplete::Replayed)
            }
            (None, Some(why)) => Verdict::Incomplete(why),
            (None, None) => match shard {
                Some(Shard { index, of, .. }) => {
                    Verdict::Incomplete(Incomplete::Shard { index, of })
                }
                None => Verdict::Verified,
            },
        };
        Report {
            verdict,
            failure: failure.map(|failure| *failure),
            executions,
            blocked,
            estimate,
            sites,
            lock_order,
            sampled,
            shard,
            elapsed: start.elapsed(),
            semantics: Semantics::of(engine, &self.limits),
            replayed: matches!(task, Task::Replay(_)),
            concurrent,
            preemptions,
            lost_threads: lost_threads(),
        }
    }
}

fn explore(
    engine: Engine,
    scenario: &Scenario,
    limits: &Limits,
    worker: &Arc<Worker>,
    watch: &Watch,
) -> Exploration {
    if limits.shard.is_some() && engine != Engine::Explorer {
        let why = format!(
            "{} has no shards; search without `shard`, or with the explorer",
            engine.name()
        );
        return Exploration::cut(Incomplete::Engine(why), 0);
    }
    match engine {
        Engine::Explorer => super::explorer::explore(scenario, limits, worker, watch),
        Engine::Sampler { seed, executions } => super::explorer::sample(&**scenario, seed, executions, limits, worker, watch),
        #[cfg(feature = "loom")]
        Engine::Loom => super::loom::explore(&**scenario, limits, worker, watch),
        #[cfg(not(feature = "loom"))]
        Engine::Loom => Exploration::cut(
            Incomplete::Engine(
                "this build has no loom; add `features = [\"loom\"]` to the dependency on racecourse".to_owned(),
            ),
            0,
        ),
    }
}
