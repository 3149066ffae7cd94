//! Vector clocks: for each thread, how many of its events are known.

use super::event::EventId;

/// Threads whose counts are kept in place; an event has several clocks, and most programs have few threads.
const INLINE: usize = 8;

/// A set of events that contains, with an event, all earlier ones of its thread.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    low: [u16; INLINE],
    /// The counts of the threads after those; mostly none, and then a null pointer: events are copied often.
    #[expect(
        clippy::box_collection,
        reason = "it is to be small where there is none"
    )]
    high: Option<Box<Vec<u16>>>,
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
            None => {
                let high = self.high.as_deref();
                high.and_then(|high| high.get(thread - INLINE))
                    .copied()
                    .unwrap_or(0)
            }
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
            let high = self.high.get_or_insert_default();
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
        if let Some(theirs) = &other.high {
            self.join_high(theirs);
        }
    }

    #[cold]
    fn join_high(&mut self, theirs: &[u16]) {
        let mine = self.high.get_or_insert_default();
        if mine.len() < theirs.len() {
            mine.resize(theirs.len(), 0);
        }
        for (mine, theirs) in mine.iter_mut().zip(theirs) {
            *mine = (*mine).max(*theirs);
        }
    }
}
