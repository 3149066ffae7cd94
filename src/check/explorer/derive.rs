//! What an event comes to know: its views, from those of the events before it.

use core::hash::{Hash, Hasher};

use super::event::{Choice, EventId, Kind, Update};
use super::graph::{Graph, Spent};
use super::mix::Mix;
use super::view::{Counts, Known};
use crate::check::clock::{acquires, releases};

impl Graph {
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

    pub(super) fn spend(&mut self, event: EventId, sign: i32) {
        let event = self.at(event);
        let (kind, update, pick) = (event.kind, event.update, event.pick);
        Self::spend_of(&mut self.spent, kind, update, pick, sign);
    }

    pub(super) fn spend_of(
        spent: &mut Spent,
        kind: Kind,
        update: Option<Update>,
        pick: u16,
        sign: i32,
    ) {
        let count = match (kind, update, pick) {
            (Kind::Choice(Choice::Wait { .. }), _, 1) => &mut spent.timeouts,
            (Kind::Choice(Choice::Wait { .. }), _, 2) => &mut spent.spurious,
            (Kind::UpdateRead, Some(Update::Exchange { .. }), 1) => &mut spent.weak,
            _ => return,
        };
        *count = count.wrapping_add_signed(sign);
    }

    /// Finds out what the last event of a thread knows.
    pub(super) fn derive(&mut self, id: EventId) {
        self.learn(id, 0);
        for block in 1..=self.far.count() {
            self.learn(id, block);
        }
    }

    /// Finds out what the event knows of a block of threads.
    #[inline(always)] // Most programs have one block, whose number is then known to the compiler.
    fn learn(&mut self, id: EventId, block: usize) {
        let event = self.at(id);
        let before = match (event.kind, id.before()) {
            (Kind::Start, _) if !event.source.is_init() => Some(event.source),
            (_, before) => before,
        };
        let nothing = Counts::default();
        let (mut porf, mut hb, mut seen, mut fenced, past) = match before {
            None => (nothing, nothing, nothing, nothing, 0),
            Some(before) => {
                let (b, past) = self.known(before, block);
                if event.kind == Kind::Start {
                    (b.porf, b.hb, nothing, nothing, past)
                } else {
                    (b.porf, b.hb, b.seen, b.fenced, past)
                }
            }
        };
        porf.add(block, id);
        hb.add(block, id);
        let mut message = nothing;
        let mut hash = Mix::from(past);
        event.kind.hash(&mut hash);
        event.loc.hash(&mut hash);
        event.pick.hash(&mut hash);
        match event.kind {
            Kind::Load | Kind::UpdateRead => {
                if event.source.is_init() {
                    hash.write_u64(1);
                } else {
                    let (source, past) = self.known(event.source, block);
                    hash.write_u64(past);
                    porf.join(&source.porf);
                    if event.acquires() {
                        hb.join(&source.message);
                    } else {
                        seen.join(&source.message);
                    }
                }
            }
            Kind::Store | Kind::End => {
                message = if event.releases() { hb } else { fenced };
            }
            Kind::UpdateWrite => {
                message = if event.releases() { hb } else { fenced };
                // A read-modify-write goes on with the release sequence that it reads from.
                let read = id.before().expect("the read of a read-modify-write");
                let source = self.at(read).source;
                if !source.is_init() {
                    message.join(&self.known(source, block).0.message);
                }
            }
            Kind::Fence => {
                if acquires(event.order) {
                    hb.join(&seen);
                }
                if releases(event.order) {
                    fenced = hb;
                }
            }
            Kind::Acquire => {
                let ticket = id.before().expect("the ticket of an acquire");
                for ahead in self.awaited(ticket) {
                    if let Some(unlock) = self.at(ahead).unlock {
                        let (unlock, past) = self.known(unlock, block);
                        hash.write_u64(past);
                        porf.join(&unlock.porf);
                        hb.join(&unlock.hb);
                    }
                }
            }
            Kind::Wake => {
                if let Some(notification) = self.notification(event.source) {
                    let (notification, past) = self.known(notification, block);
                    hash.write_u64(past);
                    porf.join(&notification.porf);
                }
            }
            Kind::Join(child) => {
                if let Some(end) = self.end_of(child) {
                    let (end, past) = self.known(end, block);
                    hash.write_u64(past);
                    porf.join(&end.porf);
                    hb.join(&end.hb);
                }
            }
            Kind::Gather => {
                for thread in 0..self.threads.len() as u32 {
                    if let Some(end) = self.end_of(thread).filter(|_| thread != id.thread) {
                        let (end, _) = self.known(end, block);
                        porf.join(&end.porf);
                        hb.join(&end.hb);
                    }
                }
            }
            Kind::Unlock | Kind::Choice(_) | Kind::Spawn(_) | Kind::Start | Kind::Pass => {}
        }
        let known = Known {
            porf,
            hb,
            seen,
            fenced,
            message,
        };
        self.set_known(id, block, known, hash.finish());
    }

    /// What the event knows of a block of threads, and its hash.
    #[inline]
    fn known(&self, id: EventId, block: usize) -> (&Known, u64) {
        let event = self.at(id);
        let known = match block.checked_sub(1) {
            None => &event.known,
            Some(far) => self.far.get(id, far),
        };
        (known, event.hash)
    }

    #[inline]
    fn set_known(&mut self, id: EventId, block: usize, known: Known, hash: u64) {
        let event = self.at_mut(id);
        event.hash = hash;
        match block.checked_sub(1) {
            None => event.known = known,
            Some(far) => *self.far.get_mut(id, far) = known,
        }
    }

    /// The last event of a thread that has ended.
    pub(super) fn end_of(&self, thread: u32) -> Option<EventId> {
        let last = self.last_id(thread)?;
        (self.at(last).kind == Kind::End).then_some(last)
    }
}
