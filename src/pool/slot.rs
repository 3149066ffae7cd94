//! Where a task's outcome waits for whoever wants it: one writer (`Completer`), one reader (`Task`).
//
// Stages of a slot; each arrow is one critical section of the slot's mutex:
//
//   | from    | event                        | to       | who gets the outcome            |
//   |---------|------------------------------|----------|---------------------------------|
//   | Pending | the task ends                | Ready    | kept for the reader             |
//   | Pending | the reader is dropped        | Detached | –                               |
//   | Ready   | the reader takes it          | Taken    | the reader                      |
//   | Ready   | the reader is dropped        | Detached | the reader, who drops it        |
//   | Detached| the task ends                | Detached | handed back to the writer       |
//
// So an outcome is always dropped by code that knows it is dropping one, never by whichever thread happens
// to let go of the last `Arc`: a destructor that panics must not do so inside a worker's own machinery.
//
// No wake-up is lost: the writer changes the stage under the mutex and notifies afterwards; a reader checks
// the stage under the same mutex and `Condvar::wait` releases it and sleeps in one step. So the reader either
// sees `Ready`, or sleeps before the writer can change the stage, and is then there to be notified.
// One reader waits at most, since `Task` cannot be cloned: `notify_one` suffices.

use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use super::TaskError;
use crate::backoff::Backoff;
use crate::parking_lot::{Condvar, Mutex};

pub(super) type Outcome<T> = Result<T, TaskError>;

#[derive(Debug)]
enum Stage<T> {
    /// The task is queued or running.
    Pending,
    /// It has ended and the reader has not looked.
    Ready(Outcome<T>),
    /// The reader has the outcome.
    Taken,
    /// The reader is gone.
    Detached,
}

#[derive(Debug)]
struct State<T> {
    stage: Stage<T>,
    /// Of the async task that polled last.
    waker: Option<Waker>,
    /// Where completion is announced, for `as_completed`.
    notice: Option<Notice>,
}

#[derive(Debug)]
pub(super) struct Slot<T> {
    state: Mutex<State<T>>,
    ended: Condvar,
}

impl<T> Slot<T> {
    fn with_stage(stage: Stage<T>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                stage,
                waker: None,
                notice: None,
            }),
            ended: Condvar::new(),
        })
    }

    /// An empty slot and the only right to fill it.
    pub(super) fn new() -> (Arc<Self>, Completer<T>) {
        let slot = Self::with_stage(Stage::Pending);
        let completer = Completer(Some(Arc::clone(&slot)));
        (slot, completer)
    }

    /// A slot whose task has ended already.
    pub(super) fn ended(outcome: Outcome<T>) -> Arc<Self> {
        Self::with_stage(Stage::Ready(outcome))
    }

    pub(super) fn is_ended(&self) -> bool {
        !matches!(self.state.lock().stage, Stage::Pending)
    }

    /// Waits for the end and takes the outcome.
    pub(super) fn wait(&self) -> Outcome<T> {
        let mut backoff = Backoff::yielding();
        while backoff.snooze() && !self.is_ended() {}
        let mut state = self.state.lock();
        while matches!(state.stage, Stage::Pending) {
            self.ended.wait(&mut state);
        }
        take(&mut state.stage).expect("a slot has one reader, who takes the outcome once")
    }

    /// As `wait`, giving up at `deadline`.
    pub(super) fn wait_until(&self, deadline: Instant) -> Option<Outcome<T>> {
        let mut state = self.state.lock();
        while matches!(state.stage, Stage::Pending) {
            // An outcome may arrive together with the timeout: the stage decides, not the result of the wait.
            if self.ended.wait_until(&mut state, deadline).timed_out() {
                break;
            }
        }
        take(&mut state.stage)
    }

    pub(super) fn try_take(&self) -> Option<Outcome<T>> {
        take(&mut self.state.lock().stage)
    }

    /// Takes the outcome, or leaves a copy of `waker` to be woken at the end.
    ///
    /// # Panics
    /// When the outcome has been taken before.
    pub(super) fn poll(&self, waker: &Waker) -> Option<Outcome<T>> {
        // Cloned first and the old one dropped last: a waker's code is not ours, so it runs outside the lock.
        let waker = waker.clone();
        let mut state = self.state.lock();
        if matches!(state.stage, Stage::Taken) {
            drop(state);
            panic!(
                "a Task was polled after it had returned Ready; poll a future only until it is ready"
            );
        }
        let outcome = take(&mut state.stage);
        let unused = match outcome {
            Some(_) => Some(waker),
            None => state.waker.replace(waker),
        };
        drop(state);
        drop(unused);
        outcome
    }

    /// Announces the end to `notice`; at once when the task has ended already.
    pub(super) fn notify(&self, notice: Notice) {
        let mut state = self.state.lock();
        if matches!(state.stage, Stage::Pending) {
            state.notice = Some(notice);
        } else {
            drop(state);
            notice.announce();
        }
    }

    /// Gives up reading; returns an outcome that nobody has taken.
    pub(super) fn detach(&self) -> Option<Outcome<T>> {
        let mut state = self.state.lock();
        let before = mem::replace(&mut state.stage, Stage::Detached);
        let waker = state.waker.take();
        let notice = state.notice.take();
        drop(state);
        drop((waker, notice));
        match before {
            Stage::Ready(outcome) => Some(outcome),
            Stage::Pending | Stage::Taken | Stage::Detached => None,
        }
    }

    /// Stores the outcome, or hands it back when nobody will read it.
    fn finish(&self, outcome: Outcome<T>) -> Option<Outcome<T>> {
        let mut state = self.state.lock();
        if !matches!(state.stage, Stage::Pending) {
            drop(state);
            return Some(outcome);
        }
        state.stage = Stage::Ready(outcome);
        let waker = state.waker.take();
        let notice = state.notice.take();
        drop(state);
        self.ended.notify_one();
        if let Some(notice) = notice {
            notice.announce();
        }
        if let Some(waker) = waker {
            quietly(|| waker.wake());
        }
        None
    }
}

fn take<T>(stage: &mut Stage<T>) -> Option<Outcome<T>> {
    match mem::replace(stage, Stage::Taken) {
        Stage::Ready(outcome) => Some(outcome),
        other => {
            *stage = other;
            None
        }
    }
}

/// The right, and the duty, to fill one slot. Dropped unused it reports the task as cancelled, so that no
/// reader waits for ever.
#[derive(Debug)]
pub(super) struct Completer<T>(Option<Arc<Slot<T>>>);

impl<T> Completer<T> {
    /// Ends the task; hands the outcome back when the task is detached.
    pub(super) fn finish(mut self, outcome: Outcome<T>) -> Option<Outcome<T>> {
        match self.0.take() {
            Some(slot) => slot.finish(outcome),
            None => Some(outcome),
        }
    }
}

impl<T> Drop for Completer<T> {
    fn drop(&mut self) {
        if let Some(slot) = self.0.take() {
            slot.finish(Err(TaskError::Cancelled));
        }
    }
}

/// Runs foreign code (a destructor, a waker) whose panic concerns nobody here.
pub(super) fn quietly(code: impl FnOnce()) {
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(code)) {
        // Dropping a payload may panic too, and its payload again: leaking one ends the chain.
        mem::forget(payload);
    }
}

/// Drops what a job left, or never used.
pub(super) fn drop_quietly<T>(value: T) {
    quietly(|| drop(value));
}

/// Ended tasks, by the number under which each was registered, in the order in which they ended.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    keys: Mutex<std::collections::VecDeque<usize>>,
    changed: Condvar,
}

impl Arrivals {
    pub(super) fn is_empty(&self) -> bool {
        self.keys.lock().is_empty()
    }

    /// Waits for the next one.
    pub(super) fn wait(&self) -> usize {
        let mut keys = self.keys.lock();
        loop {
            if let Some(key) = keys.pop_front() {
                return key;
            }
            self.changed.wait(&mut keys);
        }
    }
}

/// To whom, and as what, the end of a task is announced.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) arrivals: Arc<Arrivals>,
    pub(super) key: usize,
}

impl Notice {
    fn announce(self) {
        self.arrivals.keys.lock().push_back(self.key);
        self.arrivals.changed.notify_one();
    }
}
