//! The execution graph: events, reads-from, modification order.
//!
//! Program order is the order within a thread. Every set of events that is kept when a graph is cut is closed
//! under program order, so cutting is truncating threads.

use core::sync::atomic::Ordering;
use std::cell::RefCell;
use std::rc::Rc;

use smallvec::SmallVec;

use super::event::{Event, EventId, Kind, Loc, NOWHERE, Update};
use super::view::View;
use super::waiters::Waiters;

/// What is known of a location.
#[derive(Debug, Default)]
pub(super) struct Variable {
    pub(super) initial: u64,
    /// Its writes in modification order, without the initial one.
    pub(super) co: Vec<EventId>,
    pub(super) reads: Vec<EventId>,
}

impl Clone for Variable {
    fn clone(&self) -> Self {
        let mut copy = Self::default();
        copy.clone_from(self);
        copy
    }

    fn clone_from(&mut self, other: &Self) {
        self.initial = other.initial;
        self.co.clone_from(&other.co);
        self.reads.clone_from(&other.reads);
    }
}

/// How much of what an execution may have only so often is used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) spurious: u32,
    pub(super) weak: u32,
    pub(super) timeouts: u32,
}

#[derive(Debug, Default)]
pub(super) struct Graph<W = Rc<RefCell<Waiters>>> {
    pub(super) threads: Vec<Vec<Event>>,
    pub(super) variables: Vec<Variable>,
    /// The events in an order in which the program can be run again: one that contains program order and
    /// reads-from.
    pub(super) order: Vec<EventId>,
    pub(super) spent: Spent,
    /// SeqCst accesses and fences.
    pub(super) sc: u32,
    stamp: u32,
    pub(super) waiters: W,
}

impl<W> Graph<W> {
    /// The same with the lists of waiters in another form.
    pub(super) fn map_waiters<V>(self, f: impl FnOnce(W) -> V) -> Graph<V> {
        let Self {
            threads,
            variables,
            order,
            spent,
            sc,
            stamp,
            waiters,
        } = self;
        Graph {
            threads,
            variables,
            order,
            spent,
            sc,
            stamp,
            waiters: f(waiters),
        }
    }
}

/// What an event is before it is put into the graph.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label {
    pub(super) kind: Kind,
    pub(super) loc: Loc,
    pub(super) order: Ordering,
    pub(super) update: Option<Update>,
    pub(super) source: EventId,
    pub(super) value: u64,
}

impl Label {
    pub(super) fn of(kind: Kind) -> Self {
        Self {
            kind,
            loc: NOWHERE,
            order: Ordering::Relaxed,
            update: None,
            source: EventId::INIT,
            value: 0,
        }
    }
}

impl Graph {
    /// Becomes what the other is when so many events of each thread are kept, in the memory that it has.
    pub(super) fn copy(&mut self, other: &Self, keep: &[u32]) {
        self.threads.truncate(keep.len());
        self.threads.resize_with(keep.len(), Vec::new);
        for ((mine, theirs), keep) in self.threads.iter_mut().zip(&other.threads).zip(keep) {
            mine.clear();
            mine.extend_from_slice(&theirs[..*keep as usize]);
        }
        self.variables.clone_from(&other.variables);
        self.order.clone_from(&other.order);
        self.spent = other.spent;
        self.sc = other.sc;
        self.stamp = other.stamp;
        self.waiters.clone_from(&other.waiters);
        let gone = self.count_out(&other.threads, keep);
        self.forget(&gone, keep);
    }

    #[inline]
    pub(super) fn at(&self, event: EventId) -> &Event {
        &self.threads[event.thread as usize][event.index as usize]
    }

    #[inline]
    pub(super) fn at_mut(&mut self, event: EventId) -> &mut Event {
        &mut self.threads[event.thread as usize][event.index as usize]
    }

    #[inline]
    pub(super) fn len(&self, thread: u32) -> u32 {
        self.threads
            .get(thread as usize)
            .map_or(0, |events| events.len() as u32)
    }

    #[inline]
    pub(super) fn last(&self, thread: u32) -> Option<&Event> {
        self.threads.get(thread as usize)?.last()
    }

    #[inline]
    pub(super) fn stamp(&self) -> u32 {
        self.stamp
    }

    /// Whether there are events that a SeqCst order could contradict.
    #[inline]
    pub(super) fn needs_sc(&self) -> bool {
        self.sc > 1
    }

    /// The place of a write in its modification order.
    #[inline]
    pub(super) fn position(&self, write: EventId) -> u32 {
        if write.is_init() {
            0
        } else {
            self.at(write).position
        }
    }

    #[inline]
    pub(super) fn value_of(&self, write: EventId, loc: Loc) -> u64 {
        if write.is_init() {
            self.variables[loc as usize].initial
        } else {
            self.at(write).value
        }
    }

    #[inline]
    pub(super) fn variable(&self, loc: Loc) -> &Variable {
        &self.variables[loc as usize]
    }

    /// The write at a place of the modification order.
    pub(super) fn write_at(&self, loc: Loc, position: u32) -> EventId {
        match position.checked_sub(1) {
            None => EventId::INIT,
            Some(index) => self.variables[loc as usize].co[index as usize],
        }
    }

    #[inline]
    pub(super) fn latest(&self, loc: Loc) -> EventId {
        self.write_at(loc, self.variables[loc as usize].co.len() as u32)
    }

    /// The earliest write that coherence lets be read, or be directly before a write, where `hb` happened.
    pub(super) fn bound(&self, loc: Loc, hb: &View) -> u32 {
        let variable = &self.variables[loc as usize];
        let written = variable.co.iter().rposition(|write| hb.contains(*write));
        let mut bound = written.map_or(0, |index| index as u32 + 1);
        for read in &variable.reads {
            if hb.contains(*read) {
                bound = bound.max(self.position(self.at(*read).source));
            }
        }
        bound
    }

    /// Whether a write may come directly after the one at `position`: nothing comes between a write and the
    /// read-modify-write that reads it.
    #[inline]
    pub(super) fn is_open(&self, loc: Loc, position: u32) -> bool {
        self.update_after(loc, position).is_none()
    }

    /// The read-modify-write's write that reads the write at `position`, if there is one.
    #[inline]
    pub(super) fn update_after(&self, loc: Loc, position: u32) -> Option<EventId> {
        let next = *self.variables[loc as usize].co.get(position as usize)?;
        (self.at(next).kind == Kind::UpdateWrite).then_some(next)
    }

    // --- growing ---

    /// Puts an event at the end of its thread, without a place in the modification order.
    #[inline]
    pub(super) fn push(&mut self, thread: u32, label: Label) -> EventId {
        let events = {
            let index = thread as usize;
            if self.threads.len() <= index {
                self.threads.resize_with(index + 1, Vec::new);
            }
            &mut self.threads[index]
        };
        let event = EventId {
            thread,
            index: events.len() as u32,
        };
        self.stamp += 1;
        events.push(Event {
            kind: label.kind,
            loc: label.loc,
            order: label.order,
            update: label.update,
            source: label.source,
            value: label.value,
            pick: 0,
            stamp: self.stamp,
            position: 0,
            unlock: None,
            porf: View::default(),
            hb: View::default(),
            seen: View::default(),
            fenced: View::default(),
            message: View::default(),
            hash: 0,
        });
        self.order.push(event);
        if label.kind.reads() {
            self.variables[label.loc as usize].reads.push(event);
        }
        if label.kind == Kind::Unlock {
            self.at_mut(label.source).unlock = Some(event);
        }
        if label.order == Ordering::SeqCst {
            self.sc += 1;
        }
        self.derive(event);
        event
    }

    /// Puts a write into the modification order, directly after the one at `position`.
    pub(super) fn insert(&mut self, write: EventId, position: u32) {
        let loc = self.at(write).loc as usize;
        self.variables[loc].co.insert(position as usize, write);
        self.renumber(loc, position as usize);
    }

    fn renumber(&mut self, loc: usize, from: usize) {
        for (index, write) in self.variables[loc].co.iter().enumerate().skip(from) {
            let event = &mut self.threads[write.thread as usize][write.index as usize];
            event.position = index as u32 + 1;
        }
    }

    /// Moves a write that has a place to another.
    pub(super) fn place_after(&mut self, write: EventId, predecessor: EventId) {
        let event = self.at(write);
        let (loc, old) = (event.loc as usize, event.position as usize - 1);
        self.variables[loc].co.remove(old);
        self.renumber(loc, old);
        let position = self.position(predecessor);
        self.insert(write, position);
    }

    // --- shrinking ---

    /// Forgets all events.
    pub(super) fn clear(&mut self) {
        self.cut(0);
        self.stamp = 0;
    }

    /// Forgets all events that were added after `stamp`.
    pub(super) fn cut(&mut self, stamp: u32) {
        let keep = self.kept_at(stamp);
        self.truncate(&keep);
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

    /// Keeps so many events of each thread.
    pub(super) fn truncate(&mut self, keep: &[u32]) {
        let mut threads = core::mem::take(&mut self.threads);
        let gone = self.count_out(&threads, keep);
        for (events, keep) in threads.iter_mut().zip(keep) {
            events.truncate(*keep as usize);
        }
        self.threads = threads;
        self.forget(&gone, keep);
    }

    /// Takes what is not kept of these events out of the counts.
    fn count_out(&mut self, threads: &[Vec<Event>], keep: &[u32]) -> Gone {
        let mut gone = Gone::default();
        for (events, keep) in threads.iter().zip(keep) {
            let keep = events.len().min(*keep as usize);
            for event in &events[keep..] {
                gone.events += 1;
                if event.loc != NOWHERE {
                    gone.count(event);
                }
                if event.kind == Kind::Unlock {
                    gone.unlocked.push(event.source);
                }
                self.sc -= u32::from(event.is_sc());
                Self::spend_of(&mut self.spent, event.kind, event.update, event.pick, -1);
            }
        }
        gone
    }

    /// Takes what is not kept out of all orders.
    fn forget(&mut self, gone: &Gone, keep: &[u32]) {
        if gone.events == 0 {
            return;
        }
        let kept = |event: &EventId| event.index < keep[event.thread as usize];
        for (loc, reads, writes) in &gone.locations {
            let variable = &mut self.variables[*loc as usize];
            retain(&mut variable.reads, *reads, kept);
            if let Some(from) = retain(&mut variable.co, *writes, kept) {
                self.renumber(*loc as usize, from);
            }
        }
        for ticket in &gone.unlocked {
            if kept(ticket) {
                self.at_mut(*ticket).unlock = None;
            }
        }
        retain(&mut self.order, gone.events, kept);
    }
}

/// Takes out those that are not kept, of which there are so many: most often the last. The place of the first,
/// if others stood behind it.
fn retain(
    events: &mut Vec<EventId>,
    gone: usize,
    kept: impl Fn(&EventId) -> bool,
) -> Option<usize> {
    let first = events.len() - gone;
    if events[first..].iter().all(|event| !kept(event)) {
        events.truncate(first);
        return None;
    }
    let from = events.iter().position(|event| !kept(event));
    events.retain(kept);
    from
}

/// What cutting a graph leaves to be done.
#[derive(Default)]
struct Gone {
    events: usize,
    /// How many reads and writes of each.
    locations: SmallVec<[(Loc, usize, usize); 16]>,
    /// Tickets whose unlocks go.
    unlocked: SmallVec<[EventId; 4]>,
}

impl Gone {
    fn count(&mut self, event: &Event) {
        let known = self
            .locations
            .iter()
            .position(|(loc, ..)| *loc == event.loc);
        let index = known.unwrap_or_else(|| {
            self.locations.push((event.loc, 0, 0));
            self.locations.len() - 1
        });
        let (_, reads, writes) = &mut self.locations[index];
        *reads += usize::from(event.kind.reads());
        *writes += usize::from(event.kind.writes());
    }
}
