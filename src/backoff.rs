//! How a waiter waits before it sleeps.

use crate::hint;
use crate::thread;

/// After so many rounds of spinning, each twice as long as the last, a waiter yields: a holder that is running
/// would have been done by now, so it has probably lost its processor.
const SPIN_ROUNDS: u32 = 6;
/// After so many yields more it is time to sleep: a sleep and a wake across processors cost as much as some
/// nine hundred transfers of a cache line.
const YIELD_ROUNDS: u32 = 100;

/// Counts how often a thread has tried in vain, and makes it wait longer each time.
#[derive(Debug)]
pub(crate) struct Backoff {
    round: u32,
}

impl Backoff {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self { round: 0 }
    }

    /// Yields a few times, without spinning: for a waiter that may well have the processor on which the other is to
    /// run, as where a task has just been handed over. A few: where other programs are busy each yield may take
    /// milliseconds, and a sleeper is woken sooner.
    #[inline]
    pub(crate) const fn yielding() -> Self {
        const YIELDS: u32 = 12;
        Self {
            round: SPIN_ROUNDS + YIELD_ROUNDS + 1 - YIELDS,
        }
    }

    /// Waits a little for something that another thread has to do. False, at once, if it has waited long enough and
    /// should sleep.
    ///
    /// Inside of a check it is always time to sleep: an engine explores each look, and would find nothing by looking more often.
    #[inline]
    pub(crate) fn snooze(&mut self) -> bool {
        if checked() || self.round > SPIN_ROUNDS + YIELD_ROUNDS {
            return false;
        }
        if self.round <= SPIN_ROUNDS {
            for _ in 0..1_u32 << self.round {
                core::hint::spin_loop();
            }
        } else {
            thread::yield_now();
        }
        self.round += 1;
        true
    }

    /// Waits for something that another thread does within a few of its own steps, and never sleeps.
    #[inline]
    pub(crate) fn wait(&mut self) {
        if checked() {
            // The engine's word that this loop waits for another thread.
            hint::spin_loop();
        } else if !self.snooze() {
            thread::yield_now();
        }
    }
}

/// True inside of a check.
#[inline]
pub(crate) fn checked() -> bool {
    #[cfg(feature = "check")]
    return crate::check::execution::current().is_some();
    #[cfg(not(feature = "check"))]
    false
}
