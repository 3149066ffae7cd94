//! Waiters that sleep, each by its ticket.

use crate::parking_lot::Mutex;
use crate::sync::atomic::{AtomicUsize, Ordering, fence};
use crate::thread::{self, Thread};

/// Threads that sleep until the ticket they hold is called. A thread is in here for as long as it has to sleep: that it is gone
/// is what tells it so.
pub(super) struct Sleepers {
    /// How many are in the list; changed inside of its lock. So that a call which finds nobody touches nothing else.
    count: AtomicUsize,
    list: Mutex<Vec<(usize, Thread)>>,
}

impl Sleepers {
    pub(super) fn new() -> Self {
        Self {
            count: AtomicUsize::new(0),
            list: Mutex::new(Vec::new()),
        }
    }

    pub(super) const fn const_new() -> Self {
        Self {
            count: AtomicUsize::const_new(0),
            list: Mutex::const_new(Vec::new()),
        }
    }

    /// Sleeps until [`wake`](Self::wake) calls this ticket, unless it is not `far` any more.
    ///
    /// `far` is asked when the sleeper is in the list: of a call at the same time, either the caller finds it there, or `far` sees
    /// what the caller saw before its call.
    #[cold]
    pub(super) fn sleep(&self, ticket: usize, far: impl FnOnce() -> bool) {
        {
            let mut list = self.list.lock();
            list.push((ticket, thread::current()));
            self.count.store(list.len(), Ordering::Relaxed);
            // ORDERING: SeqCst; pairs with the fence in `wake`. Of the two, the later one sees what was done before the other.
            fence(Ordering::SeqCst);
            if !far() {
                list.pop();
                self.count.store(list.len(), Ordering::Relaxed);
                return;
            }
        }
        loop {
            thread::park();
            if self.list.lock().iter().all(|(other, _)| *other != ticket) {
                return;
            }
        }
    }

    /// Calls `ticket` and all before it, of which none is farther than `span` behind. Tickets wrap around.
    #[inline]
    pub(super) fn wake(&self, ticket: usize, span: usize) {
        // ORDERING: SeqCst; pairs with the fence in `sleep`.
        fence(Ordering::SeqCst);
        if self.count.load(Ordering::Relaxed) > 0 {
            self.wake_some(ticket, span);
        }
    }

    #[cold]
    fn wake_some(&self, ticket: usize, span: usize) {
        loop {
            // One by one, since a thread is woken outside of the lock: it is the first thing that it takes.
            let sleeper = {
                let mut list = self.list.lock();
                let called = |(other, _): &(usize, Thread)| ticket.wrapping_sub(*other) <= span;
                let Some(place) = list.iter().position(called) else {
                    return;
                };
                let (_, sleeper) = list.swap_remove(place);
                self.count.store(list.len(), Ordering::Relaxed);
                sleeper
            };
            sleeper.unpark();
        }
    }
}
