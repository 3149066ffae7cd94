//! Vector clocks: for each thread, how many of its events are known.

use smallvec::SmallVec;

use super::event::EventId;

/// A set of events that contains, with an event, all earlier ones of its thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct View(SmallVec<[u32; 6]>);

impl View {
    /// How many events of `thread` are in the set.
    #[inline]
    pub(super) fn get(&self, thread: u32) -> u32 {
        self.0.get(thread as usize).copied().unwrap_or(0)
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
        if self.0.len() <= thread {
            self.0.resize(thread + 1, 0);
        }
        self.0[thread] = self.0[thread].max(event.index + 1);
    }

    #[inline]
    pub(super) fn join(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = (*mine).max(*theirs);
        }
    }
}
