//! How a waiter waits before it sleeps.

use std::time::{Duration, Instant};

use crate::hint;
use crate::thread;

/// After so many rounds of spinning, each twice as long as the last, a waiter yields: a holder that is running
/// would have been done by now, so it has probably lost its processor.
const SPIN_ROUNDS: u32 = 6;
/// After so many yields more it is time to sleep. Where nobody else wants the processor they take about as long as it takes to wake
/// a thread on another: who sleeps earlier makes the other side wait for the wake-up, so that it too sleeps, and so on.
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

    /// For what is held for longer than a few instructions, so that looking at once would only disturb who has it.
    #[inline]
    pub(crate) const fn patient() -> Self {
        Self { round: 4 }
    }

    /// Waits a little for something that another thread has to do. False, at once, if it has waited long enough and
    /// should sleep.
    ///
    /// Inside of a check it is always time to sleep: an engine explores each look, and would find nothing by looking more often.
    #[inline]
    pub(crate) fn snooze(&mut self) -> bool {
        if self.is_spent() {
            return false;
        }
        if self.round <= SPIN_ROUNDS {
            for _ in 0..1_u32 << self.round {
                core::hint::spin_loop();
            }
            self.round += 1;
        } else {
            self.round += yield_once();
        }
        true
    }

    /// Whether it has waited long enough and should sleep: `snooze` would not wait.
    #[inline]
    pub(crate) fn is_spent(&self) -> bool {
        checked() || self.round > SPIN_ROUNDS + YIELD_ROUNDS
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

/// So often a waiter whose turn comes by itself looks before it yields: as long as a few sections and their hand-overs take.
const LOOKS: u32 = 32;
/// So often it yields before it is time to sleep.
const LOOKS_AND_YIELDS: u32 = LOOKS + 64;

/// Like [`Backoff`], for a waiter with whom nobody competes: it looks at an even pace, since looking less often would win nothing
/// and would make the hand-over slower.
#[derive(Debug)]
pub(crate) struct Vigil {
    round: u32,
}

impl Vigil {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self { round: 0 }
    }

    /// Waits until the next look. False, at once, if it has waited long enough and should sleep: always inside of a check.
    #[inline]
    pub(crate) fn snooze(&mut self) -> bool {
        if checked() || self.round >= LOOKS_AND_YIELDS {
            return false;
        }
        if self.round < LOOKS {
            core::hint::spin_loop();
            self.round += 1;
        } else {
            self.round += yield_once();
        }
        true
    }

    /// Waits until the next look, and never sleeps.
    #[inline]
    pub(crate) fn wait(&mut self) {
        if checked() {
            hint::spin_loop();
        } else if !self.snooze() {
            thread::yield_now();
        }
    }

    /// From now on the waiter yields: its turn is too far for anything else.
    #[inline]
    pub(crate) fn yield_from_now_on(&mut self) {
        self.round = self.round.max(LOOKS);
    }
}

/// A yield that takes longer has let somebody else run.
const LONG_YIELD: Duration = Duration::from_micros(50);

/// Yields. Returns for how many yields it counts: where others want the processor each may take milliseconds, and
/// a sleeper is woken sooner.
#[inline]
fn yield_once() -> u32 {
    let before = Instant::now();
    thread::yield_now();
    if before.elapsed() < LONG_YIELD { 1 } else { 16 }
}

/// True inside of a check.
#[inline]
pub(crate) fn checked() -> bool {
    #[cfg(feature = "check")]
    return crate::check::execution::current().is_some();
    #[cfg(not(feature = "check"))]
    false
}
