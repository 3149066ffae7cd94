//! loom as an engine: permutation of schedules and of stale loads, with loom's own reduction.
//!
//! The search goes by preemption bound 0, 1, 2, 3, then unbounded, so that the counterexample shown
//! needs few preemptions. Where loom is known to judge wrongly, the verdict says so instead (`doubt.rs`).

mod atomic;
mod bolt;
mod causality;
mod doubt;
mod gate;
mod kernel;
mod rounds;
mod watch;
mod witness;

use core::mem::ManuallyDrop;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::checker::Limits;
use super::execution::{self, Execution};
use super::explain;
use super::failure::{Failure, FailureKind};
use super::lock_order::Orders;
use super::report::{Exploration, Incomplete};
use super::sites::Sites;
use super::watch::{OnComplete, Watch};
use super::worker::Worker;
use doubt::Doubt;
use kernel::{LoomKernel, Stop};

/// Preemption bounds that are searched before the unbounded search.
const BOUNDS: [usize; 4] = [0, 1, 2, 3];

/// Branches of one execution before loom gives it up; an endless spin ends here.
pub(super) const MOST_BRANCHES: usize = 20_000;

/// What is shared by all executions of a check.
struct Search {
    scenario: *const (dyn Fn() + Send + Sync),
    worker: Arc<Worker>,
    limits: Limits,
    sites: Rc<Sites>,
    orders: Rc<Orders>,
    on_complete: Option<OnComplete>,
    start: Instant,
    statics: Rc<RefCell<Vec<super::kernel::StaticObject>>>,
    running: RefCell<Option<(Rc<Execution>, Rc<LoomKernel>)>>,
    executions: Cell<u64>,
    concurrent: Cell<bool>,
    careful: Cell<bool>,
    doubts: RefCell<BTreeSet<Doubt>>,
    stop: RefCell<Option<Incomplete>>,
}

/// loom wants its closure `Send + Sync`, though it calls it on one OS thread only.
struct Shared(ManuallyDrop<Rc<Search>>);
// SAFETY: created, used and dropped on the worker's OS thread.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

/// Has loom's coroutines install their panic hook and their signal handler now, so that ours come before
/// theirs.
pub(crate) fn prepare() {
    let once = std::thread::Builder::new().spawn(|| {
        let mut builder = loom::model::Builder::new();
        builder.max_permutations = Some(1);
        builder.log = false;
        builder.check(|| {});
    });
    // Refused a thread, or with a broken environment, the check itself will say so.
    let _ = once.map(std::thread::JoinHandle::join);
}

/// Explores the scenario.
pub(crate) fn explore(
    scenario: &(dyn Fn() + Send + Sync),
    limits: &Limits,
    worker: &Arc<Worker>,
    watch: &Watch,
) -> Exploration {
    // SAFETY: only the lifetime changes; the search ends before this function does.
    let scenario: *const (dyn Fn() + Send + Sync) = unsafe {
        core::mem::transmute::<&(dyn Fn() + Send + Sync), &'static (dyn Fn() + Send + Sync)>(
            scenario,
        )
    };
    let search = Rc::new(Search {
        scenario,
        worker: Arc::clone(worker),
        limits: limits.clone(),
        sites: Rc::clone(&watch.sites),
        orders: Rc::clone(&watch.orders),
        on_complete: watch.on_complete.clone(),
        start: Instant::now(),
        statics: Rc::default(),
        running: RefCell::new(None),
        executions: Cell::new(0),
        concurrent: Cell::new(false),
        careful: Cell::new(false),
        doubts: RefCell::default(),
        stop: RefCell::new(None),
    });
    let mut completed = None;
    let mut failure = None;
    for bound in BOUNDS.into_iter().map(Some).chain([None]) {
        let complete = search.run(bound);
        failure = worker.take_failure();
        if failure.is_some() || !complete {
            break;
        }
        completed = bound;
        if !search.concurrent.get() {
            // One thread cannot be preempted.
            break;
        }
    }
    let doubted = search.doubts.borrow_mut().remove(&Doubt::LoadsBeforeStore);
    if doubted && failure.is_none() && search.stop.borrow().is_none() {
        // Once more, with every use of an atomic taken as depending on every other: more executions, and
        // none forgotten.
        search.careful.set(true);
        search.run(None);
        failure = worker.take_failure();
    } else if doubted {
        search.doubts.borrow_mut().insert(Doubt::LoadsBeforeStore);
    }
    search.judge(failure, completed)
}

impl Search {
    /// One search. False if it was cut or found a failure.
    fn run(self: &Rc<Self>, bound: Option<usize>) -> bool {
        loop {
            let mut builder = loom::model::Builder::new();
            // Every field is set: loom's environment variables must not change a verdict.
            builder.max_threads = loom::MAX_THREADS;
            builder.max_branches = MOST_BRANCHES;
            builder.max_permutations = None;
            builder.max_duration = None;
            builder.preemption_bound = bound;
            builder.checkpoint_file = None;
            builder.checkpoint_interval = usize::MAX;
            builder.expect_explicit_explore = false;
            builder.location = false;
            builder.log = false;
            let shared = Shared(ManuallyDrop::new(Rc::clone(self)));
            let ended = std::panic::catch_unwind(AssertUnwindSafe(|| {
                builder.check(move || {
                    let shared = &shared;
                    shared.0.execute();
                });
            }));
            let restart = self.end_execution();
            execution::leave();
            if let Err(payload) = &ended
                && !payload.is::<Stop>()
                && self.stop.borrow().is_none()
            {
                let message = super::hook::message(&**payload);
                // A failure that was kept is the reason for whatever loom says now.
                self.stop
                    .borrow_mut()
                    .get_or_insert(Incomplete::Engine(message));
            }
            if !restart {
                return ended.is_ok() && self.stop.borrow().is_none();
            }
            self.stop.borrow_mut().take();
        }
    }

    /// One execution, on loom's main thread.
    fn execute(self: &Rc<Self>) {
        self.end_execution();
        if self.stop.borrow().is_some() || self.worker.has_failure() {
            std::panic::resume_unwind(Box::new(Stop));
        }
        let limits = &self.limits;
        let over = if limits
            .max_executions
            .is_some_and(|most| self.executions.get() >= most)
        {
            limits.max_executions.map(Incomplete::MaxExecutions)
        } else if limits
            .max_duration
            .is_some_and(|most| self.start.elapsed() >= most)
        {
            limits.max_duration.map(Incomplete::MaxDuration)
        } else {
            None
        };
        if let Some(over) = over {
            *self.stop.borrow_mut() = Some(over);
            std::panic::resume_unwind(Box::new(Stop));
        }
        self.executions.set(self.executions.get() + 1);
        self.worker.next_execution();
        let kernel = Rc::new(LoomKernel::new(
            Rc::clone(&self.statics),
            self.careful.get(),
        ));
        let as_kernel: Rc<dyn super::kernel::Kernel> = Rc::<LoomKernel>::clone(&kernel);
        // loom neither wakes spuriously nor fails a weak exchange.
        let mut x = Execution::new(as_kernel, Arc::clone(&self.worker));
        x.use_sites(&self.sites);
        let x = Rc::new(x);
        *self.running.borrow_mut() = Some((Rc::clone(&x), Rc::clone(&kernel)));
        // SAFETY: `running` keeps the execution until `end_execution`, which is called before the next
        // one and at the end of the search.
        unsafe { execution::set_current(&x) };
        kernel.begin(&x);
        super::coroutine::on_stack(super::coroutine::STACK, || {
            // SAFETY: `explore` keeps the scenario until the search has ended.
            let scenario = unsafe { &*self.scenario };
            x.run_main(&scenario);
        });
        if x.torn_down() {
            std::panic::resume_unwind(Box::new(Stop));
        }
        kernel.leave_main();
    }

    /// All threads of the running execution have ended, or it was given up. True: the search must begin again.
    fn end_execution(&self) -> bool {
        let Some((x, kernel)) = self.running.borrow_mut().take() else {
            return false;
        };
        if x.state().threads.len() > 1 {
            self.concurrent.set(true);
        }
        self.doubts.borrow_mut().extend(kernel.doubts());
        if let Some(stop) = kernel.take_stop() {
            self.stop.borrow_mut().get_or_insert(stop);
        }
        if !x.torn_down()
            && !x.has_static_values()
            && let Some(leak) = explain::leak(&x)
        {
            x.fail_with(leak);
        }
        if !x.torn_down() {
            self.orders.look(&x);
            if let Some(on_complete) = &self.on_complete {
                on_complete(&x);
            }
        }
        x.abandon();
        // Destructors of statics run outside of the model: their operations are dummies.
        let _ = std::panic::catch_unwind(AssertUnwindSafe(|| x.drop_static_values()));
        kernel.must_restart()
    }

    fn judge(&self, failure: Option<Box<Failure>>, completed: Option<usize>) -> Exploration {
        let doubts = self.doubts.borrow();
        let texts = |which: fn(Doubt) -> bool| -> Vec<String> {
            doubts
                .iter()
                .filter(|doubt| which(**doubt))
                .map(|doubt| doubt.text().to_owned())
                .collect()
        };
        let mut incomplete = self.stop.borrow_mut().take();
        let failure = failure.filter(|failure| {
            let why = texts(Doubt::taints_deadlock);
            let real = failure.kind != FailureKind::Deadlock || why.is_empty();
            if !real {
                incomplete = Some(Incomplete::Doubtful {
                    kind: failure.kind,
                    message: failure.message.clone(),
                    uses: why,
                });
            }
            real
        });
        if failure.is_none() && incomplete.is_none() {
            let uses = texts(Doubt::taints_verified);
            if !uses.is_empty() {
                incomplete = Some(Incomplete::Unreliable { uses });
            }
        }
        Exploration {
            failure,
            incomplete,
            executions: self.executions.get(),
            concurrent: self.concurrent.get(),
            preemptions: completed.and_then(|bound| u32::try_from(bound).ok()),
            ..Exploration::default()
        }
    }
}
