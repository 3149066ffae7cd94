//! The execution graph: events, reads-from, modification order.
//!
//! Program order is the order within a thread. Every set of events that is kept when a graph is cut is closed
//! under program order, so cutting is truncating threads.

use core::hash::{Hash, Hasher};
use core::sync::atomic::Ordering;
use std::cell::RefCell;
use std::rc::Rc;

use smallvec::SmallVec;

use super::event::{Choice, Event, EventId, Kind, Loc, Manner, NOWHERE, Section, Update};
use super::mix::Mix;
use super::view::View;
use super::waiters::Waiters;
use crate::check::clock::{acquires, releases};

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
pub(super) struct Graph {
    pub(super) threads: Vec<Vec<Event>>,
    pub(super) variables: Vec<Variable>,
    /// The events in an order in which the program can be run again: one that contains program order and
    /// reads-from.
    pub(super) order: Vec<EventId>,
    pub(super) spent: Spent,
    /// SeqCst accesses and fences.
    sc: u32,
    stamp: u32,
    waiters: Rc<RefCell<Waiters>>,
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

    pub(super) fn last(&self, thread: u32) -> Option<&Event> {
        self.threads.get(thread as usize)?.last()
    }

    pub(super) fn stamp(&self) -> u32 {
        self.stamp
    }

    /// Whether there are events that a SeqCst order could contradict.
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
    pub(super) fn is_open(&self, loc: Loc, position: u32) -> bool {
        self.update_after(loc, position).is_none()
    }

    /// The read-modify-write's write that reads the write at `position`, if there is one.
    pub(super) fn update_after(&self, loc: Loc, position: u32) -> Option<EventId> {
        let next = *self.variables[loc as usize].co.get(position as usize)?;
        (self.at(next).kind == Kind::UpdateWrite).then_some(next)
    }

    /// What the update writes when it finds `old`; none if it only reads.
    pub(super) fn apply(&self, update: Update, old: u64, pick: u16) -> Option<u64> {
        let mut waiters = self.waiters.borrow_mut();
        match update {
            Update::Fetch { op, int, operand } => Some(op.apply(int, old, operand)),
            Update::Exchange { expected, new, .. } => (old == expected && pick == 0).then_some(new),
            Update::Ticket(..) => (pick == 0).then_some(0),
            Update::Enqueue(thread) => Some(waiters.with(old, thread)),
            Update::Leave(thread) => waiters
                .contains(old, thread)
                .then(|| waiters.without(old, thread)),
            Update::NotifyOne => Some(waiters.without_nth(old, usize::from(pick))),
            Update::NotifyAll => Some(0),
            Update::TakeToken => (old == 1).then_some(0),
            Update::GiveToken => Some(1),
        }
    }

    /// How many waiters a condvar's value stands for.
    pub(super) fn waiting(&self, value: u64) -> usize {
        self.waiters.borrow().count(value)
    }

    /// The event that took the waiter from the list of its condvar, if one did.
    pub(super) fn notification(&self, enqueued: EventId) -> Option<EventId> {
        let event = self.at(enqueued);
        let waiters = self.waiters.borrow();
        let later = &self.variables[event.loc as usize].co[event.position as usize..];
        later
            .iter()
            .find(|write| !waiters.contains(self.at(**write).value, enqueued.thread))
            .copied()
    }

    // --- locks ---

    pub(super) fn ticket(&self, ticket: EventId) -> (Section, Manner) {
        match self.at(ticket).update {
            Some(Update::Ticket(section, manner)) => (section, manner),
            other => unreachable!("{ticket:?} is a ticket, not {other:?}"),
        }
    }

    /// The place before a ticket in its queue.
    fn ahead(&self, ticket: EventId) -> EventId {
        let read = ticket.before().expect("a ticket's write has its read");
        self.at(read).source
    }

    /// The tickets whose sections must have ended before this one's may begin.
    pub(super) fn awaited(&self, ticket: EventId) -> SmallVec<[EventId; 4]> {
        let (section, _) = self.ticket(ticket);
        let mut awaited = SmallVec::new();
        let mut ahead = self.ahead(ticket);
        while !ahead.is_init() {
            let (theirs, _) = self.ticket(ahead);
            if section == Section::Alone || theirs == Section::Alone {
                awaited.push(ahead);
            }
            if theirs == Section::Alone {
                break;
            }
            ahead = self.ahead(ahead);
        }
        awaited
    }

    /// Whether the turn of a ticket has come.
    pub(super) fn is_turn(&self, ticket: EventId) -> bool {
        self.awaited(ticket)
            .iter()
            .all(|ahead| self.at(*ahead).unlock.is_some())
    }

    /// Whether a try for `section` that looks at the queue up to `source` may find the lock held, where `hb`
    /// has happened; with none, all.
    fn may_find_held(&self, source: EventId, section: Section, hb: Option<&View>) -> bool {
        let mut ahead = source;
        while !ahead.is_init() {
            let (theirs, _) = self.ticket(ahead);
            let over = self
                .at(ahead)
                .unlock
                .is_some_and(|unlock| hb.is_none_or(|hb| hb.contains(unlock)));
            if !over && (section == Section::Alone || theirs == Section::Alone) {
                return true;
            }
            if theirs == Section::Alone {
                break;
            }
            ahead = self.ahead(ahead);
        }
        false
    }

    /// Whether the read would find the same again, however often it looks, if nothing more is written.
    pub(super) fn finds_the_same(&self, read: &Event) -> bool {
        let latest = self.latest(read.loc) == read.source;
        match read.update {
            // The lock may have been let go since.
            Some(Update::Ticket(section, _)) => {
                latest && self.may_find_held(read.source, section, None)
            }
            // A weak exchange does not fail without a reason for ever.
            Some(Update::Exchange { .. }) => latest && read.pick == 0,
            _ => latest,
        }
    }

    /// The alternatives to pick 0 that an event has, budgets aside.
    pub(super) fn alternatives(&self, event: EventId) -> SmallVec<[u16; 4]> {
        let e = self.at(event);
        match (e.kind, e.update) {
            (Kind::Choice(Choice::Reuse(blocks)), _) => (1..=blocks).collect(),
            (Kind::Choice(Choice::Wait { timed: true }), _) => SmallVec::from_slice(&[1, 2]),
            (Kind::Choice(Choice::Wait { timed: false }), _) => SmallVec::from_slice(&[2]),
            (Kind::UpdateRead, Some(Update::Exchange { expected, weak, .. }))
                if weak && e.value == expected =>
            {
                SmallVec::from_slice(&[1])
            }
            (Kind::UpdateRead, Some(Update::NotifyOne)) => {
                (1..self.waiting(e.value).min(usize::from(u16::MAX)) as u16).collect()
            }
            (Kind::UpdateRead, Some(Update::Ticket(section, Manner::Tries)))
                if self.may_find_held(e.source, section, Some(&e.hb)) =>
            {
                SmallVec::from_slice(&[1])
            }
            _ => SmallVec::new(),
        }
    }

    // --- growing ---

    /// Puts an event at the end of its thread, without a place in the modification order.
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

    /// Lets a read read another write. The event is the last of its thread.
    pub(super) fn read_from(&mut self, read: EventId, source: EventId) {
        let loc = self.at(read).loc;
        let value = self.value_of(source, loc);
        self.set_pick(read, 0);
        let event = self.at_mut(read);
        event.source = source;
        event.value = value;
        self.settle_order(read);
        self.derive(read);
    }

    /// A compare-exchange has the ordering of how it ends.
    pub(super) fn settle_order(&mut self, read: EventId) {
        let event = self.at(read);
        if let Some(Update::Exchange {
            expected,
            success,
            failure,
            ..
        }) = event.update
        {
            let order = if event.value == expected && event.pick == 0 {
                success
            } else {
                failure
            };
            self.sc -= u32::from(event.is_sc());
            let event = self.at_mut(read);
            event.order = order;
            self.sc += u32::from(event.is_sc());
        }
    }

    pub(super) fn set_pick(&mut self, event: EventId, pick: u16) {
        let old = self.at(event).pick;
        self.spend(event, -1);
        self.at_mut(event).pick = pick;
        self.spend(event, 1);
        if old != pick {
            self.settle_order(event);
        }
    }

    fn spend(&mut self, event: EventId, sign: i32) {
        let event = self.at(event);
        let (kind, update, pick) = (event.kind, event.update, event.pick);
        Self::spend_of(&mut self.spent, kind, update, pick, sign);
    }

    fn spend_of(spent: &mut Spent, kind: Kind, update: Option<Update>, pick: u16, sign: i32) {
        let count = match (kind, update, pick) {
            (Kind::Choice(Choice::Wait { .. }), _, 1) => &mut spent.timeouts,
            (Kind::Choice(Choice::Wait { .. }), _, 2) => &mut spent.spurious,
            (Kind::UpdateRead, Some(Update::Exchange { .. }), 1) => &mut spent.weak,
            _ => return,
        };
        *count = count.wrapping_add_signed(sign);
    }

    /// Computes the views of the last event of a thread.
    pub(super) fn derive(&mut self, id: EventId) {
        let event = self.at(id);
        let before = match (event.kind, id.before()) {
            (Kind::Start, _) if !event.source.is_init() => Some(event.source),
            (_, before) => before,
        };
        let (mut porf, mut hb, mut seen, mut fenced, past) = match before {
            None => (
                View::default(),
                View::default(),
                View::default(),
                View::default(),
                0,
            ),
            Some(before) => {
                let b = self.at(before);
                if event.kind == Kind::Start {
                    (
                        b.porf.clone(),
                        b.hb.clone(),
                        View::default(),
                        View::default(),
                        b.hash,
                    )
                } else {
                    (
                        b.porf.clone(),
                        b.hb.clone(),
                        b.seen.clone(),
                        b.fenced.clone(),
                        b.hash,
                    )
                }
            }
        };
        porf.add(id);
        hb.add(id);
        let mut message = View::default();
        let mut hash = Mix::from(past);
        event.kind.hash(&mut hash);
        event.loc.hash(&mut hash);
        event.pick.hash(&mut hash);
        match event.kind {
            Kind::Load | Kind::UpdateRead => {
                if event.source.is_init() {
                    hash.write_u64(1);
                } else {
                    let source = self.at(event.source);
                    hash.write_u64(source.hash);
                    porf.join(&source.porf);
                    if event.acquires() {
                        hb.join(&source.message);
                    } else {
                        seen.join(&source.message);
                    }
                }
            }
            Kind::Store | Kind::End => {
                message = if event.releases() { &hb } else { &fenced }.clone();
            }
            Kind::UpdateWrite => {
                message = if event.releases() { &hb } else { &fenced }.clone();
                // A read-modify-write goes on with the release sequence that it reads from.
                let read = id.before().expect("the read of a read-modify-write");
                let source = self.at(read).source;
                if !source.is_init() {
                    message.join(&self.at(source).message);
                }
            }
            Kind::Fence => {
                if acquires(event.order) {
                    hb.join(&seen);
                }
                if releases(event.order) {
                    fenced = hb.clone();
                }
            }
            Kind::Acquire => {
                let ticket = id.before().expect("the ticket of an acquire");
                for ahead in self.awaited(ticket) {
                    if let Some(unlock) = self.at(ahead).unlock {
                        let unlock = self.at(unlock);
                        hash.write_u64(unlock.hash);
                        porf.join(&unlock.porf);
                        hb.join(&unlock.hb);
                    }
                }
            }
            Kind::Wake => {
                if let Some(notification) = self.notification(event.source) {
                    hash.write_u64(self.at(notification).hash);
                    porf.join(&self.at(notification).porf);
                }
            }
            Kind::Join(child) => {
                if let Some(end) = self.end_of(child) {
                    hash.write_u64(end.hash);
                    porf.join(&end.porf);
                    hb.join(&end.hb);
                }
            }
            Kind::Gather => {
                for thread in 0..self.threads.len() as u32 {
                    if let Some(end) = self.end_of(thread).filter(|_| thread != id.thread) {
                        porf.join(&end.porf);
                        hb.join(&end.hb);
                    }
                }
            }
            Kind::Unlock | Kind::Choice(_) | Kind::Spawn(_) | Kind::Start | Kind::Pass => {}
        }
        let event = self.at_mut(id);
        event.porf = porf;
        event.hb = hb;
        event.seen = seen;
        event.fenced = fenced;
        event.message = message;
        event.hash = hash.finish();
    }

    /// The last event of a thread that has ended.
    pub(super) fn end_of(&self, thread: u32) -> Option<&Event> {
        let events = self.threads.get(thread as usize)?;
        events.last().filter(|event| event.kind == Kind::End)
    }

    // --- shrinking ---

    /// Forgets all events that were added after `stamp`.
    pub(super) fn cut(&mut self, stamp: u32) {
        let mut keep: SmallVec<[u32; 16]> = SmallVec::new();
        for events in &self.threads {
            let mut kept = events.len();
            while kept > 0 && events[kept - 1].stamp > stamp {
                kept -= 1;
            }
            keep.push(kept as u32);
        }
        self.truncate(&keep);
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
                gone.any = true;
                if event.loc != NOWHERE && !gone.locations.contains(&event.loc) {
                    gone.locations.push(event.loc);
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
        if !gone.any {
            return;
        }
        let kept = |event: &EventId| event.index < keep[event.thread as usize];
        for loc in &gone.locations {
            let variable = &mut self.variables[*loc as usize];
            variable.reads.retain(kept);
            // What stands before the first that goes has its place already.
            if let Some(from) = variable.co.iter().position(|write| !kept(write)) {
                variable.co.retain(kept);
                self.renumber(*loc as usize, from);
            }
        }
        for ticket in &gone.unlocked {
            if kept(ticket) {
                self.at_mut(*ticket).unlock = None;
            }
        }
        self.order.retain(kept);
    }
}

/// What cutting a graph leaves to be done.
#[derive(Default)]
struct Gone {
    any: bool,
    locations: SmallVec<[Loc; 16]>,
    /// Tickets whose unlocks go.
    unlocked: SmallVec<[EventId; 4]>,
}
