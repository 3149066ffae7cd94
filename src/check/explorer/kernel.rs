//! The explorer's kernel: the operations of the vocabulary as events of the graph.
//!
//! A lock is a queue: a ticket, taken by a read-modify-write, then the turn, once those ahead have let go. So
//! the executions of a lock are the orders of its sections. A condvar is a list of waiters, from which a
//! notification takes one or all.

use core::sync::atomic::Ordering;
use std::cell::{Cell, RefCell};

use super::event::{Choice, Kind, Manner, Section, Update};
use super::graph::Label;
use super::names::Key;
use super::revisit::hidden_order;
use super::run::{Answer, State, Turn};
use super::spin::Decision;
use super::view::MOST_EVENTS;
use crate::check::checker::Limits;
use crate::check::coroutine::STACK;
use crate::check::crew::Crew;
use crate::check::execution::Execution;
use crate::check::failure::FailureKind;
use crate::check::kernel::{
    Access, Exchange, Int, Kernel, ObjectId, Race, ReadPolicy, Rmw, StaticObject, ThreadId, Woken,
};
use crate::check::races::CellState;
use crate::check::record::{PanicPlace, RawFailure};

pub(super) struct ExplorerKernel {
    pub(super) state: RefCell<State>,
    pub(super) crew: Crew,
    /// The thread that goes on when the running one suspends.
    next: Cell<Option<u32>>,
    max_operations: u64,
    /// Whether waits may end for no reason.
    spurious: bool,
    pub(super) endless: Cell<bool>,
    /// The engine itself failed.
    pub(super) broken: RefCell<Option<String>>,
    /// Nothing that this run could still do would be new.
    pub(super) dropped: Cell<bool>,
}

impl ExplorerKernel {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            state: RefCell::new(State::new(limits)),
            crew: Crew::default(),
            next: Cell::new(None),
            max_operations: limits.max_operations.min(MOST_EVENTS),
            spurious: limits.spurious_wakeups > 0,
            endless: Cell::new(false),
            broken: RefCell::new(None),
            dropped: Cell::new(false),
        }
    }

    /// Begins a run with main's coroutine.
    ///
    /// # Safety
    /// `drive` must be called, and the crew unwound or ended, while `x` and `scenario` are alive.
    pub(super) unsafe fn begin(&self, x: &Execution, scenario: &(dyn Fn() + Send + Sync)) {
        self.state.borrow_mut().begin();
        self.next.set(None);
        self.endless.set(false);
        self.dropped.set(false);
        // SAFETY: only the lifetime changes; the caller keeps `scenario` alive until it has run.
        let scenario: *const (dyn Fn() + Send + Sync + 'static) =
            unsafe { core::mem::transmute(scenario) };
        self.add(x, 0, STACK, move |x| {
            // SAFETY: the caller keeps it alive until this has run.
            let scenario = unsafe { &*scenario };
            x.run_main(&|| scenario());
        });
    }

    /// Begins main once more, for the destructors of statics.
    ///
    /// # Safety
    /// As for `begin`.
    pub(super) unsafe fn begin_end(&self, x: &Execution) {
        self.state.borrow_mut().restart_main();
        self.add(x, 0, STACK, |x| x.run_main(&|| x.drop_static_values()));
    }

    fn add(
        &self,
        x: &Execution,
        id: ThreadId,
        stack: usize,
        body: impl FnOnce(&Execution) + 'static,
    ) {
        let (x, kernel): (*const Execution, *const Self) = (x, self);
        self.crew.add(id, stack, move || {
            // SAFETY: the execution and its kernel are alive while one of its threads runs.
            let (x, kernel) = unsafe { (&*x, &*kernel) };
            if !x.torn_down() {
                // It is first resumed when it has been chosen.
                kernel.perform(x);
            }
            body(x);
            if !x.torn_down() {
                kernel.end(x);
            }
        });
    }

    fn end(&self, x: &Execution) {
        let thread = self.thread(x);
        let loc = self.state.borrow_mut().location(Key::End(thread), 0);
        let label = Label {
            loc,
            value: 1,
            ..Label::of(Kind::End)
        };
        if self.step(x, label).is_some() {
            self.state.borrow_mut().finished(thread);
        }
    }

    /// Runs threads until none can go on, or the execution is torn down.
    pub(super) fn drive(&self, x: &Execution) {
        while !x.torn_down() {
            let next = self.next.take().or_else(|| {
                let mut state = self.state.borrow_mut();
                if state.all_finished() {
                    None
                } else {
                    state.choose()
                }
            });
            let Some(next) = next else { break };
            let id = self.state.borrow().id(next);
            self.crew.resume(x, id);
            let why = self.state.borrow_mut().diverged.take();
            if let Some(why) = why {
                self.diverged(x, &why);
            }
        }
        let why = self.state.borrow_mut().diverged.take();
        if let Some(why) = why {
            self.diverged(x, &why);
        }
    }

    fn thread(&self, x: &Execution) -> u32 {
        self.state.borrow().thread(x.thread())
    }

    fn loc(&self, id: ObjectId) -> u32 {
        self.state.borrow().loc(id)
    }

    /// Asks for something, and waits for it. None: torn down.
    fn step(&self, x: &Execution, label: Label) -> Option<Answer> {
        if x.torn_down() {
            return None;
        }
        let (thread, wait, shown) = {
            let mut state = self.state.borrow_mut();
            let thread = state.thread(x.thread());
            if state.probe.is_some() {
                drop(state);
                return self.probed(x, label);
            }
            state.operations += 1;
            if state.operations > self.max_operations {
                self.endless.set(true);
                x.abandon();
                return None;
            }
            state.ask(thread, label);
            let next = state.choose();
            self.next.set(next);
            let wait = next != Some(thread);
            (thread, wait, wait && state.must_wait(thread, label))
        };
        if wait {
            if shown && !tries(&self.state.borrow(), thread, label) {
                x.blocked();
            }
            self.crew.suspend(x);
            if x.torn_down() {
                return None;
            }
        } else {
            self.next.set(None);
        }
        self.perform(x)
    }

    /// The current thread's turn has come.
    fn perform(&self, x: &Execution) -> Option<Answer> {
        let thread = self.thread(x);
        let turn = self.state.borrow_mut().perform(thread);
        self.take(x, turn)
    }

    fn take(&self, x: &Execution, turn: Turn) -> Option<Answer> {
        match turn {
            Turn::Done(answer) => Some(answer),
            Turn::Stuck => {
                x.blocked();
                self.stay(x)
            }
            Turn::Probe => None,
            Turn::Drop => {
                self.dropped.set(true);
                x.abandon();
                None
            }
            Turn::Diverged(why) => {
                self.diverged(x, &why);
                None
            }
        }
    }

    /// Does not go on before the execution is torn down.
    fn stay(&self, x: &Execution) -> Option<Answer> {
        self.next.set(None);
        while !x.torn_down() {
            self.crew.suspend(x);
        }
        None
    }

    fn diverged(&self, x: &Execution, why: &str) {
        let state = x.state();
        let (thread, steps) = (x.thread(), state.steps.len());
        let pending = state.threads[thread].pending;
        drop(state);
        let what = pending.map_or_else(String::new, |pending| {
            format!(
                " `{}` at {}:{}",
                pending.operation,
                pending.place.file(),
                pending.place.line()
            )
        });
        let why = if why.is_empty() {
            String::new()
        } else {
            format!(" ({why})")
        };
        x.fail_with(RawFailure {
            kind: FailureKind::Nondeterminism,
            message: format!(
                "nondeterminism: the scenario took another way although everything it read was the same: now it comes to{what}{why}; \
                 it must not depend on time, randomness, addresses, or an earlier execution, and a destructor that performs operations wants `racecourse::sync::Arc`"
            ),
            place: pending.map(|pending| crate::check::record::PanicPlaceOr::Static(pending.place)),
            thread,
            steps,
            details: Vec::new(),
        });
    }

    // --- probing ---

    fn probed(&self, x: &Execution, label: Label) -> Option<Answer> {
        let found = {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            let probe = state.probe.as_mut().expect("a probe runs");
            let value = probe.look(&state.search.graph, label);
            probe.failed |= value.is_none();
            value
        };
        match found {
            Some(value) => Some(Answer {
                value,
                wrote: false,
                stale: false,
                pick: 0,
                event: super::event::EventId::INIT,
            }),
            None => {
                self.probe_failed(x);
                None
            }
        }
    }

    /// The thread does not merely wait. What it did unrecorded must be undone: the run is given up.
    fn probe_failed(&self, x: &Execution) {
        if let Some(probe) = &mut self.state.borrow_mut().probe {
            probe.failed = true;
        }
        x.abandon();
    }

    fn probes(&self) -> bool {
        // Borrowed: the panic is the engine's own.
        self.state
            .try_borrow()
            .is_ok_and(|state| state.probe.is_some())
    }

    /// A hint of waiting.
    fn hint(&self, x: &Execution) {
        let waits = {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            match &mut state.probe {
                Some(probe) => match probe.round() {
                    None => return,
                    waits => waits,
                },
                None => {
                    let thread = state.thread(x.thread());
                    let done = state.members[thread as usize].done;
                    let read_before = done.checked_sub(1).is_some_and(|index| {
                        matches!(
                            state.search.graph.threads[thread as usize][index as usize].kind,
                            Kind::Load | Kind::UpdateRead | Kind::Fence
                        )
                    });
                    if !read_before {
                        return;
                    }
                    None
                }
            }
        };
        match waits {
            None => {
                self.step(x, Label::of(Kind::Pass));
            }
            Some(false) => self.probe_failed(x),
            Some(true) => {
                let turn = {
                    let mut state = self.state.borrow_mut();
                    let thread = state.thread(x.thread());
                    let events = state.probe.take().map_or(0, |probe| probe.size);
                    let past = state
                        .search
                        .graph
                        .last(thread)
                        .map_or(0, |event| event.hash);
                    state.spins.decide(past, Decision::Waits(events));
                    state.spin(thread, events)
                };
                self.take(x, turn);
            }
        }
    }

    // --- parts of operations ---

    fn update(
        &self,
        x: &Execution,
        id: ObjectId,
        update: Update,
        order: Ordering,
    ) -> Option<Answer> {
        let loc = self.loc(id);
        self.update_at(x, loc, update, order)
    }

    fn update_at(
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

    fn acquire(&self, x: &Execution, id: ObjectId, section: Section, manner: Manner) -> bool {
        let update = Update::Ticket(section, manner);
        let Some(ticket) = self.update(x, id, update, hidden_order(update)) else {
            return false;
        };
        if !ticket.wrote {
            return false;
        }
        let loc = self.loc(id);
        let label = Label {
            loc,
            ..Label::of(Kind::Acquire)
        };
        self.step(x, label).is_some()
    }

    fn release(&self, x: &Execution, id: ObjectId) {
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
    fn choose_end(&self, x: &Execution, timed: bool) -> Option<Woken> {
        if !timed && !self.spurious {
            return Some(Woken::Notified);
        }
        let label = Label::of(Kind::Choice(Choice::Wait { timed }));
        Some(match self.step(x, label)?.pick {
            0 => Woken::Notified,
            1 => Woken::TimedOut,
            _ => Woken::Spuriously,
        })
    }

    fn token(&self, thread: u32) -> u32 {
        self.state.borrow_mut().location(Key::Token(thread), 0)
    }

    fn new_location(&self, id: ObjectId, initial: u64) {
        let me = crate::check::execution::current().map_or(0, Execution::thread);
        let mut state = self.state.borrow_mut();
        let maker = state.thread(me);
        state.make(id, maker, initial);
    }
}

fn tries(state: &State, thread: u32, label: Label) -> bool {
    label.kind == Kind::Acquire && {
        let done = state.members[thread as usize].done;
        let ticket = super::event::EventId {
            thread,
            index: done - 1,
        };
        state.search.graph.ticket(ticket).1 == Manner::Tries
    }
}

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
            .map_or((0, false), |answer| (answer.value, answer.stale))
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
            Some(answer) if answer.wrote => Ok(answer.value),
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
        let Some(enqueued) = self.update(x, condvar, update, hidden_order(update)) else {
            return torn;
        };
        self.release(x, mutex);
        if x.torn_down() {
            return torn;
        }
        x.released(mutex);
        let Some(woken) = self.choose_end(x, timed) else {
            return torn;
        };
        if woken == Woken::Notified {
            let label = Label {
                source: enqueued.event.after(),
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

    fn spawn(&self, x: &Execution, id: ThreadId, stack: usize, f: Box<dyn FnOnce()>) {
        let started = if self.probes() {
            self.probe_failed(x);
            None
        } else {
            let me = self.thread(x);
            let child = self.state.borrow_mut().next_child(me);
            self.step(x, Label::of(Kind::Spawn(child)))
                .map(|answer| (me, child, answer.event))
        };
        if let Some((me, child, spawn)) = started {
            self.state.borrow_mut().started(me, child, id, spawn);
        }
        // Torn down, the crew unwinds it.
        self.add(x, id, stack, move |_| f());
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
            .map_or(0, |answer| usize::from(answer.pick))
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

impl ExplorerKernel {
    /// Accesses add no events: what happens before is taken from the thread's latest.
    fn access<R>(
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
                .map(|index| &graph.threads[thread as usize][index as usize].hb);
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
