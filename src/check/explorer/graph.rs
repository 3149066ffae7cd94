//! The execution graph: events, reads-from, modification order.
//!
//! Program order is the order within a thread. Every set of events that is kept when a graph is cut is closed
//! under program order, so cutting is truncating threads.

use core::sync::atomic::Ordering;
use std::cell::RefCell;
use std::rc::Rc;

use smallvec::SmallVec;

use super::event::{Event, EventId, Kind, Loc, NOWHERE, Update};
use super::view::{BLOCK, Counts, Far, Known, View};
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
    /// What each event knows of the blocks of threads after the first, and how many there are; most often none.
    far: Vec<Vec<Known>>,
    blocks: usize,
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
            far,
            blocks,
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
            blocks,
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
        let kept = |event: &&EventId| event.index < keep[event.thread as usize];
        self.blocks = other.blocks;
        self.threads.resize_with(keep.len(), Vec::new);
        for ((mine, theirs), keep) in self.threads.iter_mut().zip(&other.threads).zip(keep) {
            mine.clear();
            mine.extend_from_slice(&theirs[..*keep as usize]);
        }
        self.far.clone_from(&other.far);
        self.fit_far();
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
            far: Far {
                known: &self.far,
                blocks: self.blocks,
                event,
                clock,
            },
        }
    }

    /// What the event knows of a block of threads, and its hash.
    #[inline]
    pub(super) fn known(&self, id: EventId, block: usize) -> (&Known, u64) {
        let event = self.at(id);
        let known = match block.checked_sub(1) {
            None => &event.known,
            Some(far) => &self.far[id.thread as usize][id.index as usize * self.blocks + far],
        };
        (known, event.hash)
    }

    #[inline]
    pub(super) fn set_known(&mut self, id: EventId, block: usize, known: Known, hash: u64) {
        let event = &mut self.threads[id.thread as usize][id.index as usize];
        event.hash = hash;
        let place = match block.checked_sub(1) {
            None => &mut event.known,
            Some(far) => &mut self.far[id.thread as usize][id.index as usize * self.blocks + far],
        };
        *place = known;
    }

    /// How many blocks of threads there are after the first.
    #[inline]
    pub(super) fn far_blocks(&self) -> usize {
        self.blocks
    }

    /// Makes what events know of far blocks as long as the threads are.
    #[inline]
    fn fit_far(&mut self) {
        if self.blocks > 0 {
            for (events, far) in self.threads.iter().zip(&mut self.far) {
                far.resize(events.len() * self.blocks, Known::default());
            }
        }
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
            self.reach(thread as usize);
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
        self.fit_far();
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

    /// Makes room for a thread.
    #[cold]
    fn reach(&mut self, thread: usize) {
        self.threads.resize_with(thread + 1, Vec::new);
        let (old, new) = (self.blocks, thread / BLOCK);
        if new > 0 {
            self.far.resize_with(thread + 1, Vec::new);
        }
        if new > old {
            self.blocks = new;
            for (events, far) in self.threads.iter().zip(&mut self.far) {
                let narrow = core::mem::take(far);
                far.resize(events.len() * new, Known::default());
                for index in 0..events.len() {
                    far[index * new..][..old].copy_from_slice(&narrow[index * old..][..old]);
                }
            }
        }
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
        self.fit_far();
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
