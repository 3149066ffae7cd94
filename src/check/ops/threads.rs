//! Threads, from their starts to their ends.

use std::any::Any;

use crate::check::execution::{Execution, Place, TearDown};
use crate::check::failure::FailureKind;
use crate::check::hook;
use crate::check::kernel::{ThreadId, Woken};
use crate::check::record::{PanicPlaceOr, RawFailure, RawStep, Said};
use crate::check::timeline::Operation;

/// What a model thread runs, and where it was started.
pub(crate) struct Body {
    f: Box<dyn FnOnce()>,
    place: Place,
}

impl Execution {
    /// Starts a model thread that runs `f`.
    pub(crate) fn spawn(
        &self,
        name: Option<String>,
        stack: usize,
        f: Box<dyn FnOnce()>,
        place: Place,
    ) -> ThreadId {
        if !self.begin(Operation::Spawn, None, None, place) {
            let id = self.add_thread(name);
            self.state_mut().threads[id].finished = true;
            return id;
        }
        let id = self.add_thread(name);
        self.kernel().spawn(self, id, stack, Body { f, place });
        if self.done() {
            self.record(RawStep {
                target: Some(id),
                ..RawStep::new(self.thread(), Operation::Spawn, place)
            });
        }
        id
    }

    /// The body of a spawned thread, from its first step to its last. It does not unwind.
    pub(crate) fn run_thread(&self, Body { f, place }: Body) {
        let thread = self.thread();
        if !self.torn_down() {
            self.record(RawStep::new(thread, Operation::Start, place));
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                f();
                self.drop_locals();
            }));
            if let Err(payload) = ended {
                self.forget_payload(payload);
            }
        } else {
            // Never started: what it captured still has destructors.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(f)));
        }
        let mut state = self.state_mut();
        state.threads[thread].finished = true;
        state.threads[thread].panicking = false;
        state.threads[thread].pending = None;
        drop(state);
        if !self.torn_down() {
            self.record(RawStep::new(thread, Operation::Finish, place));
        }
    }

    /// Drops a panic's payload, whose destructor may panic in turn.
    pub(crate) fn forget_payload(&self, payload: Box<dyn Any + Send>) {
        if !payload.is::<TearDown>()
            && let Err(again) =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || drop(payload)))
        {
            core::mem::forget(again);
        }
    }

    /// Drops the thread-locals of the current thread, the latest first.
    pub(crate) fn drop_locals(&self) {
        while let Some(local) = self.take_local() {
            drop(local);
        }
    }

    /// The panic of the current thread was caught at its root.
    pub(crate) fn caught(&self) {
        self.state_mut().threads[self.thread()].panicking = false;
    }

    pub(crate) fn join(&self, target: ThreadId, place: Place) {
        if self.begin(Operation::Join, None, Some(target), place) {
            self.kernel().join(self, target);
            if self.done() {
                self.record(RawStep {
                    target: Some(target),
                    ..RawStep::new(self.thread(), Operation::Join, place)
                });
            }
        }
    }

    pub(crate) fn is_finished(&self, target: ThreadId) -> bool {
        self.state().threads[target].finished
    }

    /// Whether a thread has ended, asked by the scenario.
    pub(crate) fn poll_finished(&self, target: ThreadId, place: Place) -> bool {
        if let Some(finished) = self.kernel().has_finished(self, target) {
            return finished;
        }
        self.pause(Operation::Yield, place);
        self.kernel().unseen();
        self.is_finished(target)
    }

    pub(crate) fn park(&self, timed: bool, place: Place) {
        if self.begin(Operation::Park, None, None, place) {
            let woken = self.kernel().park(self, timed);
            if self.done() {
                let operation = match woken {
                    Woken::TimedOut => Operation::ParkTimeout,
                    Woken::Spuriously => Operation::WakeSpurious,
                    Woken::Notified => Operation::Park,
                };
                self.record(RawStep::new(self.thread(), operation, place));
            }
        }
    }

    pub(crate) fn unpark(&self, target: ThreadId, place: Place) {
        if self.begin(Operation::Unpark, None, Some(target), place) {
            self.kernel().unpark(self, target);
            if self.done() {
                self.record(RawStep {
                    target: Some(target),
                    ..RawStep::new(self.thread(), Operation::Unpark, place)
                });
            }
        }
    }

    /// `yield_now`, a spin-loop hint, or a sleep: lets others run and orders nothing.
    pub(crate) fn pause(&self, operation: Operation, place: Place) {
        if self.begin(operation, None, None, place) {
            self.kernel().yield_now(self);
            if self.done() {
                self.record(RawStep::new(self.thread(), operation, place));
            }
        }
    }

    /// A line that the scenario prints.
    pub(crate) fn print(&self, text: String, place: Place) {
        if !self.torn_down() {
            let step = RawStep::new(self.thread(), Operation::Print, place);
            self.record_said(step, Said { text, place: None });
        }
    }

    /// Runs the scenario as the main thread. Does not unwind.
    pub(crate) fn run_main(&self, scenario: &dyn Fn()) {
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            scenario();
            self.drop_locals();
        }));
        match ended {
            Ok(()) => {}
            Err(payload) if payload.is::<TearDown>() => {}
            Err(payload) => {
                let (message, place, steps) = {
                    let state = self.state();
                    let main = &state.threads[0];
                    match main.panic.clone() {
                        Some((message, place)) => {
                            (message, place.map(PanicPlaceOr::Panic), main.panic_step)
                        }
                        // `resume_unwind` raises a panic without the hook.
                        None => (hook::message(&*payload), None, state.steps.len()),
                    }
                };
                self.fail_with(RawFailure {
                    kind: FailureKind::Panic,
                    message,
                    place,
                    thread: 0,
                    steps,
                    details: Vec::new(),
                    with: None,
                    explanation: Vec::new(),
                });
                self.forget_payload(payload);
            }
        }
        let mut state = self.state_mut();
        state.threads[0].finished = true;
        state.threads[0].panicking = false;
        state.threads[0].pending = None;
    }
}
