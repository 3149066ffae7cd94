//! The thread pool's protocol: who takes a job, who sleeps, who wakes whom.
//
// Everything is one mutex (`state`) and two condition variables:
//   `work`     idle workers sleep here, counted by `idle`;
//   `progress` workers that wait inside a task, with nothing to help with, sleep here, counted by `helpers`.
//
// Why no wake-up is lost. A sleeper checks its condition and goes to sleep without releasing `state` in
// between (`Condvar::wait` releases and sleeps in one step), and has raised its counter before. Whoever makes
// the condition true does so before or while holding `state`, and reads the counter under it afterwards. So
// of the two critical sections one is first: the sleeper's, then the other side sees the counter and notifies
// a thread that sleeps; or the other side's, then the sleeper sees the condition and does not sleep. In
// detail:
//   - idle worker, "the queue is empty": made false by `push`, which notifies one. A worker that is notified,
//     or is on its way to `state` for any other reason, looks at the queue before it sleeps, so a
//     notification that meets nobody is not needed by anybody. A notification that reaches a worker which
//     finds the queue empty is not lost to another: jobs leave the queue only through somebody who runs them.
//     The same for "there is no place" (`places`): whoever stands in for a worker makes it false, and notifies all.
//   - helper, "what I wait for has not ended, and there is nothing for me to help with": a task of this pool
//     ends before its runner re-takes `state` (`run`, `discard`), and the runner then notifies all helpers;
//     `push` notifies them all too. There is at most one helper a worker, so `notify_all` is cheap.
//   - idle worker, "the pool is not at its end": `close` notifies all; the end also needs `busy == 0`, which
//     the last busy worker brings about itself: it then leaves its loop and notifies all.
// Spurious wake-ups only repeat the check.
//
// Lock order: `state` before a slot's, a group's or an arrival queue's mutex (the `ended` tests of `help`);
// nobody takes `state` while holding one of those. Foreign code (jobs, destructors, wakers) runs with no lock
// held.
//
// Why helping cannot deadlock. A thread that waits for a queued task runs that task. Otherwise the task is
// running on some stack, and the waiter W may run X, a descendant of W or of the awaited task A. Then X sits
// on top of W, which cannot go on before X ends: so X must not wait for W, nor for anything that waits for W.
// X could do so only with a handle; handles are got by capture, hence from tasks submitted earlier, and W's
// own handle is neither with W, its descendants, nor with A's (A was submitted before W, or by W). These are
// the "known joins" of Cogumbreiro et al., "Deadlock avoidance in parallel programs with futures", OOPSLA
// 2017; running only descendants is "leapfrogging", Wagner and Calder, PPoPP 1993. An *unrelated* queued task
// may well hold W's handle: `b` waits for `a`, and `c` for `b`. Run on top of `b`, `c` would never end.

use std::sync::Arc;

use crossbeam_utils::CachePadded;

use super::batches::Batches;
use super::join::Half;
use super::run_queue::{Ancestors, Entry, RunQueue, Work};
use super::task::{Host, Runnable, TaskId};
use super::worker;
use super::{Shutdown, TaskError};
use crate::backoff::Backoff;
use crate::parking_lot::{Condvar, Mutex, MutexGuard};
use crate::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Takes jobs from everybody.
    Open,
    /// Takes jobs only from its own tasks: they belong to what is to be finished.
    Draining,
    /// Takes no jobs.
    Stopped,
}

pub(super) struct State {
    queue: RunQueue,
    phase: Phase,
    /// Workers that look at the queue soon, without being woken.
    searching: usize,
    /// Workers asleep on `work`.
    idle: usize,
    /// How many of those have been notified and have not seen it yet.
    woken: usize,
    /// Workers that run what they have taken in advance.
    batching: usize,
    /// Whose batch was looked at last.
    watched: usize,
    /// Workers inside a job, helpers included; and those outside who stand in for one.
    busy: usize,
}

impl State {
    /// Whether a worker is to be woken for what is in the queue. If so, it counts as notified.
    fn wants_worker(&mut self) -> bool {
        let wants = self.idle > self.woken && self.searching + self.woken < self.queue.len();
        self.woken += usize::from(wants);
        wants
    }
}

/// How a pool waits and shares, beside what its builder says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuning {
    /// How many jobs run at the same time, if whoever waits for a job from outside of the pool may run it in place of a
    /// worker: see `stand_in`. Otherwise the workers are the limit.
    pub(super) places: Option<usize>,
    /// How many workers may search at the same time before they sleep.
    pub(super) searchers: usize,
    /// How many halves of joins each thread offers.
    pub(super) offers: isize,
}

pub(super) struct Shared {
    tuning: Tuning,
    state: Mutex<State>,
    work: Condvar,
    progress: Condvar,
    /// Threads asleep on `progress`. Changed under `state`; who runs a batch reads it without.
    helpers: AtomicUsize,
    batches: Batches,
    /// Raised for those who search, when there is something in the queue.
    call: CachePadded<AtomicBool>,
}

impl Shared {
    pub(super) fn new(tuning: Tuning, workers: usize) -> Arc<Self> {
        Arc::new(Self {
            tuning,
            state: Mutex::new(State {
                queue: RunQueue::default(),
                phase: Phase::Open,
                searching: 0,
                idle: 0,
                woken: 0,
                batching: 0,
                watched: 0,
                busy: 0,
            }),
            work: Condvar::new(),
            progress: Condvar::new(),
            helpers: AtomicUsize::new(0),
            batches: Batches::new(workers),
            call: CachePadded::new(AtomicBool::new(false)),
        })
    }

    pub(super) fn offers(&self) -> isize {
        self.tuning.offers
    }

    /// An id for something that is not queued itself but has descendants: a scope.
    pub(super) fn new_id(&self) -> TaskId {
        self.state.lock().queue.next_id()
    }

    /// Queues a job for `submitter`, or hands it back when the pool takes no more.
    pub(super) fn push<R>(
        &self,
        submitter: Submitter,
        job: R,
        erase: impl FnOnce(R) -> Box<dyn Runnable>,
    ) -> Result<TaskId, R> {
        match self.admit(submitter.inside) {
            Some(state) => {
                let job = Work::Task(erase(job));
                Ok(self.enqueue(state, submitter.ancestors, job))
            }
            None => Err(job),
        }
    }

    /// Queues a half, of which there may be `room` more on its thread; `None` when the pool takes no more.
    pub(super) fn offer(
        &self,
        submitter: Submitter,
        half: Half,
        room: &AtomicIsize,
    ) -> Option<TaskId> {
        let state = self.admit(submitter.inside)?;
        // ORDERING: Relaxed; all who write hold the lock.
        room.store(room.load(Ordering::Relaxed) - 1, Ordering::Relaxed);
        Some(self.enqueue(state, submitter.ancestors, Work::Half(half)))
    }

    /// Takes a half out of the queue again, if it is still there.
    pub(super) fn withdraw(&self, id: TaskId) -> bool {
        self.state.lock().queue.remove(id).is_some()
    }

    /// The state, if the pool takes a job more.
    fn admit(&self, inside: bool) -> Option<MutexGuard<'_, State>> {
        let state = self.state.lock();
        let accepted = match state.phase {
            Phase::Open => true,
            Phase::Draining => inside,
            Phase::Stopped => false,
        };
        accepted.then_some(state)
    }

    fn enqueue(
        &self,
        mut state: MutexGuard<'_, State>,
        ancestors: Ancestors,
        work: Work,
    ) -> TaskId {
        let id = state.queue.push(work, ancestors);
        if state.searching > 0 {
            // ORDERING: Relaxed; it says only that the lock is worth taking.
            self.call.store(true, Ordering::Relaxed);
        }
        let (wake_worker, wake_helpers) = (state.wants_worker(), self.has_helpers());
        drop(state);
        if wake_worker {
            self.work.notify_one();
        }
        if wake_helpers {
            self.progress.notify_all();
        }
        id
    }

    /// What a worker does all its life.
    pub(super) fn work(&self, worker: usize) {
        let mut state = self.state.lock();
        let mut may_search = true;
        loop {
            if self.has_place(&state)
                && let Some(entry) = self.next(&mut state, worker)
            {
                state.busy += 1;
                let has_batch = self.fill_batch(&mut state, worker);
                drop(state);
                worker::execute(entry);
                if has_batch {
                    self.run_batch(worker);
                }
                state = self.lock_after_progress();
                state.busy -= 1;
                state.batching -= usize::from(has_batch);
                may_search = true;
                continue;
            }
            match state.phase {
                Phase::Open => {}
                // A job that still runs may submit more; and one that finds no place is still to be run.
                Phase::Draining if state.busy > 0 => {}
                Phase::Draining | Phase::Stopped => break,
            }
            if may_search && state.searching < self.tuning.searchers {
                may_search = false;
                state = self.search(state);
                continue;
            }
            state.idle += 1;
            self.work.wait(&mut state);
            state.idle -= 1;
            state.woken = state.woken.saturating_sub(1);
            may_search = true;
        }
        drop(state);
        self.work.notify_all();
    }

    /// What `worker` does next: the oldest in the queue, as a rule.
    fn next(&self, state: &mut State, worker: usize) -> Option<Entry> {
        let Some(oldest) = state.queue.oldest() else {
            return (state.batching > 0)
                .then(|| self.batches.steal(worker))
                .flatten()
                .map(Entry::from);
        };
        if state.batching > 0 {
            state.watched = (state.watched + 1) % self.workers();
            if state.watched != worker
                && let Some(job) = self.batches.take_over(state.watched, oldest)
            {
                return Some(job.into());
            }
        }
        state.queue.pop_oldest()
    }

    /// Takes some jobs in advance, and says whether it did.
    fn fill_batch(&self, state: &mut State, worker: usize) -> bool {
        let size = self.batches.size(state.queue.len());
        if size == 0 || self.tuning.places.is_some() {
            return false;
        }
        let queue = &mut state.queue;
        let jobs = std::iter::from_fn(|| queue.next_plain()).take(size);
        self.batches.fill(worker, jobs);
        state.batching += 1;
        true
    }

    /// Runs what `fill_batch` took and nobody else has taken since.
    fn run_batch(&self, worker: usize) {
        while let Some(job) = self.batches.pop(worker) {
            // Whoever waits for the job before this one has either passed the batch (`help`) and is seen here, or
            // will pass it, and then sees that the job has ended.
            if self.has_helpers() {
                drop(self.lock_after_progress());
            }
            worker::execute(job.into());
        }
    }

    fn workers(&self) -> usize {
        self.batches.workers()
    }

    /// Takes a job out, wherever it is queued.
    fn remove(&self, state: &mut State, id: TaskId) -> Option<Entry> {
        state.queue.remove(id).or_else(|| {
            (state.batching > 0)
                .then(|| self.batches.remove(id))
                .flatten()
                .map(Entry::from)
        })
    }

    /// Waits a little for somebody to queue something.
    fn search<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.searching += 1;
        if state.searching == 1 {
            // ORDERING: Relaxed; see `enqueue`, which raises it under the lock.
            self.call.store(false, Ordering::Relaxed);
        }
        drop(state);
        let mut backoff = Backoff::new();
        while !self.call.load(Ordering::Relaxed) && backoff.snooze() {}
        let mut state = self.state.lock();
        state.searching -= 1;
        state
    }

    fn has_place(&self, state: &State) -> bool {
        self.tuning.places.is_none_or(|places| state.busy < places)
    }

    /// Runs a job that is still queued on the calling thread, which waits for it, if a worker would otherwise have run it
    /// now: that saves waking one, and being woken. Not for the pool's own workers.
    pub(super) fn stand_in(&self, id: TaskId) {
        if self.tuning.places.is_none() {
            return;
        }
        let mut state = self.state.lock();
        if !self.has_place(&state) {
            return;
        }
        let Some(entry) = state.queue.remove(id) else {
            return;
        };
        state.busy += 1;
        drop(state);
        entry.work.run();
        let mut state = self.state.lock();
        state.busy -= 1;
        // A worker that found no place sleeps, or the end of the pool waits for the last job.
        let is_needed = state.idle > 0 && (!state.queue.is_empty() || state.phase != Phase::Open);
        drop(state);
        if is_needed {
            self.work.notify_all();
        }
    }

    /// Runs a job taken from the queue and wakes the helpers, one of which may wait for it.
    fn run(&self, entry: Entry) -> MutexGuard<'_, State> {
        worker::execute(entry);
        self.lock_after_progress()
    }

    fn lock_after_progress(&self) -> MutexGuard<'_, State> {
        let state = self.state.lock();
        if self.has_helpers() {
            self.progress.notify_all();
        }
        state
    }

    fn has_helpers(&self) -> bool {
        // ORDERING: Relaxed; under `state` it is exact, and for who runs a batch see `run_batch`.
        self.helpers.load(Ordering::Relaxed) > 0
    }

    /// Runs jobs that `choose` takes from the queue until `ended`. With `sleep`, sleeps when there is none:
    /// right only if every end that is waited for is that of a task of this pool, since others wake nobody
    /// here. Without, returns.
    pub(super) fn help(
        &self,
        choose: &mut dyn FnMut(&mut Queued<'_>) -> Option<Entry>,
        ended: &dyn Fn() -> bool,
        sleep: bool,
    ) {
        if ended() {
            return;
        }
        let mut state = self.state.lock();
        let mut backoff = Backoff::new();
        while !ended() {
            if let Some(entry) = choose(&mut Queued(self, &mut state)) {
                drop(state);
                state = self.run(entry);
                backoff = Backoff::new();
            } else if !sleep {
                break;
            } else if backoff.snooze() {
                drop(state);
                while !ended() && backoff.snooze() {}
                state = self.state.lock();
            } else {
                self.sleep_helping(&mut state, ended);
            }
        }
    }

    fn sleep_helping(&self, state: &mut MutexGuard<'_, State>, ended: &dyn Fn() -> bool) {
        // ORDERING: Relaxed; see `has_helpers`.
        let helpers = self.helpers.load(Ordering::Relaxed);
        self.helpers.store(helpers + 1, Ordering::Relaxed);
        if state.batching > 0 {
            self.batches.pass();
        }
        if !ended() {
            self.progress.wait(state);
        }
        let helpers = self.helpers.load(Ordering::Relaxed);
        self.helpers.store(helpers - 1, Ordering::Relaxed);
    }

    /// Runs one job on the calling worker if it is still queued.
    pub(super) fn run_if_queued(&self, id: TaskId) {
        let mut state = self.state.lock();
        if let Some(entry) = self.remove(&mut state, id) {
            drop(state);
            drop(self.run(entry));
        }
    }

    /// Ends the pool; returns once what is to be dropped is dropped. The workers end by themselves.
    pub(super) fn close(&self, how: Shutdown) {
        let mut state = self.state.lock();
        let dropped = match (how, state.phase) {
            (Shutdown::Drain, Phase::Open) => {
                state.phase = Phase::Draining;
                Vec::new()
            }
            (Shutdown::Drain, Phase::Draining | Phase::Stopped) => return,
            (Shutdown::Immediate, _) => {
                state.phase = Phase::Stopped;
                let mut tasks = state.queue.take_tasks();
                tasks.extend(self.batches.take_all().into_iter().map(|(_, task)| task));
                tasks
            }
        };
        drop(state);
        self.work.notify_all();
        self.discard(dropped, || TaskError::Shutdown);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().phase != Phase::Open
    }

    fn discard(&self, tasks: Vec<Box<dyn Runnable>>, reason: impl Fn() -> TaskError) {
        if tasks.is_empty() {
            return;
        }
        for task in tasks {
            task.discard(reason());
        }
        drop(self.lock_after_progress());
    }
}

impl Host for Shared {
    fn stand_in(&self, id: TaskId) {
        self.stand_in(id);
    }

    fn cancel(&self, id: TaskId) -> bool {
        // A statement of its own: the lock must be free again when the job is dropped.
        let entry = self.remove(&mut self.state.lock(), id);
        match entry.map(|entry| entry.work) {
            Some(Work::Task(task)) => {
                self.discard(vec![task], || TaskError::Cancelled);
                true
            }
            // No handle has the id of a half.
            Some(Work::Half(_)) | None => false,
        }
    }
}

/// What is queued, for whoever holds the lock.
pub(super) struct Queued<'a>(&'a Shared, &'a mut State);

impl Queued<'_> {
    pub(super) fn remove(&mut self, id: TaskId) -> Option<Entry> {
        self.0.remove(self.1, id)
    }

    pub(super) fn remove_descendant(&mut self, ancestor: TaskId) -> Option<Entry> {
        self.1.queue.remove_descendant(ancestor)
    }
}

/// On whose behalf a job is queued.
pub(super) struct Submitter {
    /// What the submitted job has as its ancestors.
    pub(super) ancestors: Ancestors,
    /// Whether a task of this pool submits.
    pub(super) inside: bool,
}

#[cfg(all(test, feature = "check"))]
mod tests;
