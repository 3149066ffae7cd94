//! Where threads sleep until something that is not behind a lock has changed.

use std::time::Instant;

use crate::lock::wait;
use crate::parking_lot::{Condvar, Mutex};
use crate::sync::atomic::{AtomicUsize, Ordering};

/// A place to sleep for those who wait for a change of an atomic word, at no cost to whoever changes it while nobody sleeps: one
/// load of a word that then nobody writes.
///
/// How to use it, so that nobody sleeps beside what they wait for:
/// - Who makes the change does so by a read-modify-write with `AcqRel`, and calls [`notify_one`](Self::notify_one) after it.
/// - Who waits passes [`wait`](Self::wait) a `must_wait` that looks at the same word by a read-modify-write with `Release`
///   that changes nothing (`fetch_or(0)`).
// Read-modify-writes of one word are in a total order, and each reads the one before it. If the waiter's look comes first, then
// the change reads it, or what other changes made of it, and synchronises with it: the change happens after the count of `sleepers`,
// and `notify_one` sees it. If the change comes first, the look sees it. No order between different words is
// asked for, so neither SeqCst nor a fence is needed.
//
// Why the calls are counted. Whoever calls takes the sleeper off `sleepers`, and not the sleeper itself when it runs at last:
// so the next who makes a change, while the one that was called has not run yet, calls another or, if there is none, nobody. And
// then it does not enter the kernel to wake one who is awake.
pub(crate) struct Event {
    /// How many wait and have not been called. Written under the lock only.
    sleepers: AtomicUsize,
    /// How many were called and have not noticed yet. Any who waits may take a call: there are as many fewer `sleepers`.
    calls: Mutex<usize>,
    called: Condvar,
}

impl Event {
    pub(crate) fn new() -> Self {
        Self {
            sleepers: AtomicUsize::new(0),
            calls: Mutex::new(0),
            called: Condvar::new(),
        }
    }

    /// Sleeps until it is called or the deadline has passed; does not, if `must_wait` says no, which is asked after this thread is
    /// counted, under the event's lock. True if the deadline ended it; the caller must look again in either case.
    #[cold]
    pub(crate) fn wait(&self, must_wait: impl FnOnce() -> bool, deadline: Option<Instant>) -> bool {
        let mut calls = self.calls.lock();
        self.count(|sleepers| sleepers + 1);
        if !must_wait() {
            self.count(|sleepers| sleepers - 1);
            return false;
        }
        loop {
            let timed_out = wait(&self.called, &mut calls, deadline);
            if *calls > 0 {
                *calls -= 1;
                return false;
            }
            if timed_out {
                self.count(|sleepers| sleepers - 1);
                return true;
            }
        }
    }

    /// Calls one who sleeps, if anybody does.
    #[inline]
    pub(crate) fn notify_one(&self) {
        // ORDERING: Relaxed; the change that the caller has made read what the sleeper's look wrote, if that came
        // first, and acquired it: so this load sees that it is counted.
        if self.sleepers.load(Ordering::Relaxed) > 0 {
            self.call(1);
        }
    }

    /// Calls all who sleep. Those who come later see what the caller did before this: it takes the lock in any case.
    pub(crate) fn notify_all(&self) {
        self.call(usize::MAX);
    }

    #[cold]
    fn call(&self, most: usize) {
        let mut calls = self.calls.lock();
        let called = self.sleepers.load(Ordering::Relaxed).min(most);
        self.count(|sleepers| sleepers - called);
        *calls += called;
        drop(calls);
        match called {
            0 => {}
            1 => {
                self.called.notify_one();
            }
            _ => {
                self.called.notify_all();
            }
        }
    }

    /// Call under the lock.
    fn count(&self, change: impl FnOnce(usize) -> usize) {
        // ORDERING: Relaxed; only who holds the lock writes it, and who reads it without is ordered by the word that has changed.
        let sleepers = self.sleepers.load(Ordering::Relaxed);
        self.sleepers.store(change(sleepers), Ordering::Relaxed);
    }
}

#[cfg(all(test, feature = "check"))]
mod tests {
    use super::*;
    use crate::check::check;
    use crate::thread;

    /// Two sleep, and two changes follow so fast that the second may come before anybody has noticed the first: both are called.
    #[test]
    fn two_calls_wake_two() {
        check(|| {
            let event = Event::new();
            let items = AtomicUsize::new(0);
            thread::scope(|s| {
                for _ in 0..2 {
                    s.spawn(|| {
                        event.wait(|| items.fetch_or(0, Ordering::Release) == 0, None);
                    });
                }
                for _ in 0..2 {
                    items.fetch_add(1, Ordering::AcqRel);
                    event.notify_one();
                }
            });
        });
    }
}
