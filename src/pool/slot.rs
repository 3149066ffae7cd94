//! Where a task's outcome waits for whoever wants it: one writer (`Completer`), one reader (`Reader`).
//
// Stages of a slot; each arrow is one critical section of the slot's mutex:
//
//   | from     | event               | to       | who gets the outcome      | who frees the slot |
//   |----------|---------------------|----------|---------------------------|--------------------|
//   | Pending  | the task ends       | Ended    | kept for the reader       | –                  |
//   | Pending  | the reader leaves   | Detached | –                         | –                  |
//   | Ended    | the reader takes it | –        | the reader                | the reader         |
//   | Ended    | the reader leaves   | –        | the reader, who drops it  | the reader         |
//   | Detached | the task ends       | –        | handed back to the writer | the writer         |
//
// Who comes second has the slot for itself: the last thing that the first does with it is to release the mutex, and the second
// has locked it since. Hence the writer notifies before it does.
//
// So an outcome is always dropped by code that knows it is dropping one, never by whichever thread happens
// to come last: a destructor that panics must not do so inside a worker's own machinery.
//
// No wake-up is lost: the writer changes the stage and notifies under the mutex; a reader checks the stage under the same
// mutex, and `Condvar::wait` releases it and sleeps in one step. So the reader either sees `Ended`, or sleeps before
// the writer can change the stage, and is then there to be notified.
// One reader waits at most, since `Task` cannot be cloned: `notify_one` suffices.

use std::mem::{self, ManuallyDrop};
use std::panic::{self, AssertUnwindSafe};
use std::ptr::NonNull;
use std::task::Waker;
use std::time::Instant;

use super::TaskError;
use super::arrivals::Notice;
use super::ticket::Header;
use crate::backoff::Backoff;
use crate::parking_lot::{Condvar, Mutex};

pub(super) type Outcome<T> = Result<T, TaskError>;

enum Stage<T> {
    /// The task is queued or running.
    Pending(Watch),
    /// It has ended, and the reader has not taken this.
    Ended(Outcome<T>),
    /// The reader is gone.
    Detached,
}

/// What the reader leaves for the end.
enum Watch {
    Nothing,
    /// Of the async task that polled last.
    Waker(Waker),
    /// Where the end is announced, for `as_completed`.
    Notice(Notice),
}

impl<T> Stage<T> {
    /// Gives the reader the outcome, if the task has ended. The slot is then the reader's to free.
    fn take(&mut self) -> Option<Outcome<T>> {
        match mem::replace(self, Self::Detached) {
            Self::Ended(outcome) => Some(outcome),
            other => {
                *self = other;
                None
            }
        }
    }

    fn is_pending(&self) -> bool {
        matches!(self, Self::Pending(_))
    }

    /// If the task is pending, `watch` is left for its end in place of what is returned.
    fn watch(&mut self, watch: Watch) -> Result<Watch, Watch> {
        match self {
            Self::Pending(before) => Ok(mem::replace(before, watch)),
            _ => Err(watch),
        }
    }
}

/// In one piece of memory with the job: see `ticket`.
#[repr(C)]
pub(super) struct Slot<T> {
    header: Header,
    stage: Mutex<Stage<T>>,
    ended: Condvar,
}

impl<T> Slot<T> {
    pub(super) fn new(header: Header) -> Self {
        Self {
            header,
            stage: Mutex::new(Stage::Pending(Watch::Nothing)),
            ended: Condvar::new(),
        }
    }

    /// Stores the outcome, or hands it back when nobody will read it.
    ///
    /// # Safety
    /// The caller is the writer, and does not use the slot afterwards.
    unsafe fn finish(this: NonNull<Self>, outcome: Outcome<T>) -> Option<Outcome<T>> {
        // SAFETY: the slot is there until its writer has been here.
        let slot = unsafe { this.as_ref() };
        let mut stage = slot.stage.lock();
        let Stage::Pending(watch) = &mut *stage else {
            drop(stage);
            // SAFETY: the reader has left before.
            unsafe { Self::free(this) };
            return Some(outcome);
        };
        let watch = mem::replace(watch, Watch::Nothing);
        *stage = Stage::Ended(outcome);
        slot.ended.notify_one();
        // From here on the reader may free the slot.
        drop(stage);
        match watch {
            Watch::Nothing => {}
            Watch::Waker(waker) => quietly(|| waker.wake()),
            Watch::Notice(notice) => notice.announce(),
        }
        None
    }

    /// # Safety
    /// Nobody uses the slot any more.
    unsafe fn free(this: NonNull<Self>) {
        // SAFETY: the caller's word; the header is at the beginning.
        unsafe { Header::free(this.cast()) }
    }
}

/// The right to see and take the outcome.
pub(super) struct Reader<T> {
    /// `None` when the outcome has been taken.
    slot: Option<NonNull<Slot<T>>>,
}

// SAFETY: of the slot, a reader uses what has a lock, and takes the outcome by `&mut self`.
unsafe impl<T: Send> Send for Reader<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Reader<T> {}

impl<T> Reader<T> {
    /// # Safety
    /// There is no other reader of the slot, which is there until its writer and its reader have left.
    pub(super) unsafe fn new(slot: NonNull<Slot<T>>) -> Self {
        Self { slot: Some(slot) }
    }

    fn slot(&self) -> Option<&Slot<T>> {
        // SAFETY: the slot is there until the reader has left, which empties `self.slot`.
        self.slot.map(|slot| unsafe { slot.as_ref() })
    }

    pub(super) fn is_ended(&self) -> bool {
        self.slot()
            .is_none_or(|slot| !slot.stage.lock().is_pending())
    }

    /// Waits for the end and takes the outcome.
    pub(super) fn wait(&mut self) -> Outcome<T> {
        let mut backoff = Backoff::yielding();
        while backoff.snooze() && !self.is_ended() {}
        self.take_when(|slot| {
            let mut stage = slot.stage.lock();
            while stage.is_pending() {
                slot.ended.wait(&mut stage);
            }
            stage.take()
        })
        .expect("a slot has one reader, who takes the outcome once")
    }

    /// As `wait`, giving up at `deadline`.
    pub(super) fn wait_until(&mut self, deadline: Instant) -> Option<Outcome<T>> {
        self.take_when(|slot| {
            let mut stage = slot.stage.lock();
            while stage.is_pending() {
                // An outcome may arrive together with the timeout: the stage decides, not the result of the wait.
                if slot.ended.wait_until(&mut stage, deadline).timed_out() {
                    break;
                }
            }
            stage.take()
        })
    }

    pub(super) fn try_take(&mut self) -> Option<Outcome<T>> {
        self.take_when(|slot| slot.stage.lock().take())
    }

    /// Takes the outcome, or leaves a copy of `waker` to be woken at the end.
    ///
    /// # Panics
    /// When the outcome has been taken before.
    pub(super) fn poll(&mut self, waker: &Waker) -> Option<Outcome<T>> {
        if self.slot.is_none() {
            panic!(
                "a Task was polled after it had returned Ready; poll a future only until it is ready"
            );
        }
        self.take_when(|slot| {
            // Cloned first and the old one dropped last: a waker's code is not ours, so it runs outside the lock.
            let watch = Watch::Waker(waker.clone());
            let mut stage = slot.stage.lock();
            let outcome = stage.take();
            let (Ok(unused) | Err(unused)) = stage.watch(watch);
            drop(stage);
            drop(unused);
            outcome
        })
    }

    /// Announces the end to `notice`; at once when the task has ended already.
    pub(super) fn notify(&mut self, notice: Notice) {
        let watch = match self.slot() {
            Some(slot) => slot.stage.lock().watch(Watch::Notice(notice)),
            None => Err(Watch::Notice(notice)),
        };
        if let Err(Watch::Notice(notice)) = watch {
            notice.announce();
        }
    }

    /// Gives up reading; returns an outcome that nobody has taken.
    pub(super) fn leave(&mut self) -> Option<Outcome<T>> {
        let outcome = self.take_when(|slot| {
            let mut stage = slot.stage.lock();
            let before = mem::replace(&mut *stage, Stage::Detached);
            drop(stage);
            // A waker, if it has one, is dropped without the lock.
            match before {
                Stage::Ended(outcome) => Some(outcome),
                Stage::Pending(_) | Stage::Detached => None,
            }
        });
        self.slot = None;
        outcome
    }

    /// Frees the slot if `take` has taken the outcome.
    fn take_when(
        &mut self,
        take: impl FnOnce(&Slot<T>) -> Option<Outcome<T>>,
    ) -> Option<Outcome<T>> {
        let outcome = take(self.slot()?)?;
        if let Some(slot) = self.slot.take() {
            // SAFETY: the writer has left, for there was an outcome, and the only reader leaves here.
            unsafe { Slot::free(slot) };
        }
        Some(outcome)
    }
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        // Quietly, so that what happens to a destructor that panics does not depend on who was faster.
        if let Some(unclaimed) = self.leave() {
            drop_quietly(unclaimed);
        }
    }
}

/// The right, and the duty, to fill one slot. Dropped unused it reports the task as cancelled, so that no
/// reader waits for ever.
pub(super) struct Completer<T>(NonNull<Slot<T>>);

// SAFETY: it stores an outcome, which its reader takes on another thread.
unsafe impl<T: Send> Send for Completer<T> {}

impl<T> Completer<T> {
    /// # Safety
    /// There is no other writer of the slot, which is there until its writer and its reader have left.
    pub(super) unsafe fn new(slot: NonNull<Slot<T>>) -> Self {
        Self(slot)
    }

    /// Ends the task; hands the outcome back when the task is detached.
    pub(super) fn finish(self, outcome: Outcome<T>) -> Option<Outcome<T>> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the only writer, which is gone afterwards.
        unsafe { Slot::finish(this.0, outcome) }
    }
}

impl<T> Drop for Completer<T> {
    fn drop(&mut self) {
        // SAFETY: the only writer, which is gone afterwards.
        unsafe { Slot::finish(self.0, Err(TaskError::Cancelled)) };
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
