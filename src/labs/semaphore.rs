//! The semaphore of the classics: two operations, and nobody owns a permit.

use crate::check::name;
use crate::sync::{Condvar, Mutex};

/// A semaphore as Dijkstra described it in 1965, with Downey's names for the operations.
///
/// In the classics one thread waits and *another* one signals, so a permit belongs to nobody, and here is no guard that gives
/// it back. Where permits are lent, [`crate::Semaphore`] is the better one. This one is *weak*: of those who wait, and those
/// who come, anybody may be next.
///
/// ```
/// let items = racecourse::labs::semaphore::Semaphore::new(0);
/// items.signal();
/// items.wait(); // returns at once: a signal is remembered
/// assert_eq!(items.permits(), 0);
/// ```
#[derive(Debug)]
pub struct Semaphore {
    permits: Mutex<usize>,
    more: Condvar,
}

impl Semaphore {
    /// With so many permits.
    pub fn new(permits: usize) -> Self {
        Self {
            permits: Mutex::new(permits),
            more: Condvar::new(),
        }
    }

    /// Takes a permit, and waits for one if there is none.
    // A thread that is stuck here is stuck at the line that called.
    #[track_caller]
    pub fn wait(&self) {
        let mut permits = self.permits.lock().unwrap();
        while *permits == 0 {
            permits = self.more.wait(permits).unwrap();
        }
        *permits -= 1;
    }

    /// Adds a permit. It stays until somebody takes it.
    #[track_caller]
    pub fn signal(&self) {
        *self.permits.lock().unwrap() += 1;
        self.more.notify_one();
    }

    /// Adds so many permits at once.
    #[track_caller]
    pub fn signal_many(&self, count: usize) {
        *self.permits.lock().unwrap() += count;
        self.more.notify_all();
    }

    /// How many permits there are now.
    #[track_caller]
    pub fn permits(&self) -> usize {
        *self.permits.lock().unwrap()
    }

    /// Gives it the name that counterexamples show.
    pub(super) fn name(&self, called: &str) {
        name(&self.permits, called);
        name(&self.more, &format!("more {called}"));
    }
}
