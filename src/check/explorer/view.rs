//! Vector clocks: for each thread, how many of its events are known.

use super::event::EventId;

/// Threads whose counts are kept in place; an event has several clocks, and most programs have few threads.
const INLINE: usize = 8;

/// A set of events that contains, with an event, all earlier ones of its thread.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    low: [u16; INLINE],
    /// The counts of the threads after those.
    high: Vec<u16>,
}

/// Events of one thread, or one execution, that a clock can count.
pub(super) const MOST_EVENTS: u64 = u16::MAX as u64 - 1;

impl View {
    /// How many events of `thread` are in the set.
    #[inline]
    pub(super) fn get(&self, thread: u32) -> u32 {
        let thread = thread as usize;
        let count = match self.low.get(thread) {
            Some(count) => *count,
            None => self.high.get(thread - INLINE).copied().unwrap_or(0),
        };
        u32::from(count)
    }

    /// Whether the event is in the set.
    #[inline]
    pub(super) fn contains(&self, event: EventId) -> bool {
        self.get(event.thread) > event.index
    }

    /// Adds an event, and the earlier ones of its thread.
    #[inline]
    pub(super) fn add(&mut self, event: EventId) {
        let thread = event.thread as usize;
        let count = event.index as u16 + 1;
        if thread < INLINE {
            self.low[thread] = self.low[thread].max(count);
        } else {
            let high = &mut self.high;
            let thread = thread - INLINE;
            if high.len() <= thread {
                high.resize(thread + 1, 0);
            }
            high[thread] = high[thread].max(count);
        }
    }

    #[inline]
    pub(super) fn join(&mut self, other: &Self) {
        for (mine, theirs) in self.low.iter_mut().zip(&other.low) {
            *mine = (*mine).max(*theirs);
        }
        if self.high.len() < other.high.len() {
            self.high.resize(other.high.len(), 0);
        }
        for (mine, theirs) in self.high.iter_mut().zip(&other.high) {
            *mine = (*mine).max(*theirs);
        }
    }
}
