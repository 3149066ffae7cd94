//! The model threads of a run: who asks for what, whose turn it is, and who goes on unrecorded to find out what a
//! hint means.

use std::cell::{Cell, RefCell};

use super::answer::{Answer, Halt};
use super::event::Kind;
use super::graph::Label;
use super::names::Key;
use super::run::State;
use super::spin::Decision;
use super::view::MOST_EVENTS;
use crate::check::checker::Limits;
use crate::check::coroutine::STACK;
use crate::check::crew::Crew;
use crate::check::execution::Execution;
use crate::check::explain;
use crate::check::failure::FailureKind;
use crate::check::kernel::{ObjectId, ThreadId};
use crate::check::record::RawFailure;

pub(super) struct ExplorerKernel {
    pub(super) state: RefCell<State>,
    pub(super) crew: Crew,
    /// The thread that goes on when the running one suspends.
    next: Cell<Option<u32>>,
    max_operations: u64,
    /// Whether waits may end for no reason.
    pub(super) spurious: bool,
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

    pub(super) fn add(
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
                kernel.start(x);
            }
            body(x);
            if !x.torn_down() {
                kernel.end(x);
            }
        });
    }

    pub(super) fn end(&self, x: &Execution) {
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
        }
        let why = self.state.borrow_mut().diverged.take();
        if let Some(why) = why {
            self.diverged(x, &why);
        }
    }

    #[inline]
    pub(super) fn thread(&self, x: &Execution) -> u32 {
        self.state.borrow().thread(x.thread())
    }

    #[inline]
    pub(super) fn loc(&self, id: ObjectId) -> u32 {
        self.state.borrow().loc(id)
    }

    /// Asks for something, and waits for it. None: torn down.
    pub(super) fn step(&self, x: &Execution, label: Label) -> Option<Answer> {
        if x.torn_down() {
            return None;
        }
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
        let replayed = state.next_event().map(|event| event.thread);
        if replayed == Some(thread) && state.is_free() {
            let answer = state.give(thread, &label);
            drop(state);
            return answer.or_else(|| self.not_done(x));
        }
        let next = match replayed {
            Some(other) if other != thread => {
                let next = state.replay(other);
                state.ask(thread, label);
                next
            }
            _ => {
                state.ask(thread, label);
                state.choose()
            }
        };
        if next == Some(thread) {
            drop(state);
            return self.perform(x, &label);
        }
        self.next.set(next);
        let shown = state.must_wait(thread, &label);
        drop(state);
        if shown {
            x.blocked();
        }
        self.crew.suspend(x);
        if x.torn_down() {
            return None;
        }
        self.perform(x, &label)
    }

    /// The current thread has been resumed for the first time: its turn has come to start.
    fn start(&self, x: &Execution) {
        let label = {
            let state = self.state.borrow();
            state.members[state.thread(x.thread()) as usize].request
        };
        self.perform(x, &label.expect("who is to start asks for it"));
    }

    /// The current thread's turn has come to have what it asks for.
    fn perform(&self, x: &Execution, label: &Label) -> Option<Answer> {
        let answer = {
            let mut state = self.state.borrow_mut();
            let thread = state.thread(x.thread());
            if state.guide.is_some() {
                state.perform_traced(thread, label, x.state().steps.len())
            } else {
                state.perform(thread, label)
            }
        };
        answer.or_else(|| self.not_done(x))
    }

    /// The current thread was not given what it asked for.
    #[cold]
    fn not_done(&self, x: &Execution) -> Option<Answer> {
        let why = self.state.borrow_mut().halt.take();
        self.halt(x, why.expect("there is a reason"))
    }

    fn halt(&self, x: &Execution, why: Halt) -> Option<Answer> {
        match why {
            Halt::Stuck => {
                x.blocked();
                return self.stay(x);
            }
            Halt::Probe => {}
            Halt::Drop => {
                self.dropped.set(true);
                x.abandon();
            }
            Halt::Diverged => {
                let why = self.state.borrow_mut().diverged.take();
                self.diverged(x, why.as_deref().unwrap_or_default());
            }
        }
        None
    }

    /// Does not go on before the execution is torn down.
    pub(super) fn stay(&self, x: &Execution) -> Option<Answer> {
        self.next.set(None);
        while !x.torn_down() {
            self.crew.suspend(x);
        }
        None
    }

    pub(super) fn diverged(&self, x: &Execution, why: &str) {
        let state = x.state();
        let (thread, steps) = (x.thread(), state.steps.len());
        let pending = state.threads[thread].pending;
        drop(state);
        let what = pending.map_or_else(String::new, |pending| {
            format!(
                " `{}` at {}:{}",
                pending.operation,
                explain::short(pending.place.file()),
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
            with: None,
            explanation: Vec::new(),
        });
    }

    // --- probing ---

    pub(super) fn probed(&self, x: &Execution, label: Label) -> Option<Answer> {
        let found = {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            let probe = state.probe.as_mut().expect("a probe runs");
            let value = probe.look(&state.search.graph, label);
            probe.failed |= value.is_none();
            value
        };
        match found {
            Some(value) => Some(Answer::new(value, false, false, 0)),
            None => {
                self.probe_failed(x);
                None
            }
        }
    }

    /// The thread does not merely wait. What it did unrecorded must be undone: the run is given up.
    pub(super) fn probe_failed(&self, x: &Execution) {
        if let Some(probe) = &mut self.state.borrow_mut().probe {
            probe.failed = true;
        }
        x.abandon();
    }

    pub(super) fn probes(&self) -> bool {
        // Borrowed: the panic is the engine's own.
        self.state
            .try_borrow()
            .is_ok_and(|state| state.probe.is_some())
    }

    /// A hint of waiting.
    pub(super) fn hint(&self, x: &Execution) {
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
                let halt = {
                    let mut state = self.state.borrow_mut();
                    let thread = state.thread(x.thread());
                    let events = state.probe.take().map_or(0, |probe| probe.size);
                    let past = state
                        .search
                        .graph
                        .last(thread)
                        .map_or(0, |event| event.hash);
                    state.spins.decide(past, Decision::Waits(events));
                    // A walk lets others go on first.
                    (state.search.dice.is_none()).then(|| state.spin(thread, events))
                };
                let Some(halt) = halt else {
                    self.step(x, Label::of(Kind::Pass));
                    return;
                };
                self.halt(x, halt);
            }
        }
    }
}
