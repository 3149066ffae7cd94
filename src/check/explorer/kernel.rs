//! The explorer's kernel: the operations of the vocabulary as events of the graph.
//!
//! A lock is a queue: a ticket, taken by a read-modify-write, then the turn, once those ahead have let go. So
//! the executions of a lock are the orders of its sections. A condvar is a list of waiters, from which a
//! notification takes one or all.

use core::sync::atomic::Ordering;

use super::event::{Choice, Kind, Manner, Section, Update};
use super::graph::Label;
use super::names::Key;
use super::revisit::hidden_order;
use super::scheduler::ExplorerKernel;
use crate::check::execution::Execution;
use crate::check::kernel::{
    Access, Exchange, Int, Kernel, ObjectId, Race, ReadPolicy, Rmw, StaticObject, ThreadId, Woken,
};
use crate::check::ops::threads::Body;
use crate::check::races::CellState;
use crate::check::record::PanicPlace;

impl Kernel for ExplorerKernel {
    fn new_atomic(&self, id: ObjectId, _: Int, value: u64) {
        self.new_location(id, value);
    }

    fn load(&self, x: &Execution, id: ObjectId, order: Ordering) -> (u64, bool) {
        let loc = self.loc(id);
        let label = Label {
            loc,
            order,
            ..Label::of(Kind::Load)
        };
        self.step(x, label)
            .map_or((0, false), |answer| (answer.value, answer.stale()))
    }

    fn store(&self, x: &Execution, id: ObjectId, value: u64, order: Ordering) {
        let loc = self.loc(id);
        self.step(
            x,
            Label {
                loc,
                order,
                value,
                ..Label::of(Kind::Store)
            },
        );
    }

    fn rmw(&self, x: &Execution, id: ObjectId, op: Rmw, operand: u64, order: Ordering) -> u64 {
        let int = x.state().objects[id as usize].int;
        let update = Update::Fetch { op, int, operand };
        self.update(x, id, update, order)
            .map_or(0, |answer| answer.value)
    }

    fn compare_exchange(
        &self,
        x: &Execution,
        id: ObjectId,
        exchange: Exchange,
    ) -> Result<u64, u64> {
        let Exchange {
            expected,
            new,
            success,
            failure,
            weak,
        } = exchange;
        let update = Update::Exchange {
            expected,
            new,
            success,
            failure,
            weak,
        };
        match self.update(x, id, update, success) {
            None => Err(0),
            Some(answer) if answer.wrote() => Ok(answer.value),
            Some(answer) => Err(answer.value),
        }
    }

    fn set_exclusive(&self, _: &Execution, id: ObjectId, value: u64) {
        self.state.borrow_mut().set_alone(id, value);
    }

    fn latest(&self, id: ObjectId) -> Option<u64> {
        let state = self.state.borrow();
        let (graph, loc) = (&state.search.graph, state.loc(id));
        let co = &graph.variable(loc).co;
        let latest = co.iter().rev().find(|write| state.was_run(**write));
        Some(match latest {
            Some(write) => graph.at(*write).value,
            None => graph.variable(loc).initial,
        })
    }

    fn fence(&self, x: &Execution, order: Ordering) {
        self.step(
            x,
            Label {
                order,
                ..Label::of(Kind::Fence)
            },
        );
    }

    fn new_mutex(&self, id: ObjectId) {
        self.new_location(id, 0);
    }

    fn lock(&self, x: &Execution, id: ObjectId) {
        self.acquire(x, id, Section::Alone, Manner::Waits);
    }

    fn try_lock(&self, x: &Execution, id: ObjectId) -> bool {
        self.acquire(x, id, Section::Alone, Manner::Tries)
    }

    fn unlock(&self, x: &Execution, id: ObjectId) {
        self.release(x, id);
    }

    fn new_rwlock(&self, id: ObjectId) {
        self.new_location(id, 0);
    }

    fn read(&self, x: &Execution, id: ObjectId, policy: ReadPolicy) {
        let manner = match policy {
            ReadPolicy::Either | ReadPolicy::Wait => Manner::Waits,
            ReadPolicy::Pass => Manner::Passes,
        };
        self.acquire(x, id, Section::Shared, manner);
    }

    fn try_read(&self, x: &Execution, id: ObjectId, _: ReadPolicy) -> bool {
        self.acquire(x, id, Section::Shared, Manner::Tries)
    }

    fn write(&self, x: &Execution, id: ObjectId) {
        self.acquire(x, id, Section::Alone, Manner::Waits);
    }

    fn try_write(&self, x: &Execution, id: ObjectId) -> bool {
        self.acquire(x, id, Section::Alone, Manner::Tries)
    }

    fn unlock_read(&self, x: &Execution, id: ObjectId) {
        self.release(x, id);
    }

    fn unlock_write(&self, x: &Execution, id: ObjectId) {
        self.release(x, id);
    }

    fn new_condvar(&self, id: ObjectId) {
        self.new_location(id, 0);
    }

    fn wait(&self, x: &Execution, condvar: ObjectId, mutex: ObjectId, timed: bool) -> Woken {
        let torn = Woken::TimedOut;
        let me = self.thread(x);
        let update = Update::Enqueue(me);
        if self
            .update(x, condvar, update, hidden_order(update))
            .is_none()
        {
            return torn;
        }
        let enqueued = self.state.borrow().last_run(me);
        // Shown here, and not when the lock is free: a notification may come in between, and wakes this thread.
        x.released(mutex);
        self.release(x, mutex);
        if x.torn_down() {
            return torn;
        }
        let Some(woken) = self.choose_end(x, timed) else {
            return torn;
        };
        if woken == Woken::Notified {
            let label = Label {
                source: enqueued,
                ..Label::of(Kind::Wake)
            };
            if self.step(x, label).is_none() {
                return torn;
            }
        } else {
            let update = Update::Leave(me);
            if self
                .update(x, condvar, update, hidden_order(update))
                .is_none()
            {
                return torn;
            }
        }
        x.relocking(mutex);
        self.acquire(x, mutex, Section::Alone, Manner::Waits);
        woken
    }

    fn notify(&self, x: &Execution, condvar: ObjectId, all: bool) -> usize {
        let update = if all {
            Update::NotifyAll
        } else {
            Update::NotifyOne
        };
        let Some(answer) = self.update(x, condvar, update, hidden_order(update)) else {
            return 0;
        };
        let waiting = self.state.borrow().search.graph.waiting(answer.value);
        if all { waiting } else { waiting.min(1) }
    }

    fn new_cell(&self, id: ObjectId) {
        let me = crate::check::execution::current().map_or(0, Execution::thread);
        let mut state = self.state.borrow_mut();
        let now = 1 + state.members[state.thread(me) as usize].done;
        let index = id as usize;
        if state.cells.len() <= index {
            state.cells.resize_with(index + 1, || None);
        }
        state.cells[index] = Some(CellState::new(me, now));
    }

    fn begin_access(&self, x: &Execution, id: ObjectId, access: Access) -> Result<(), Race> {
        self.access(x, id, access, |cell, me, now| cell.begin(me, access, now))
            .unwrap_or(Ok(()))
    }

    fn end_access(&self, x: &Execution, id: ObjectId, access: Access) {
        self.access(x, id, access, |cell, me, now| cell.end(me, access, now));
    }

    fn spawn(&self, x: &Execution, id: ThreadId, stack: usize, body: Body) {
        let started = if self.probes() {
            self.probe_failed(x);
            None
        } else {
            let me = self.thread(x);
            let child = self.state.borrow_mut().next_child(me);
            self.step(x, Label::of(Kind::Spawn(child)))
                .map(|_| (me, child))
        };
        if let Some((me, child)) = started {
            let mut state = self.state.borrow_mut();
            let spawn = state.last_run(me);
            state.started(me, child, id, spawn);
        }
        // Torn down, the crew unwinds it.
        self.add(x, id, stack, move |x| x.run_thread(body));
    }

    fn join(&self, x: &Execution, id: ThreadId) {
        let child = self.state.borrow().thread(id);
        self.step(x, Label::of(Kind::Join(child)));
    }

    fn park(&self, x: &Execution, timed: bool) -> Woken {
        let Some(woken) = self.choose_end(x, timed) else {
            return Woken::TimedOut;
        };
        if woken == Woken::Notified {
            let loc = self.token(self.thread(x));
            let update = Update::TakeToken;
            self.update_at(x, loc, update, hidden_order(update));
        }
        woken
    }

    fn unpark(&self, x: &Execution, id: ThreadId) {
        let thread = self.state.borrow().thread(id);
        let loc = self.token(thread);
        let update = Update::GiveToken;
        self.update_at(x, loc, update, hidden_order(update));
    }

    fn has_finished(&self, x: &Execution, id: ThreadId) -> Option<bool> {
        let loc = {
            let mut state = self.state.borrow_mut();
            let thread = state.thread(id);
            state.location(Key::End(thread), 0)
        };
        let label = Label {
            loc,
            ..Label::of(Kind::Load)
        };
        Some(self.step(x, label).is_none_or(|answer| answer.value == 1))
    }

    fn late_static(&self, _: &Execution, known: StaticObject) -> bool {
        self.state.borrow_mut().next_static = Some(known.address);
        false
    }

    fn panicked(&self, x: &Execution, message: &str, place: Option<&PanicPlace>) -> bool {
        // This directory, as the compiler names it.
        let here = file!().trim_end_matches("kernel.rs");
        if let Some(place) = place
            && place.file.starts_with(here)
        {
            let why = format!(
                "the explorer itself failed, which is a bug of racecourse: {message}, at {}:{}",
                place.file, place.line
            );
            self.broken.replace(Some(why));
            x.abandon();
            return true;
        }
        let probes = self.probes();
        if probes {
            self.probe_failed(x);
        }
        probes
    }

    fn yield_now(&self, x: &Execution) {
        self.hint(x);
    }

    fn reuse(&self, x: &Execution, candidates: usize) -> usize {
        if self.probes() {
            self.probe_failed(x);
        }
        if candidates == 0 || x.torn_down() {
            return 0;
        }
        let blocks = u16::try_from(candidates).unwrap_or(u16::MAX);
        self.step(x, Label::of(Kind::Choice(Choice::Reuse(blocks))))
            .map_or(0, |answer| usize::from(answer.pick()))
    }

    fn knows(&self, x: &Execution, id: ObjectId) -> bool {
        self.access(x, id, Access::Read, |cell, me, now| cell.knows(me, now))
            .unwrap_or(false)
    }

    fn stable(&self, thread: ThreadId) -> u32 {
        self.state.borrow().thread(thread)
    }

    fn reorders(&self) -> bool {
        true
    }
}
