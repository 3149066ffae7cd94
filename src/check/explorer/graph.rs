//! The execution graph: events, reads-from, modification order.
//!
//! Program order is the order within a thread.

use core::sync::atomic::Ordering;
use std::cell::RefCell;
use std::rc::Rc;

use super::event::{Event, EventId, Kind, Loc, NOWHERE, Update};
use super::view::{FarBlocks, Known, View};
use super::waiters::Waiters;

/// What is known of a location.
#[derive(Debug, Default)]
pub(super) struct Variable {
    pub(super) initial: u64,
    /// Its writes in modification order, without the initial one.
    pub(super) co: Vec<EventId>,
    pub(super) reads: Vec<EventId>,
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
    pub(super) far: FarBlocks,
    pub(super) variables: Vec<Variable>,
    /// The events in an order in which the program can be run again: one that contains program order and
    /// reads-from.
    pub(super) order: Vec<EventId>,
    pub(super) spent: Spent,
    /// SeqCst accesses and fences.
    pub(super) sc: u32,
    pub(super) stamp: u32,
    pub(super) waiters: W,
}

impl<W> Graph<W> {
    /// The same with the lists of waiters in another form.
    pub(super) fn map_waiters<V>(self, f: impl FnOnce(W) -> V) -> Graph<V> {
        let Self {
            threads,
            far,
            variables,
            order,
            spent,
            sc,
            stamp,
            waiters,
        } = self;
        Graph {
            threads,
            far,
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

    pub(super) fn last_id(&self, thread: u32) -> Option<EventId> {
        let index = self.len(thread).checked_sub(1)?;
        Some(EventId { thread, index })
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
    pub(super) fn bound(&self, loc: Loc, hb: View<'_>) -> u32 {
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
        if self.threads.len() <= thread as usize {
            self.threads.resize_with(thread as usize + 1, Vec::new);
            self.far.widen(&self.threads);
        }
        let events = &mut self.threads[thread as usize];
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
            known: Known::default(),
            hash: 0,
        });
        self.far.fit(&self.threads);
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

    pub(super) fn renumber(&mut self, loc: usize, from: usize) {
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
}
