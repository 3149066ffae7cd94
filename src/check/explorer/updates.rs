//! What read-modify-writes write, and with them locks and condvars; and what else events could have been.

use smallvec::SmallVec;

use super::event::{Choice, Event, EventId, Kind, Manner, Section, Update};
use super::graph::Graph;
use super::view::View;

impl Graph {
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
    pub(super) fn ahead(&self, ticket: EventId) -> EventId {
        let read = ticket.before().expect("a ticket's write has its read");
        self.at(read).source
    }

    /// The tickets whose sections must have ended before this one's may begin.
    pub(super) fn awaited(&self, ticket: EventId) -> impl Iterator<Item = EventId> {
        let (section, _) = self.ticket(ticket);
        let mut next = self.ahead(ticket);
        core::iter::from_fn(move || {
            while !next.is_init() {
                let ahead = next;
                let (theirs, _) = self.ticket(ahead);
                next = if theirs == Section::Alone {
                    EventId::INIT
                } else {
                    self.ahead(ahead)
                };
                if section == Section::Alone || theirs == Section::Alone {
                    return Some(ahead);
                }
            }
            None
        })
    }

    /// Whether the turn of a ticket has come.
    pub(super) fn is_turn(&self, ticket: EventId) -> bool {
        self.awaited(ticket)
            .all(|ahead| self.at(ahead).unlock.is_some())
    }

    /// Whether a try for `section` that looks at the queue up to `source` may find the lock held, where `hb`
    /// has happened; with none, all.
    pub(super) fn may_find_held(
        &self,
        source: EventId,
        section: Section,
        hb: Option<View<'_>>,
    ) -> bool {
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
                if self.may_find_held(e.source, section, Some(self.hb(event))) =>
            {
                SmallVec::from_slice(&[1])
            }
            _ => SmallVec::new(),
        }
    }
}
