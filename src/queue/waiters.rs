//! Those who wait on one side of a queue, threads and tasks, and how they are woken.
//!
//! Whoever changes the queue asks for a wake-up under the lock, and sends it when the lock is released: a task's waker is
//! foreign code, which may well use the queue itself. For the same reason no waker is cloned or dropped under the lock.

// Why nobody sleeps beside an item. (For the getters; the putters and free places are the same.)
//
// A thread looks for an item, counts itself in `threads` and falls asleep in one critical section; a task looks and
// registers in one. So who waits has found nothing, and each later put sees it.
//
// Each put wakes one thread, if threads wait, *and* one task, if tasks wait. Thus of each kind, separately, either nobody
// waits or at least as many are on their way as there are items. Nobody can leave that way with an item behind:
//   - a thread that was woken, or whose time has passed, or that woke for no reason, looks again before it leaves;
//   - a task that was woken looks when it is polled; if its future is dropped instead, it wakes another in its place;
//   - a newcomer that takes the item leaves the woken one with nothing, and it waits again.
// Why one of each kind. A thread alone would not do: the count says who has not run yet, not who was woken, so two puts could
// both rely on one thread while a task sleeps. A task alone would not do either: one that was woken but is neither polled
// nor dropped, as the arm of a `select` that holds it by reference, would keep the item from a thread that waits.

#[cfg(feature = "async")]
use std::collections::BTreeMap;
#[cfg(feature = "async")]
use std::task::Waker;

use crate::parking_lot::Condvar;

/// Who waits on one side. Lives under the queue's lock.
#[derive(Default)]
pub(super) struct Waiters {
    /// Threads in a wait on the side's condition variable, or on their way out of it.
    pub(super) threads: usize,
    /// Tasks to be woken, by ticket: the smallest has waited longest.
    #[cfg(feature = "async")]
    tasks: BTreeMap<u64, Waker>,
    /// The next ticket. At one a nanosecond they last for 584 years.
    #[cfg(feature = "async")]
    next_ticket: u64,
}

impl Waiters {
    /// For one item or one free place.
    pub(super) fn one(&mut self) -> WakeOne {
        WakeOne {
            thread: self.threads > 0,
            #[cfg(feature = "async")]
            task: self.tasks.pop_first().map(|(_, waker)| waker),
        }
    }

    /// For what concerns all.
    pub(super) fn all(&mut self) -> WakeAll {
        WakeAll {
            threads: self.threads > 0,
            #[cfg(feature = "async")]
            tasks: Tasks(std::mem::take(&mut self.tasks)),
        }
    }
}

#[cfg(feature = "async")]
impl Waiters {
    /// Registers a task, or renews its waker. It keeps its ticket, and so its place. Returns the waker that was replaced.
    pub(super) fn register(&mut self, ticket: &mut Option<u64>, waker: Waker) -> Option<Waker> {
        let ticket = *ticket.get_or_insert_with(|| {
            self.next_ticket += 1;
            self.next_ticket
        });
        self.tasks.insert(ticket, waker)
    }

    /// Takes a task out. `None` means that it was not there: it has been woken, or has never waited.
    pub(super) fn deregister(&mut self, ticket: Option<u64>) -> Option<Waker> {
        self.tasks.remove(&ticket?)
    }
}

/// A wake-up for one thread and one task.
#[must_use = "to be sent when the lock is released"]
#[derive(Default)]
pub(super) struct WakeOne {
    thread: bool,
    #[cfg(feature = "async")]
    task: Option<Waker>,
}

impl WakeOne {
    /// Call without the lock.
    #[inline]
    pub(super) fn send(self, threads: &Condvar) {
        if self.thread {
            threads.notify_one();
        }
        #[cfg(feature = "async")]
        if let Some(waker) = self.task {
            waker.wake();
        }
    }
}

/// A wake-up for all.
#[must_use = "to be sent when the lock is released"]
pub(super) struct WakeAll {
    threads: bool,
    #[cfg(feature = "async")]
    tasks: Tasks,
}

impl WakeAll {
    /// Call without the lock.
    pub(super) fn send(self, threads: &Condvar) {
        if self.threads {
            threads.notify_all();
        }
        #[cfg(feature = "async")]
        drop(self.tasks);
    }
}

#[cfg(feature = "async")]
struct Tasks(BTreeMap<u64, Waker>);

#[cfg(feature = "async")]
impl Drop for Tasks {
    /// Wakes every task. A waker that panics does not silence the others: they are woken as the panic unwinds.
    fn drop(&mut self) {
        if let Some((_, waker)) = self.0.pop_first() {
            let _rest = Tasks(std::mem::take(&mut self.0));
            waker.wake();
        }
    }
}
