//! Copies of a graph, and what is left of it when events go.
//!
//! Every set of events that is kept is closed under program order, so that cutting is shortening threads.

use smallvec::SmallVec;

use super::event::{Event, EventId, Kind};
use super::graph::{Graph, Variable};

impl Graph {
    /// Becomes what the other is when so many events of each thread are kept, in the memory that it has.
    pub(super) fn copy(&mut self, other: &Self, keep: &[u32]) {
        let kept = |event: &&EventId| event.index < keep[event.thread as usize];
        self.threads.resize_with(keep.len(), Vec::new);
        for ((mine, theirs), keep) in self.threads.iter_mut().zip(&other.threads).zip(keep) {
            mine.clear();
            mine.extend_from_slice(&theirs[..*keep as usize]);
        }
        self.far.clone_from(&other.far);
        self.far.fit(&self.threads);
        (self.spent, self.sc, self.stamp) = (other.spent, other.sc, other.stamp);
        for (events, keep) in other.threads.iter().zip(keep) {
            for event in &events[*keep as usize..] {
                self.count_out(event);
            }
        }
        self.order.clear();
        self.order.extend(other.order.iter().filter(kept));
        let locations = other.variables.len();
        self.variables.resize_with(locations, Variable::default);
        for (loc, theirs) in other.variables.iter().enumerate() {
            let mine = &mut self.variables[loc];
            mine.initial = theirs.initial;
            mine.reads.clear();
            mine.reads.extend(theirs.reads.iter().filter(kept));
            mine.co.clear();
            mine.co.extend(theirs.co.iter().filter(kept));
            if mine.co.len() < theirs.co.len() {
                self.renumber(loc, 0);
            }
        }
        self.waiters.clone_from(&other.waiters);
    }

    /// Keeps so many events of each thread; those depend on no others.
    pub(super) fn keep(&mut self, keep: &[u32]) {
        for (thread, keep) in keep.iter().enumerate() {
            while self.threads[thread].len() > *keep as usize
                && let Some(event) = self.threads[thread].pop()
            {
                self.count_out(&event);
            }
        }
        self.far.fit(&self.threads);
        let kept = |event: &EventId| event.index < keep[event.thread as usize];
        self.order.retain(kept);
        for loc in 0..self.variables.len() {
            let variable = &mut self.variables[loc];
            let writes = variable.co.len();
            variable.reads.retain(kept);
            variable.co.retain(kept);
            if variable.co.len() < writes {
                self.renumber(loc, 0);
            }
        }
    }

    /// Forgets all events.
    pub(super) fn clear(&mut self) {
        self.cut(0);
        self.stamp = 0;
    }

    /// Forgets all events that were added after `stamp`.
    ///
    /// They are the last of the order: of what was there before, only a revisited read ever moves, when none of
    /// those is there yet.
    pub(super) fn cut(&mut self, stamp: u32) {
        while let Some(last) = self.order.last()
            && self.at(*last).stamp > stamp
        {
            self.take_last(last.thread);
        }
    }

    /// How many events of each thread were there at `stamp`.
    pub(super) fn kept_at(&self, stamp: u32) -> SmallVec<[u32; 16]> {
        let mut keep: SmallVec<[u32; 16]> = SmallVec::new();
        for events in &self.threads {
            let mut kept = events.len();
            while kept > 0 && events[kept - 1].stamp > stamp {
                kept -= 1;
            }
            keep.push(kept as u32);
        }
        keep
    }

    /// Keeps so many events of a thread, after the last of which nobody else has read anything.
    pub(super) fn shorten(&mut self, thread: u32, keep: u32) {
        while self.len(thread) > keep {
            self.take_last(thread);
        }
    }

    /// Takes the last event of a thread out of the graph.
    fn take_last(&mut self, thread: u32) {
        let index = thread as usize;
        let Some(event) = self.threads[index].pop() else {
            return;
        };
        let count = self.threads[index].len();
        let id = EventId {
            thread,
            index: count as u32,
        };
        take_out(&mut self.order, id);
        if event.kind.reads() {
            take_out(&mut self.variables[event.loc as usize].reads, id);
        } else if event.kind.writes() {
            let (loc, place) = (event.loc as usize, event.position as usize - 1);
            self.variables[loc].co.remove(place);
            self.renumber(loc, place);
        }
        self.count_out(&event);
        self.far.fit(&self.threads);
    }

    /// What no longer counts when an event goes.
    #[inline]
    fn count_out(&mut self, event: &Event) {
        self.sc -= u32::from(event.is_sc());
        Self::spend_of(&mut self.spent, event.kind, event.update, event.pick, -1);
        let ticket = event.source;
        if event.kind == Kind::Unlock && self.len(ticket.thread) > ticket.index {
            self.at_mut(ticket).unlock = None;
        }
    }
}

/// Takes out one event, most often the last.
fn take_out(events: &mut Vec<EventId>, event: EventId) {
    if events.last() == Some(&event) {
        events.pop();
    } else {
        events.retain(|other| *other != event);
    }
}
