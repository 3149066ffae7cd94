//! Several workers at one search.
//!
//! What a search has left for later is independent of the rest: whoever has nothing left to do is given the oldest of
//! what another has left, the largest part of it, with the graph to which it belongs. Every graph is still run once. Who
//! runs it differs from time to time; what is counted does not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::names::Names;
use super::parcel::Parcel;
use super::searcher::{Ran, Searcher};
use crate::check::checker::{Limits, Scenario};
use crate::check::hook;
use crate::check::lock_order::LockOrder;
use crate::check::report::{Exploration, Incomplete};
use crate::check::sites::Met;
use crate::check::watch::Watch;
use crate::check::worker::Worker;

/// How often who waits looks up.
const PERIOD: Duration = Duration::from_millis(50);

/// What the workers share.
struct Share {
    pool: Mutex<Pool>,
    changed: Condvar,
    /// Somebody waits for something to do.
    hungry: AtomicBool,
    /// Nobody is to go on.
    stop: AtomicBool,
}

#[derive(Default)]
struct Pool {
    parcels: Vec<Parcel>,
    workers: usize,
    waiting: usize,
    /// How far each is.
    totals: Vec<Total>,
    fails: bool,
    /// What those have found that have ended.
    found: Vec<Found>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Total {
    executions: u64,
    blocked: u64,
    done: f64,
}

/// What a helper has found.
struct Found {
    out: Exploration,
    done: f64,
    cut: Option<Incomplete>,
    sites: Vec<Met>,
    lock_order: LockOrder,
}

impl Share {
    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stops(&self) -> bool {
        // ORDERING: Relaxed, as for `hungry`: it is only looked at now and then, and what is found goes through the pool.
        self.stop.load(Ordering::Relaxed)
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        // Who is about to wait has not looked yet, or waits already.
        drop(self.pool());
        self.changed.notify_all();
    }

    /// Waits for something to do. None: there is nothing left.
    fn take(&self, idle: &dyn Fn(&Pool) -> bool) -> Option<Parcel> {
        let mut pool = self.pool();
        pool.waiting += 1;
        loop {
            if self.stops() {
                return None;
            }
            if let Some(parcel) = pool.parcels.pop() {
                pool.waiting -= 1;
                let hungry = pool.waiting > pool.parcels.len();
                self.hungry.store(hungry, Ordering::Relaxed);
                return Some(parcel);
            }
            if pool.waiting == pool.workers {
                self.stop.store(true, Ordering::Relaxed);
                self.changed.notify_all();
                return None;
            }
            self.hungry.store(true, Ordering::Relaxed);
            (pool, _) = self
                .changed
                .wait_timeout(pool, PERIOD)
                .unwrap_or_else(PoisonError::into_inner);
            if !idle(&pool) {
                return None;
            }
        }
    }

    fn put(&self, parcel: Parcel) {
        let mut pool = self.pool();
        pool.parcels.push(parcel);
        let hungry = pool.waiting > pool.parcels.len();
        self.hungry.store(hungry, Ordering::Relaxed);
        self.changed.notify_one();
    }
}

impl Pool {
    fn total(&self) -> Total {
        let mut sum = Total::default();
        for total in &self.totals {
            sum.executions += total.executions;
            sum.blocked += total.blocked;
            sum.done += total.done;
        }
        sum
    }
}

/// Goes on with a search that has begun, with all workers. True: something fails; then what was counted says nothing.
pub(super) fn go_on(searcher: &mut Searcher<'_>, scenario: &Scenario) -> bool {
    let share = Arc::new(Share {
        pool: Mutex::default(),
        changed: Condvar::new(),
        hungry: AtomicBool::new(false),
        stop: AtomicBool::new(false),
    });
    let names = searcher.kernel.state.borrow_mut().names.share();
    {
        let mut pool = share.pool();
        pool.workers = 1;
        pool.totals = vec![Total::default()];
    }
    let mut helpers = 0;
    for _ in 1..searcher.limits.workers {
        let helper = Helper {
            number: helpers + 1,
            scenario: Arc::clone(scenario),
            limits: searcher.limits.clone(),
            share: Arc::clone(&share),
            worker: Arc::new(Worker::helper(searcher.worker)),
            instead: searcher.watch.sites.instead().to_vec(),
            start: searcher.start,
        };
        let names = Names::of(Arc::clone(&names));
        {
            let mut pool = share.pool();
            pool.workers += 1;
            pool.totals.push(Total::default());
        }
        let thread = std::thread::Builder::new()
            .name("racecourse".to_owned())
            .spawn(move || helper.run(names));
        if thread.is_err() {
            // Fewer will do.
            share.pool().workers -= 1;
            break;
        }
        helpers += 1;
    }
    let worker = Arc::clone(searcher.worker);
    let (watch, start) = (searcher.watch, searcher.start);
    let idle = |pool: &Pool| {
        // The others are watched through this worker.
        worker.beat();
        let total = pool.total();
        watch.progress(start, total.executions, total.blocked, Some(total.done));
        !worker.is_given_up()
    };
    work(searcher, &share, 0, &idle);
    let mut pool = share.pool();
    while pool.found.len() < helpers && !worker.is_given_up() {
        (pool, _) = share
            .changed
            .wait_timeout(pool, PERIOD)
            .unwrap_or_else(PoisonError::into_inner);
    }
    for found in core::mem::take(&mut pool.found) {
        searcher.out.executions += found.out.executions;
        searcher.out.blocked += found.out.blocked;
        searcher.out.concurrent |= found.out.concurrent;
        searcher
            .kernel
            .state
            .borrow_mut()
            .search
            .add_done(found.done);
        searcher.watch.sites.absorb(found.sites);
        searcher.watch.orders.absorb(found.lock_order);
        if let Some(cut) = found.cut {
            let weight = |cut: &Incomplete| {
                matches!(cut, Incomplete::Engine(_) | Incomplete::MaxDuration(_))
            };
            let worse = searcher
                .cut
                .as_ref()
                .is_none_or(|old| weight(&cut) && !weight(old));
            if worse {
                searcher.cut = Some(cut);
            }
        }
    }
    pool.fails
}

struct Helper {
    number: usize,
    scenario: Scenario,
    limits: Limits,
    share: Arc<Share>,
    worker: Arc<Worker>,
    instead: Vec<(crate::check::Site, Ordering)>,
    start: Instant,
}

impl Helper {
    fn run(self, names: Names) {
        let share = Arc::clone(&self.share);
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.search(names)));
        let found = found.unwrap_or_else(|payload| {
            share.stop();
            Found {
                out: Exploration::default(),
                done: 0.0,
                cut: Some(Incomplete::Engine(hook::message(&*payload))),
                sites: Vec::new(),
                lock_order: LockOrder::default(),
            }
        });
        share.pool().found.push(found);
        share.changed.notify_all();
    }

    fn search(&self, names: Names) -> Found {
        let watch = Watch::of_helper(&self.instead);
        let mut searcher = Searcher::new(
            &*self.scenario,
            &self.limits,
            &self.worker,
            &watch,
            self.start,
        );
        {
            let mut state = searcher.kernel.state.borrow_mut();
            state.names = names;
            state.search.rest();
        }
        let idle = |_: &Pool| !self.worker.is_given_up();
        if next(&searcher, &self.share, &idle) {
            work(&mut searcher, &self.share, self.number, &idle);
        }
        Found {
            done: searcher.done(),
            out: core::mem::take(&mut searcher.out),
            cut: searcher.cut.take(),
            sites: watch.sites.met(),
            lock_order: watch.orders.take(),
        }
    }
}

/// Takes what is there to be done, until there is some of it that can be run. False: there is none.
fn next(searcher: &Searcher<'_>, share: &Share, idle: &dyn Fn(&Pool) -> bool) -> bool {
    while let Some(parcel) = share.take(idle) {
        let search = &mut searcher.kernel.state.borrow_mut().search;
        search.adopt(parcel);
        if search.next() {
            return true;
        }
    }
    false
}

/// Runs what there is to be run, as one of several workers.
fn work(searcher: &mut Searcher<'_>, share: &Share, number: usize, idle: &dyn Fn(&Pool) -> bool) {
    loop {
        if share.stops() {
            return;
        }
        if searcher.looks_up() {
            let total = Total {
                executions: searcher.out.executions,
                blocked: searcher.out.blocked,
                done: searcher.done(),
            };
            let mut pool = share.pool();
            pool.totals[number] = total;
            let goes_on = number != 0 || idle(&pool);
            drop(pool);
            if searcher.is_late() || !goes_on {
                share.stop();
                return;
            }
        }
        match searcher.run() {
            Ran::Passed => {}
            Ran::Again => continue,
            Ran::Broken => {
                share.stop();
                return;
            }
            Ran::Failed => {
                searcher.worker.take_failure();
                share.pool().fails = true;
                share.stop();
                return;
            }
        }
        if share.hungry.load(Ordering::Relaxed) {
            let parcel = searcher.kernel.state.borrow_mut().search.give();
            if let Some(parcel) = parcel {
                share.put(parcel);
            }
        }
        if !searcher.next() && !next(searcher, share, idle) {
            return;
        }
    }
}
