//! Waiters that sleep, each by its ticket.

use crate::parking_lot::Mutex;
use crate::thread::{self, Thread};

/// Threads that sleep until the ticket they hold is called. A thread is in here for as long as it has to sleep: that it is gone
/// is what tells it so.
pub(super) struct Sleepers {
    list: Mutex<Vec<(usize, Thread)>>,
}

impl Sleepers {
    pub(super) fn new() -> Self {
        Self {
            list: Mutex::new(Vec::new()),
        }
    }

    pub(super) const fn const_new() -> Self {
        Self {
            list: Mutex::const_new(Vec::new()),
        }
    }

    /// Sleeps until [`wake`](Self::wake) calls this ticket, unless it is not `far` any more.
    ///
    /// `far` is asked inside of the list's lock: whoever calls the ticket afterwards finds it there, and what was done before
    /// an earlier call is seen by `far`.
    #[cold]
    pub(super) fn sleep(&self, ticket: usize, far: impl FnOnce() -> bool) {
        {
            let mut list = self.list.lock();
            if !far() {
                return;
            }
            list.push((ticket, thread::current()));
        }
        loop {
            thread::park();
            if self.list.lock().iter().all(|(other, _)| *other != ticket) {
                return;
            }
        }
    }

    /// Calls `ticket` and all before it, of which none is farther than `span` behind. Tickets wrap around.
    pub(super) fn wake(&self, ticket: usize, span: usize) {
        loop {
            // One by one, since a thread is woken outside of the lock: it is the first thing that it takes.
            let sleeper = {
                let mut list = self.list.lock();
                let called = |(other, _): &(usize, Thread)| ticket.wrapping_sub(*other) <= span;
                match list.iter().position(called) {
                    Some(place) => list.swap_remove(place).1,
                    None => return,
                }
            };
            sleeper.unpark();
        }
    }
}
