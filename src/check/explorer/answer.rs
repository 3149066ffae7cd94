//! What a thread is given for what it asks, or why it is given nothing.

use core::num::NonZeroU32;

/// What an operation gives back. Two words, of which the second is never 0: so it is returned in registers, even where
/// there may be none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// What was read.
    pub(super) value: u64,
    bits: NonZeroU32,
}

impl Answer {
    pub(super) fn new(value: u64, wrote: bool, stale: bool, pick: u16) -> Self {
        let bits = 1 | u32::from(wrote) << 1 | u32::from(stale) << 2 | u32::from(pick) << 16;
        Self {
            value,
            bits: NonZeroU32::new(bits).expect("its first bit is set"),
        }
    }

    /// Whether a read-modify-write wrote.
    #[inline]
    pub(super) fn wrote(self) -> bool {
        self.bits.get() & 2 != 0
    }

    /// A later write exists that the read missed.
    #[inline]
    pub(super) fn stale(self) -> bool {
        self.bits.get() & 4 != 0
    }

    #[inline]
    pub(super) fn pick(self) -> u16 {
        (self.bits.get() >> 16) as u16
    }
}

/// Why a thread was not given what it asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Halt {
    /// The thread cannot go on in this run.
    Stuck,
    /// A hint of waiting: whether it waits for nothing is to be found out by going on.
    Probe,
    /// Nothing that this run could still do would be new.
    Drop,
    /// The program does something else than it did before: see `State::diverged`.
    Diverged,
}
