//! The checker: which engine, how far.

use core::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::Duration;

use super::perform::Task;
use super::remedy;
use super::replay::ReplayToken;
use super::report::Report;
use super::sites::Site;
use super::watch::{OnComplete, OnProgress, Progress};

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
    /// exhaust. Finds bugs and never excludes one, so that its verdict is never [`Verdict::Verified`](super::Verdict::Verified).
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

/// A scenario that is run by several checks.
pub(crate) type Scenario = Arc<dyn Fn() + Send + Sync>;

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
    /// What the sampler is to do, in place of drawing it.
    pub(crate) choices: Option<Arc<[u16]>>,
    pub(crate) workers: usize,
    /// Runs that a search has before others help.
    pub(crate) alone: u64,
    /// Which shard, from 0, of how many.
    pub(crate) shard: Option<(u32, u32)>,
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
    pub(super) limits: Limits,
    pub(super) stall: Duration,
    pub(super) instead: Vec<(Site, Ordering)>,
    pub(super) on_progress: Option<OnProgress>,
    explain: bool,
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
                choices: None,
                workers: 1,
                alone: 1_000,
                shard: None,
            },
            stall: Duration::from_secs(10),
            instead: Vec::new(),
            on_progress: None,
            explain: false,
        }
    }

    /// Chooses the engine.
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// Ends the search after so many executions; the verdict is then [`Verdict::Incomplete`](super::Verdict::Incomplete).
    pub fn max_executions(mut self, executions: u64) -> Self {
        self.limits.max_executions = Some(executions);
        self
    }

    /// Ends the search after this time; the verdict is then [`Verdict::Incomplete`](super::Verdict::Incomplete).
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
    /// more, the verdict is [`Verdict::Incomplete`](super::Verdict::Incomplete).
    pub fn timeouts(mut self, budget: u32) -> Self {
        self.limits.timeouts = budget;
        self
    }

    /// How many OS threads search (1 if not set). The explorer's executions, its verdict and its counterexample are
    /// those of one worker.
    ///
    /// Only a search of more than a thousand executions is shared, and if something fails it is searched for once more by one worker, for what is
    /// shown. A search that is cut by [`max_executions`](Self::max_executions), that is a [shard](Self::shard), or that
    /// shows its [outcomes](Self::outcomes) goes by its order, and has one worker. loom and the sampler have one.
    ///
    /// # Panics
    /// If there are to be none.
    ///
    /// ```
    /// use racecourse::check::Checker;
    /// use racecourse::sync::atomic::{AtomicU32, Ordering::Relaxed};
    /// use std::sync::Arc;
    ///
    /// let cores = std::thread::available_parallelism().map_or(1, usize::from);
    /// let report = Checker::new().workers(cores).run(|| {
    ///     let counter = Arc::new(AtomicU32::new(0));
    ///     let threads = [(); 3].map(|()| {
    ///         let counter = Arc::clone(&counter);
    ///         racecourse::thread::spawn(move || {
    ///             for _ in 0..3 {
    ///                 counter.fetch_add(1, Relaxed);
    ///             }
    ///         })
    ///     });
    ///     threads.map(|thread| thread.join().unwrap());
    /// });
    /// // 9! / 3!³, with any number of workers.
    /// assert_eq!(report.executions(), 1680);
    /// ```
    pub fn workers(mut self, workers: usize) -> Self {
        assert!(workers > 0, "a search needs at least one worker");
        self.limits.workers = workers;
        self
    }

    /// For tests: a search is shared after so many runs, however short it is.
    #[doc(hidden)]
    pub fn share_after(mut self, runs: u64) -> Self {
        self.limits.alone = runs;
        self
    }

    /// Searches one of `of` parts, by their numbers from 1: disjoint, and together the whole, each on a machine of its
    /// own if need be. The verdict of a part in which nothing fails is *incomplete*, with
    /// [`Incomplete::Shard`](super::Incomplete::Shard); [`Report::merge`] makes one report of those of all parts.
    ///
    /// Only the explorer has shards; the other engines say that they have none.
    ///
    /// # Panics
    /// If `index` is not between 1 and `of`.
    ///
    /// ```
    /// use racecourse::check::{Checker, Report, Verdict};
    /// use racecourse::sync::atomic::{AtomicU32, Ordering::Relaxed};
    /// use std::sync::Arc;
    ///
    /// fn scenario() {
    ///     let counter = Arc::new(AtomicU32::new(0));
    ///     let threads = [(); 3].map(|()| {
    ///         let counter = Arc::clone(&counter);
    ///         racecourse::thread::spawn(move || counter.fetch_add(1, Relaxed))
    ///     });
    ///     threads.map(|thread| thread.join().unwrap());
    /// }
    ///
    /// let parts = [1, 2].map(|index| Checker::new().shard(index, 2).run(scenario));
    /// let whole = Report::merge(parts).unwrap();
    /// assert_eq!(*whole.verdict(), Verdict::Verified);
    /// assert_eq!(whole.executions(), 6);
    /// ```
    pub fn shard(mut self, index: u32, of: u32) -> Self {
        assert!(
            (1..=of).contains(&index),
            "there is no shard {index} of {of}: they are numbered from 1"
        );
        self.limits.shard = Some((index - 1, of));
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

    /// After a failure of the explorer in which orderings can matter, looks for the weakest stronger ordering that
    /// removes it, by checks of their own, and adds what it finds to [`Timeline::explanation`]. It costs up to
    /// twenty thousand executions more, fewer of long ones; not done if not set, and done by [`check`](super::check).
    ///
    /// [`Timeline::explanation`]: super::Timeline::explanation
    ///
    /// ```
    /// use racecourse::cell::UnsafeCell;
    /// use racecourse::check::Checker;
    /// use racecourse::sync::atomic::{AtomicBool, Ordering::*};
    /// use std::sync::Arc;
    ///
    /// struct Mail(UnsafeCell<u32>, AtomicBool);
    /// // SAFETY: none: that is what the check finds.
    /// unsafe impl Sync for Mail {}
    ///
    /// let report = Checker::new().explain(true).run(|| {
    ///     let mail = Arc::new(Mail(UnsafeCell::new(0), AtomicBool::new(false)));
    ///     let theirs = Arc::clone(&mail);
    ///     let writer = racecourse::thread::spawn(move || {
    ///         // SAFETY: a check keeps the threads apart, and reports what races.
    ///         theirs.0.with_mut(|mail| unsafe { *mail = 7 });
    ///         theirs.1.store(true, Relaxed);
    ///     });
    ///     if mail.1.load(Acquire) {
    ///         // SAFETY: as above.
    ///         mail.0.with(|mail| unsafe { *mail });
    ///     }
    ///     writer.join().unwrap();
    /// });
    /// let explanation = &report.failure().unwrap().timeline().explanation;
    /// assert!(explanation.last().unwrap().starts_with("With Release at"), "{report}");
    /// ```
    pub fn explain(mut self, explain: bool) -> Self {
        self.explain = explain;
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

    /// Ends the search at the first failure: it is not to be shown, or its time is.
    #[doc(hidden)]
    pub fn first_failure(mut self) -> Self {
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

    /// Runs one execution, of which `choices` say what happens: whose turn it is, whether a read finds something old, a wait
    /// ends for no reason, and so on. 0 is always the ordinary: the same thread goes on as long as it can, a read finds the latest
    /// write. So are all choices after the end of the list. Any list will do.
    ///
    /// It is made for testers that generate and shrink their input, such as [proptest](https://docs.rs/proptest): a
    /// failing list is shrunk to one with few choices and small ones, which is an execution with few preemptions, together
    /// with whatever other input the test has.
    ///
    /// The verdict is [`Verdict::Failed`](super::Verdict::Failed), or [`Verdict::Incomplete`](super::Verdict::Incomplete) with
    /// [`Steered`](super::Incomplete::Steered). The engine of this checker is of no importance.
    ///
    /// ```
    /// use proptest::prelude::*;
    /// use proptest::test_runner::{TestError, TestRunner};
    /// use racecourse::check::Checker;
    /// use racecourse::sync::atomic::{AtomicU32, Ordering::Relaxed};
    /// use racecourse::thread;
    ///
    /// fn add(total: &AtomicU32, amount: u32) {
    ///     total.store(total.load(Relaxed) + amount, Relaxed); // not in one step
    /// }
    ///
    /// let choices = prop::collection::vec(prop_oneof![3 => Just(0), 1 => 1..8u16], 0..40);
    /// let found = TestRunner::default().run(&(1..100u32, choices), |(amount, choices)| {
    ///     let report = Checker::new().steer(&choices, move || {
    ///         let total = AtomicU32::new(0);
    ///         thread::scope(|s| {
    ///             s.spawn(|| add(&total, amount));
    ///             add(&total, amount);
    ///         });
    ///         assert_eq!(total.into_inner(), 2 * amount);
    ///     });
    ///     prop_assert!(report.failure().is_none(), "{report}");
    ///     Ok(())
    /// });
    /// let Err(TestError::Fail(_, (amount, choices))) = found else { panic!("{found:?}") };
    /// assert_eq!(amount, 1);
    /// assert!(choices.iter().filter(|choice| **choice != 0).count() <= 2, "{choices:?}");
    /// ```
    pub fn steer(&self, choices: &[u16], scenario: impl Fn() + Send + Sync + 'static) -> Report {
        let mut checker = self.clone();
        checker.limits.choices = Some(choices.into());
        checker.limits.max_executions = None;
        checker.engine = Engine::Sampler {
            seed: 0,
            executions: 1,
        };
        checker.run(scenario)
    }

    /// Runs the one execution of a failure that was found earlier, whichever engine this checker has: the token
    /// knows by which it was found. [`with_ordering`](Self::with_ordering) applies.
    ///
    /// The verdict is [`Verdict::Failed`](super::Verdict::Failed), with the same failure, if it still fails; otherwise
    /// [`Verdict::Incomplete`](super::Verdict::Incomplete) with [`Replayed`](super::Incomplete::Replayed), or with
    /// [`Misfit`](super::Incomplete::Misfit) if the scenario has changed since. It is never [`Verdict::Verified`](super::Verdict::Verified).
    pub fn replay(
        &self,
        token: &ReplayToken,
        scenario: impl Fn() + Send + Sync + 'static,
    ) -> Report {
        self.follow(&(Arc::new(scenario) as Scenario), token)
    }

    pub(crate) fn follow(&self, scenario: &Scenario, token: &ReplayToken) -> Report {
        self.perform(scenario, &Task::Replay(token.clone()), None)
    }

    /// For a trial: no failure but the first is of interest.
    pub(crate) fn end_with_first_failure(&mut self, executions: u64) {
        let most = self.limits.max_executions.unwrap_or(u64::MAX);
        self.limits.max_executions = Some(most.min(executions));
        self.limits.first_failure = true;
        self.on_progress = None;
    }

    /// The orderings that are other than the program's.
    pub(crate) fn instead(&self) -> &[(Site, Ordering)] {
        &self.instead
    }

    /// [`run`](Self::run), and shows each complete execution.
    pub(crate) fn run_and(
        &self,
        scenario: impl Fn() + Send + Sync + 'static,
        on_complete: Option<OnComplete>,
    ) -> Report {
        self.search(&(Arc::new(scenario) as Scenario), on_complete)
    }

    pub(crate) fn search(&self, scenario: &Scenario, on_complete: Option<OnComplete>) -> Report {
        let mut report = self.perform(scenario, &Task::Search(self.engine), on_complete);
        if self.explain
            && self.engine == Engine::Explorer
            && let Some(sentence) = remedy::find(self, scenario, &report)
            && let Some(failure) = &mut report.failure
        {
            failure.timeline.explanation.push(sentence);
        }
        report
    }
}
