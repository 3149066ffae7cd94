//! Numbers that are the same for the same seed, and threads.

use std::panic;
use std::thread;

use crate::watch;

/// How many there are in a round, on however few processors.
pub(crate) const THREADS: usize = 64;

/// Another number for each round of each station.
pub(crate) fn mix(seed: u64, cycle: u64, station: u64) -> u64 {
    let mut dice = Dice::new(seed ^ cycle.wrapping_mul(0xD134_2543_DE82_EF95) ^ (station << 56));
    dice.next();
    dice.next()
}

/// xorshift64*.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((self.next() >> 33) % n as u64) as usize
    }

    /// Once in so many times.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Numbers of its own for a thread.
    pub(crate) fn of_thread(&self, number: usize) -> Self {
        let mut dice = Self::new(self.0 ^ (number as u64 + 1).wrapping_mul(0xA24B_AED4_963E_E407));
        dice.next();
        dice
    }

    /// Does nothing for a while.
    pub(crate) fn pause(&mut self) {
        match self.below(8) {
            0 => thread::yield_now(),
            _ => {
                for _ in 0..self.below(200) {
                    std::hint::spin_loop();
                }
            }
        }
    }
}

/// Runs `body` on all threads at once, with a number and dice for each; gives what they gave.
pub(crate) fn on_all<R: Send>(dice: &Dice, body: impl Fn(usize, Dice) -> R + Sync) -> Vec<R> {
    on(THREADS, dice, body)
}

/// The same on so many.
pub(crate) fn on<R: Send>(
    threads: usize,
    dice: &Dice,
    body: impl Fn(usize, Dice) -> R + Sync,
) -> Vec<R> {
    let body = &body;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|number| {
                let dice = dice.of_thread(number);
                scope.spawn(move || {
                    let _place = watch::enter();
                    body(number, dice)
                })
            })
            .collect();
        let ended = threads.into_iter().map(|thread| thread.join());
        let ended: Vec<_> = ended.collect();
        ended
            .into_iter()
            .map(|ended| ended.unwrap_or_else(|payload| panic::resume_unwind(payload)))
            .collect()
    })
}

/// A panic that was planned.
#[derive(Debug)]
pub(crate) struct Planned;

/// Panics, without a word.
pub(crate) fn panic_as_planned() -> ! {
    panic::resume_unwind(Box::new(Planned))
}

/// Runs a body that may panic as planned; says whether it did.
pub(crate) fn panics(body: impl FnOnce()) -> bool {
    match panic::catch_unwind(panic::AssertUnwindSafe(body)) {
        Ok(()) => false,
        Err(payload) if payload.is::<Planned>() => true,
        Err(payload) => panic::resume_unwind(payload),
    }
}
