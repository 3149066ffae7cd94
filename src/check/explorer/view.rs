//! Vector clocks: for each thread, how many of its events are known.
//!
//! An event has several, and graphs are copied often. So they are plain memory: block by block of threads, in each
//! block all clocks of the event. Most programs have few threads, and with them one block, which the event itself has.

use super::event::EventId;

/// Threads of a block.
pub(super) const BLOCK: usize = 8;

/// A set of events that contains, with an event, all earlier ones of its thread: the counts of one block of threads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts([u16; BLOCK]);

/// Events of one thread, or one execution, that a clock can count.
pub(super) const MOST_EVENTS: u64 = u16::MAX as u64 - 1;

impl Counts {
    /// Adds an event, and the earlier ones of its thread, if this is the block of its thread.
    #[inline]
    pub(super) fn add(&mut self, block: usize, event: EventId) {
        if let Some(slot) = (event.thread as usize).checked_sub(block * BLOCK)
            && let Some(count) = self.0.get_mut(slot)
        {
            *count = (*count).max(event.index as u16 + 1);
        }
    }

    #[inline]
    pub(super) fn join(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = (*mine).max(*theirs);
        }
    }
}

/// What an event knows of one block of threads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// What comes before in program order and reads-from, with itself.
    pub(super) porf: Counts,
    /// What happens before, with itself.
    pub(super) hb: Counts,
    /// What an acquire fence of this thread would take, after this event.
    pub(super) seen: Counts,
    /// What the latest release fence of this thread published.
    pub(super) fenced: Counts,
    /// What whoever acquires from this write takes.
    pub(super) message: Counts,
}

/// One clock of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// The counts of the first block of threads.
    pub(super) near: &'a Counts,
    pub(super) far: Far<'a>,
}

/// The counts of all other blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Far<'a> {
    pub(super) known: &'a [Vec<Known>],
    /// How many blocks each event has there.
    pub(super) blocks: usize,
    pub(super) event: EventId,
    pub(super) clock: fn(&Known) -> &Counts,
}

impl View<'_> {
    /// How many events of `thread` are in the set.
    #[inline]
    pub(super) fn get(&self, thread: u32) -> u32 {
        match self.near.0.get(thread as usize) {
            Some(count) => u32::from(*count),
            None => self.far.get(thread),
        }
    }

    /// Whether the event is in the set.
    #[inline]
    pub(super) fn contains(&self, event: EventId) -> bool {
        self.get(event.thread) > event.index
    }
}

impl Far<'_> {
    #[cold]
    fn get(&self, thread: u32) -> u32 {
        let block = thread as usize / BLOCK - 1;
        if block >= self.blocks {
            return 0;
        }
        let known = &self.known[self.event.thread as usize];
        let Counts(counts) = (self.clock)(&known[self.event.index as usize * self.blocks + block]);
        u32::from(counts[thread as usize % BLOCK])
    }
}
