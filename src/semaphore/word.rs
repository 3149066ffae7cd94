//! The word in which a [`Semaphore`](super::Semaphore) counts the permits that newcomers find.

/// No more permits are given.
pub(super) const CLOSED: u64 = 1;
/// Somebody waits: nothing is free for newcomers, and what comes back is for the line.
pub(super) const LINE: u64 = 2;
/// Nobody waits, and more permits are kept than can be free.
pub(super) const MORE: u64 = 4;
pub(super) const FLAGS: u64 = CLOSED | LINE | MORE;
/// One permit.
pub(super) const PERMIT: u64 = 8;
/// So many permits are free at most, leaving room in `free` for as many again.
pub(super) const MOST_FREE: u64 = u64::MAX / PERMIT / 2;
/// So many permits or more do not come back by a mere addition. Of smaller [`Permit`]s there can never be so many, in no memory,
/// that their sum would need that room.
pub(super) const MANY: usize = 1 << 15;

/// How permits that nobody has are laid out: the word `free`, and what is kept.
pub(super) struct Rest {
    pub(super) free: u64,
    pub(super) kept: usize,
}

impl Rest {
    /// Nobody waits: newcomers find as many as possible.
    pub(super) fn for_all(permits: usize) -> Self {
        let free = (permits as u64).min(MOST_FREE);
        let kept = permits - free as usize;
        let more = if kept > 0 { MORE } else { 0 };
        Self {
            free: (free * PERMIT) | more,
            kept,
        }
    }

    /// Somebody waits: newcomers find none.
    pub(super) fn for_the_line(permits: usize) -> Self {
        Self {
            free: LINE,
            kept: permits,
        }
    }
}
