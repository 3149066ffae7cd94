//! A gate that opens once, after so many arrivals.

use std::fmt;
use std::time::{Duration, Instant};

use crate::lock::{LatchTimeout, deadline, wait};
use crate::parking_lot::{Condvar, Mutex};
use crate::sync::atomic::{AtomicIsize, Ordering};

/// A count-down latch: threads wait until it has been counted down as often as was said at the start.
///
/// It opens once and stays open. What a thread did before its [`count_down`](Self::count_down) happens-before what
/// any thread does after its [`wait`](Self::wait) returns.
///
/// Counting down an open latch is a bug in the count, and a **panic** that says so. (An error would be ignored
/// by the very code that counts wrongly; nobody is left waiting, since the latch is open.)
///
/// The same as `CountDownLatch` in Java, and as `std::latch` in C++20, where the miscount is undefined behaviour.
///
/// ```
/// use racecourse::Latch;
///
/// let started = Latch::new(3);
/// std::thread::scope(|s| {
///     for _ in 0..3 {
///         s.spawn(|| started.count_down());
///     }
///     started.wait();
///     assert!(started.is_open());
/// });
/// ```
pub struct Latch {
    /// Arrivals still awaited. Open at 0, and below: there only a miscount takes it, which panics.
    remaining: AtomicIsize,
    /// Held between a waiter's last look at `remaining` and its sleep, and by the last arrival before it notifies.
    gate: Mutex<()>,
    /// Notified once, on opening.
    opened: Condvar,
}

impl Latch {
    /// A latch that opens after `count` calls of [`count_down`](Self::count_down). With `count` 0 it is open
    /// from the start.
    ///
    /// # Panics
    /// If `count` exceeds `isize::MAX`.
    ///
    /// ```
    /// assert!(racecourse::Latch::new(0).is_open());
    /// ```
    #[track_caller]
    pub fn new(count: usize) -> Self {
        let Ok(remaining) = isize::try_from(count) else {
            panic!(
                "Latch::new({count}): more arrivals than can be counted; give at most isize::MAX"
            );
        };
        Self {
            remaining: AtomicIsize::new(remaining),
            gate: Mutex::new(()),
            opened: Condvar::new(),
        }
    }

    /// Counts one arrival, and opens the latch if it was the last. Never waits for other arrivals.
    ///
    /// # Panics
    /// If the latch is open already: it was counted down more often than [`new`](Self::new) was told.
    ///
    /// ```
    /// let latch = racecourse::Latch::new(2);
    /// latch.count_down();
    /// assert_eq!(latch.remaining(), 1);
    /// ```
    #[track_caller]
    pub fn count_down(&self) {
        // ORDERING: Release; pairs with the Acquire load in `remaining`. Later arrivals are
        // read-modify-writes, so they continue this release sequence, and who reads 0 synchronises
        // with every arrival.
        let before = self.remaining.fetch_sub(1, Ordering::Release);
        // Below zero the latch stays open, so the miscount harms nobody else.
        assert!(
            before > 0,
            "Latch counted down more often than its count: it is open already; \
             give `Latch::new` the number of all `count_down` and `arrive_and_wait` calls"
        );
        if before == 1 {
            self.open();
        }
    }

    // A waiter looks at `remaining` and goes to sleep under `gate`. So by the time we have had the gate,
    //   1. the waiter sleeps already, and the notification reaches it; or
    //   2. it will take the gate after us, and then reads 0.
    // Without the gate the notification could fall between its look and its sleep, and be lost.
    #[cold]
    fn open(&self) {
        drop(self.gate.lock());
        self.opened.notify_all();
    }

    /// Waits until the latch is open. Returns at once if it is.
    ///
    /// ```
    /// let latch = racecourse::Latch::new(1);
    /// std::thread::scope(|s| {
    ///     s.spawn(|| latch.count_down());
    ///     latch.wait();
    /// });
    /// ```
    pub fn wait(&self) {
        self.wait_by(None);
    }

    /// Waits until the latch is open, but no longer than `timeout`.
    ///
    /// # Errors
    /// [`LatchTimeout`], if the latch was still closed when the time had passed.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let latch = racecourse::Latch::new(1);
    /// let late = latch.wait_timeout(Duration::from_millis(1)).unwrap_err();
    /// assert_eq!(late.remaining(), 1);
    /// latch.count_down();
    /// assert!(latch.wait_timeout(Duration::ZERO).is_ok());
    /// ```
    pub fn wait_timeout(&self, timeout: Duration) -> Result<(), LatchTimeout> {
        match self.wait_by(deadline(timeout)) {
            0 => Ok(()),
            remaining => Err(LatchTimeout { remaining }),
        }
    }

    /// Returns how many arrivals were awaited still when the wait ended: 0, unless the deadline ended it.
    fn wait_by(&self, deadline: Option<Instant>) -> usize {
        if self.is_open() {
            return 0;
        }
        let mut gate = self.gate.lock();
        let mut timed_out = false;
        loop {
            let remaining = self.remaining();
            if remaining == 0 || timed_out {
                return remaining;
            }
            timed_out = wait(&self.opened, &mut gate, deadline);
        }
    }

    /// Counts one arrival, then waits for the others.
    ///
    /// # Panics
    /// As [`count_down`](Self::count_down), if the latch is open already.
    ///
    /// ```
    /// let latch = racecourse::Latch::new(2);
    /// std::thread::scope(|s| {
    ///     s.spawn(|| latch.arrive_and_wait());
    ///     latch.arrive_and_wait();
    /// });
    /// ```
    #[track_caller]
    pub fn arrive_and_wait(&self) {
        self.count_down();
        self.wait();
    }

    /// Whether all have arrived. Once true, it stays true.
    ///
    /// ```
    /// let latch = racecourse::Latch::new(1);
    /// assert!(!latch.is_open());
    /// latch.count_down();
    /// assert!(latch.is_open());
    /// ```
    pub fn is_open(&self) -> bool {
        self.remaining() == 0
    }

    /// How many arrivals are still awaited. Others may arrive before the caller has looked at the answer.
    ///
    /// ```
    /// assert_eq!(racecourse::Latch::new(3).remaining(), 3);
    /// ```
    pub fn remaining(&self) -> usize {
        // ORDERING: Acquire; pairs with the Release decrement in `count_down`.
        let remaining = self.remaining.load(Ordering::Acquire);
        usize::try_from(remaining).unwrap_or(0)
    }
}

impl fmt::Debug for Latch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latch")
            .field("remaining", &self.remaining())
            .finish()
    }
}
