//! Vector clocks: for each thread, how many of its events are known.
//!
//! An event has several, and graphs are copied often. So they are plain memory: block by block of threads, in each
//! block all clocks of the event. Most programs have few threads, and with them one block, which the event itself has.

use super::event::{Event, EventId};
use super::graph::Graph;

/// Threads of a block.
const BLOCK: usize = 8;

/// A set of events that contains, with an event, all earlier ones of its thread: the counts of one block of threads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts([u16; BLOCK]);

/// Events of one thread, or one execution, that a clock can count.
pub(super) const MOST_EVENTS: u64 = u16::MAX as u64 - 1;

impl Counts {
    /// Adds an event, and the earlier ones of its thread, if this is the block of its thread.
    #[inline]
    pub(super) fn add(&mut self, block: usize, event: EventId) {
        let own = (event.thread as usize).wrapping_sub(block * BLOCK);
        // All of the block, as one vector: one count alone, written and then read with the others, would stall.
        for (slot, count) in self.0.iter_mut().enumerate() {
            let known = if slot == own {
                event.index as u16 + 1
            } else {
                0
            };
            *count = (*count).max(known);
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

/// What events know of the blocks of threads after the first.
#[derive(Clone, Debug, Default)]
pub(super) struct FarBlocks {
    /// By thread, so many blocks of each event.
    known: Vec<Vec<Known>>,
    /// How many there are; most often none.
    count: usize,
}

impl FarBlocks {
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    #[cold]
    pub(super) fn get(&self, event: EventId, far: usize) -> &Known {
        &self.known[event.thread as usize][event.index as usize * self.count + far]
    }

    #[cold]
    pub(super) fn get_mut(&mut self, event: EventId, far: usize) -> &mut Known {
        &mut self.known[event.thread as usize][event.index as usize * self.count + far]
    }

    /// Has as many as there are events.
    #[inline]
    pub(super) fn fit(&mut self, threads: &[Vec<Event>]) {
        if self.count > 0 {
            self.known.resize_with(threads.len(), Vec::new);
            for (events, known) in threads.iter().zip(&mut self.known) {
                known.resize(events.len() * self.count, Known::default());
            }
        }
    }

    /// Has a block for each of the threads.
    pub(super) fn widen(&mut self, threads: &[Vec<Event>]) {
        let (old, new) = (self.count, (threads.len() - 1) / BLOCK);
        if new > old {
            let narrow = core::mem::take(&mut self.known);
            self.count = new;
            self.fit(threads);
            for (known, narrow) in self.known.iter_mut().zip(&narrow) {
                for (known, narrow) in known.chunks_mut(new).zip(narrow.chunks(old.max(1))) {
                    known[..old].copy_from_slice(narrow);
                }
            }
        }
    }
}

/// One clock of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// The counts of the first block of threads.
    near: &'a Counts,
    far: &'a FarBlocks,
    event: EventId,
    clock: fn(&Known) -> &Counts,
}

impl View<'_> {
    /// How many events of `thread` are in the set.
    #[inline]
    pub(super) fn get(&self, thread: u32) -> u32 {
        match self.near.0.get(thread as usize) {
            Some(count) => u32::from(*count),
            None => self.get_far(thread),
        }
    }

    #[cold]
    fn get_far(&self, thread: u32) -> u32 {
        let far = thread as usize / BLOCK - 1;
        if far >= self.far.count {
            return 0;
        }
        let Counts(counts) = (self.clock)(self.far.get(self.event, far));
        u32::from(counts[thread as usize % BLOCK])
    }

    /// Whether the event is in the set.
    #[inline]
    pub(super) fn contains(&self, event: EventId) -> bool {
        self.get(event.thread) > event.index
    }
}

impl Graph {
    /// What comes before the event in program order and reads-from, with itself.
    #[inline]
    pub(super) fn porf(&self, event: EventId) -> View<'_> {
        self.view(event, |known| &known.porf)
    }

    /// What happens before the event, with itself.
    #[inline]
    pub(super) fn hb(&self, event: EventId) -> View<'_> {
        self.view(event, |known| &known.hb)
    }

    #[inline]
    fn view(&self, event: EventId, clock: fn(&Known) -> &Counts) -> View<'_> {
        View {
            near: clock(&self.at(event).known),
            far: &self.far,
            event,
            clock,
        }
    }
}
