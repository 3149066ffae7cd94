//! The thread pool's protocol: who takes a job, who sleeps, who wakes whom.
//
// Everything is one mutex (`state`) and two condition variables:
//   `work`     idle workers sleep here, counted by `idle`;
//   `progress` workers that wait inside a task, and others that wait for the half of a `join`, sleep here, with
//              nothing to help with; counted by `helpers`.
// Before an idle worker sleeps it *searches*, counted by `searching`: it waits a little for `call`, without the lock, and
// then looks at the queue again. Where the queue is long a worker takes some jobs in advance (`batches`).
//
// Why no wake-up is lost. A sleeper checks its condition and goes to sleep without releasing `state` in
// between (`Condvar::wait` releases and sleeps in one step), and has raised its counter before. Whoever makes
// the condition true does so before or while holding `state`, and reads the counter under it afterwards. So
// of the two critical sections one is first: the sleeper's, then the other side sees the counter and notifies
// a thread that sleeps; or the other side's, then the sleeper sees the condition and does not sleep. In
// detail:
//   - idle worker, "the queue is empty": made false by `enqueue`. It notifies one unless as many workers as there
//     are jobs in the queue are on their way to look at it: those that search, which look once more under `state`
//     when they stop being counted, and those that have been notified (`woken`) and have not yet returned from
//     their wait. So, under `state`, always
//         searching + woken >= min(jobs in the queue, searching + idle):
//     a job more is answered by `enqueue`; one who searches or was woken stops being counted in the critical section
//     in which it looks, and takes a job away if there is one; and a worker sleeps only when there is none. A thread that wakes
//     spuriously may count in place of the notified one, which then looks too. With `call` nothing can be lost: it
//     only ends a search early.
//     The same for "there is no place" (`places`): whoever stands in for a worker makes it false, and notifies all.
//   - idle worker, "no batch has a job": batches are filled only under `state`, from a queue that is longer than
//     what is taken, so that whoever sleeps has been notified of what is left; and it looks at the batches before it
//     sleeps again.
//   - helper, "what I wait for has not ended, and there is nothing for me to help with": a task of this pool, or a half,
//     ends before its runner re-takes `state` (`run`, `discard`), and the runner then notifies all helpers;
//     `enqueue` notifies them all too. There is at most one helper a worker, and one a thread in a `join`, so
//     `notify_all` is cheap. Between the jobs of a batch the runner does not take `state`, but its batch's lock, and reads
//     `helpers` after that. A helper, having raised `helpers`, passes all those locks (`sleep_helping`) and looks
//     again: either it passes first, then the runner sees it; or the runner, then it sees that the job has ended.
//   - idle worker, "the pool is not at its end": `close` notifies all; the end also needs `busy == 0`, which
//     the last busy worker brings about itself: it then leaves its loop and notifies all.
// Spurious wake-ups only repeat the check.
//
// Lock order: `state` before a batch, a slot's, a group's or an arrival queue's mutex (the `ended` tests of `help`);
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

mod helping;
mod working;

use std::sync::Arc;

use crossbeam_utils::CachePadded;

use super::batches::Batches;
use super::join::Half;
use super::run_queue::{Ancestors, Entry, RunQueue, Work};
use super::task::{Host, TaskId};
use super::ticket::Ticket;
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
    /// A worker takes one job in advance for so many that are queued.
    pub(super) share: usize,
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
            batches: Batches::new(workers, tuning.share),
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
        erase: impl FnOnce(R) -> Ticket,
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

    fn discard(&self, tasks: Vec<Ticket>, reason: impl Fn() -> TaskError) {
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
