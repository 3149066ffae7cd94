//! The checker: which engine, how far, on which thread.

use core::sync::atomic::Ordering;
use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::execution;
use super::failure::Failure;
use super::hook;
use super::report::{Exploration, Incomplete, Report, Semantics, Verdict};
use super::sites::{Site, Sites};
use super::watch::{OnComplete, OnProgress, Progress, Watch};
use super::worker::{Ended, MOST_LOST, Worker, lost_threads};

/// Which engine explores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Engine {
    /// Our own: every execution that the memory model allows, each once, with any number of threads.
    Explorer,
    /// [loom](https://docs.rs/loom): permutes schedules and stale loads, exhaustively. At most five
    /// threads, main included. Needs the feature `loom`.
    Loom,
    /// Random executions of those that the explorer explores, stale reads included: for what is too large to
    /// exhaust. Finds bugs and never excludes one, so that its verdict is never [`Verdict::Verified`].
    /// [`Report::sampled`] says what was covered.
    Sampler {
        /// The same seed gives the same executions.
        seed: u64,
        /// How many to draw.
        executions: u64,
    },
}

impl Engine {
    /// A sampler with a seed of 0 and ten thousand executions.
    pub const SAMPLER: Self = Self::Sampler {
        seed: 0,
        executions: 10_000,
    };

    /// `explorer`, `loom` or `sampler`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Explorer => "explorer",
            Self::Loom => "loom",
            Self::Sampler { .. } => "sampler",
        }
    }
}

impl Default for Engine {
    /// The explorer.
    fn default() -> Self {
        Self::Explorer
    }
}

/// What a search may cost.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) max_executions: Option<u64>,
    pub(crate) max_duration: Option<Duration>,
    pub(crate) max_operations: u64,
    pub(crate) spurious_wakeups: u32,
    pub(crate) weak_failures: u32,
    pub(crate) timeouts: u32,
    /// Whether the first failure will do, however many preemptions it has.
    pub(crate) first_failure: bool,
    /// The sampler's.
    pub(crate) depth: u32,
}

/// Configures a check, and runs it.
///
/// ```
/// use racecourse::check::{Checker, Verdict};
/// use racecourse::sync::atomic::{AtomicU32, Ordering};
/// use racecourse::thread;
/// use std::sync::Arc;
///
/// let report = Checker::new().run(|| {
///     let counter = Arc::new(AtomicU32::new(0));
///     let other = Arc::clone(&counter);
///     let thread = thread::spawn(move || other.fetch_add(1, Ordering::Relaxed));
///     counter.fetch_add(1, Ordering::Relaxed);
///     thread.join().unwrap();
///     assert_eq!(counter.load(Ordering::Relaxed), 2);
/// });
/// assert!(matches!(report.verdict(), Verdict::Verified), "{report}");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a checker does nothing until `run`"]
pub struct Checker {
    engine: Engine,
    limits: Limits,
    stall: Duration,
    instead: Vec<(Site, Ordering)>,
    on_progress: Option<OnProgress>,
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}

impl Checker {
    /// The default engine, no bounds; one spurious wakeup, one weak failure and two timeouts in each execution.
    pub fn new() -> Self {
        Self {
            engine: Engine::default(),
            limits: Limits {
                max_executions: None,
                max_duration: None,
                max_operations: 20_000,
                spurious_wakeups: 1,
                weak_failures: 1,
                timeouts: 2,
                first_failure: false,
                depth: 3,
            },
            stall: Duration::from_secs(10),
            instead: Vec::new(),
            on_progress: None,
        }
    }

    /// Chooses the engine.
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// Ends the search after so many executions; the verdict is then [`Verdict::Incomplete`].
    pub fn max_executions(mut self, executions: u64) -> Self {
        self.limits.max_executions = Some(executions);
        self
    }

    /// Ends the search after this time; the verdict is then [`Verdict::Incomplete`].
    pub fn max_duration(mut self, duration: Duration) -> Self {
        self.limits.max_duration = Some(duration);
        self
    }

    /// How many waits of one execution may end without a notification. Engines that do not explore
    /// spurious wakeups say so in [`Report::semantics`].
    pub fn spurious_wakeups(mut self, budget: u32) -> Self {
        self.limits.spurious_wakeups = budget;
        self
    }

    /// How many weak compare-exchanges of one execution may fail although the value matches. Engines that
    /// do not explore them say so in [`Report::semantics`].
    pub fn weak_failures(mut self, budget: u32) -> Self {
        self.limits.weak_failures = budget;
        self
    }

    /// How many waits of one execution may end by their timeouts. If one of them would have to end so once
    /// more, the verdict is [`Verdict::Incomplete`].
    pub fn timeouts(mut self, budget: u32) -> Self {
        self.limits.timeouts = budget;
        self
    }

    /// How deep the bugs are that the sampler looks for (3 if not set; at least 1): the number of steps that must come
    /// in a certain order for one to show. Most need one or two. See [`Sampled`](super::Sampled).
    ///
    /// ```
    /// use racecourse::check::{Checker, Engine};
    /// use racecourse::sync::Mutex;
    /// use racecourse::thread;
    /// use std::sync::Arc;
    ///
    /// let engine = Engine::Sampler { seed: 1, executions: 500 };
    /// let report = Checker::new().engine(engine).depth(2).run(|| {
    ///     let total = Arc::new(Mutex::new(0));
    ///     let add = |total: &Mutex<u32>| {
    ///         let seen = *total.lock().unwrap();
    ///         *total.lock().unwrap() = seen + 1; // the lock was free in between
    ///     };
    ///     let theirs = Arc::clone(&total);
    ///     let other = thread::spawn(move || add(&theirs));
    ///     add(&total);
    ///     other.join().unwrap();
    ///     assert_eq!(*total.lock().unwrap(), 2);
    /// });
    /// assert!(report.failure().is_some());
    /// ```
    pub fn depth(mut self, depth: u32) -> Self {
        self.limits.depth = depth.max(1);
        self
    }

    /// Runs as if the operation at `site` had this ordering. [`Report::sites`] lists the sites of a scenario.
    ///
    /// # Panics
    /// If such an operation cannot have this ordering; see [`Site::possible`].
    pub fn with_ordering(mut self, site: &Site, ordering: Ordering) -> Self {
        assert!(
            site.possible().contains(&ordering),
            "a {} cannot be {ordering:?}; it can be one of {:?}",
            site.operation,
            site.possible()
        );
        self.instead.retain(|(other, _)| other != site);
        self.instead.push((site.clone(), ordering));
        self
    }

    /// Tells `f` about ten times a second how far the search is, from the thread that runs it. loom is not
    /// asked.
    pub fn on_progress(mut self, f: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(OnProgress(Arc::new(f)));
        self
    }

    /// How long a scenario may go without an operation of the vocabulary before the check is given up
    /// (10 seconds if not set): it then waits in something that no engine sees, or computes for ever.
    pub fn stall_timeout(mut self, duration: Duration) -> Self {
        self.stall = duration;
        self
    }

    /// Ends the search also after this time, if it is given.
    pub(crate) fn within(mut self, left: Option<Duration>) -> Self {
        let bounds = [self.limits.max_duration, left].into_iter().flatten();
        self.limits.max_duration = bounds.min();
        self
    }

    /// Ends the search at the first failure: it is not to be shown.
    pub(crate) fn first_failure(mut self) -> Self {
        self.limits.first_failure = true;
        self
    }

    /// Runs `scenario` under every execution that the engine explores, on an OS thread of its own.
    ///
    /// The scenario is run many times. It must make its own objects, behave the same whenever the same
    /// schedule is followed, and use the vocabulary ([`sync`](crate::sync), [`thread`](crate::thread),
    /// [`cell`](crate::cell), [`parking_lot`](crate::parking_lot)) for whatever blocks, synchronises or
    /// starts a thread.
    ///
    /// A failure is reported, never raised. A check inside a check is refused: it fails the outer one
    /// with [`Misuse`](super::FailureKind::Misuse).
    pub fn run(&self, scenario: impl Fn() + Send + Sync + 'static) -> Report {
        self.run_and(scenario, None)
    }

    /// [`run`](Self::run), and shows each complete execution.
    pub(crate) fn run_and(
        &self,
        scenario: impl Fn() + Send + Sync + 'static,
        on_complete: Option<OnComplete>,
    ) -> Report {
        if let Some(outer) = execution::current() {
            outer.fail(
                super::FailureKind::Misuse,
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
            return self.report(Exploration::cut(Incomplete::Lost { why }, 0), start);
        }
        hook::install();
        crate::sys::overflow::install();
        crate::sys::abort::install();
        let worker = Arc::new(Worker::new());
        let engine = self.engine;
        let limits = self.limits.clone();
        let inner = Arc::clone(&worker);
        let instead = self.instead.clone();
        let on_progress = self.on_progress.clone();
        let ended = worker.run(self.stall, move || {
            std::panic::catch_unwind(AssertUnwindSafe(|| {
                let watch = Watch {
                    sites: Rc::new(Sites::new(&instead)),
                    on_progress,
                    on_complete,
                    told: Cell::new(None),
                };
                let mut exploration = explore(engine, &scenario, &limits, &inner, &watch);
                exploration.sites = watch.sites.list();
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
        self.report(exploration, start)
    }

    fn report(&self, exploration: Exploration, start: Instant) -> Report {
        let Exploration {
            failure,
            incomplete,
            executions,
            blocked,
            estimate,
            concurrent,
            preemptions,
            sites,
            sampled,
        } = exploration;
        let verdict = match (&failure, incomplete) {
            (Some(_), _) => Verdict::Failed,
            (None, Some(why)) => Verdict::Incomplete(why),
            (None, None) => Verdict::Verified,
        };
        Report {
            verdict,
            failure: failure.map(|failure| *failure),
            executions,
            blocked,
            estimate,
            sites,
            elapsed: start.elapsed(),
            semantics: Semantics::of(self.engine, &self.limits),
            concurrent,
            preemptions,
            sampled,
            lost_threads: lost_threads(),
        }
    }
}

fn explore(
    engine: Engine,
    scenario: &(dyn Fn() + Send + Sync),
    limits: &Limits,
    worker: &Arc<Worker>,
    watch: &Watch,
) -> Exploration {
    match engine {
        Engine::Explorer => super::explorer::explore(scenario, limits, worker, watch),
        Engine::Sampler { seed, executions } => super::explorer::sample(scenario, seed, executions, limits, worker, watch),
        #[cfg(feature = "loom")]
        Engine::Loom => super::loom::explore(scenario, limits, worker, watch),
        #[cfg(not(feature = "loom"))]
        Engine::Loom => Exploration::cut(
            Incomplete::Engine(
                "this build has no loom; add `features = [\"loom\"]` to the dependency on racecourse".to_owned(),
            ),
            0,
        ),
    }
}
