//! What several operations are made of.

use core::sync::atomic::Ordering;

use super::answer::Answer;
use super::event::{Choice, EventId, Kind, Manner, Section, Update};
use super::graph::Label;
use super::names::Key;
use super::revisit::hidden_order;
use super::scheduler::ExplorerKernel;
use crate::check::execution::Execution;
use crate::check::kernel::{Access, ObjectId, ThreadId, Woken};
use crate::check::races::CellState;

impl ExplorerKernel {
    #[inline]
    pub(super) fn update(
        &self,
        x: &Execution,
        id: ObjectId,
        update: Update,
        order: Ordering,
    ) -> Option<Answer> {
        let loc = self.loc(id);
        self.update_at(x, loc, update, order)
    }

    #[inline]
    pub(super) fn update_at(
        &self,
        x: &Execution,
        loc: u32,
        update: Update,
        order: Ordering,
    ) -> Option<Answer> {
        self.step(
            x,
            Label {
                loc,
                order,
                update: Some(update),
                ..Label::of(Kind::UpdateRead)
            },
        )
    }

    // After a switch every return is mispredicted: one less.
    #[inline(always)]
    pub(super) fn acquire(
        &self,
        x: &Execution,
        id: ObjectId,
        section: Section,
        manner: Manner,
    ) -> bool {
        let update = Update::Ticket(section, manner);
        let Some(ticket) = self.update(x, id, update, hidden_order(update)) else {
            return false;
        };
        if !ticket.wrote() {
            return false;
        }
        let loc = self.loc(id);
        let label = Label {
            loc,
            ..Label::of(Kind::Acquire)
        };
        self.step(x, label).is_some()
    }

    pub(super) fn release(&self, x: &Execution, id: ObjectId) {
        if self.probes() {
            return self.probe_failed(x);
        }
        if x.torn_down() {
            return;
        }
        let loc = self.loc(id);
        let ticket = {
            let mut state = self.state.borrow_mut();
            let thread = state.thread(x.thread());
            state.take_held(loc, thread)
        };
        // None: the guard of a lock that a try in a torn down execution pretended to hold.
        if let Some(source) = ticket {
            self.step(
                x,
                Label {
                    loc,
                    source,
                    ..Label::of(Kind::Unlock)
                },
            );
        }
    }

    /// How a wait is to end; none if torn down.
    #[inline]
    pub(super) fn choose_end(&self, x: &Execution, timed: bool) -> Option<Woken> {
        if !timed && !self.spurious {
            return Some(Woken::Notified);
        }
        let label = Label::of(Kind::Choice(Choice::Wait { timed }));
        Some(match self.step(x, label)?.pick() {
            0 => Woken::Notified,
            1 => Woken::TimedOut,
            _ => Woken::Spuriously,
        })
    }

    pub(super) fn token(&self, thread: u32) -> u32 {
        self.state.borrow_mut().location(Key::Token(thread), 0)
    }

    pub(super) fn new_location(&self, id: ObjectId, initial: u64) {
        let me = crate::check::execution::current().map_or(0, Execution::thread);
        let mut state = self.state.borrow_mut();
        let maker = state.thread(me);
        state.make(id, maker, initial);
    }
}

impl ExplorerKernel {
    /// Accesses add no events: what happens before is taken from the thread's latest.
    pub(super) fn access<R>(
        &self,
        x: &Execution,
        id: ObjectId,
        access: Access,
        f: impl FnOnce(&mut CellState, ThreadId, &dyn Fn(ThreadId) -> u32) -> R,
    ) -> Option<R> {
        if self.probes() {
            if access == Access::Write {
                self.probe_failed(x);
            }
            return None;
        }
        let mut state = self.state.borrow_mut();
        state.operations += 1;
        let me = x.thread();
        let mut cell = state.cells[id as usize].take()?;
        let thread = state.thread(me);
        let done = state.members[thread as usize].done;
        let result = {
            let graph = &state.search.graph;
            let last = done
                .checked_sub(1)
                .map(|index| graph.hb(EventId { thread, index }));
            // An access after an event has the number of the next one: who knows that, knows the access.
            let now = |other: ThreadId| {
                if other == me {
                    done + 1
                } else {
                    last.map_or(0, |hb| hb.get(state.thread(other)))
                }
            };
            f(&mut cell, me, &now)
        };
        state.cells[id as usize] = Some(cell);
        Some(result)
    }
}
