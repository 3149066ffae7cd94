//! The operations as the vocabulary calls them: ask the kernel, then record what happened.
//!
//! Each function returns a dummy when the execution is being torn down.

mod atomics;
mod cells;
mod locks;
pub(crate) mod memory;
pub(crate) mod threads;

use super::execution::{Execution, Place};
use super::kernel::{ObjectId, ThreadId};
use super::lock_order::{Held, Mode, Request};
use super::record::{Pending, RawStep};
use super::timeline::Operation;

impl Execution {
    /// Says what the current thread is about to do. False: torn down, return a dummy.
    #[inline]
    pub(super) fn begin(
        &self,
        operation: Operation,
        object: Option<ObjectId>,
        target: Option<ThreadId>,
        place: Place,
    ) -> bool {
        if self.torn_down() {
            self.unwind_or_dummy();
            return false;
        }
        let pending = Pending {
            operation,
            object,
            target,
            place,
            shown: false,
        };
        self.state_mut().threads[self.thread()].pending = Some(pending);
        true
    }

    /// The kernel came back. False: torn down meanwhile, return a dummy.
    #[inline]
    pub(super) fn done(&self) -> bool {
        if self.torn_down() {
            self.unwind_or_dummy();
            return false;
        }
        self.state_mut().threads[self.thread()].pending = None;
        true
    }

    #[inline]
    pub(super) fn step(&self, operation: Operation, object: ObjectId, place: Place) -> RawStep {
        RawStep {
            object: Some(object),
            ..RawStep::new(self.thread(), operation, place)
        }
    }

    pub(super) fn simple(&self, operation: Operation, object: ObjectId, place: Place) {
        self.record(self.step(operation, object, place));
    }

    pub(super) fn set_latest(&self, id: ObjectId, value: u64) {
        self.state_mut().objects[id as usize].latest = value;
    }

    /// The current thread has got a lock, for which it was ready to wait.
    pub(super) fn hold(&self, id: ObjectId, mode: Mode, place: Place) {
        let thread = self.thread();
        let mut state = self.state_mut();
        let held = &state.threads[thread].held;
        if mode == Mode::Write || !held.is_empty() {
            let request = Request {
                thread: thread as u64,
                held: held.clone(),
                wanted: Held {
                    lock: id.into(),
                    mode,
                    place,
                },
            };
            state.requests.push(request);
        }
        drop(state);
        self.hold_at_once(id, mode, place);
    }

    /// The current thread has got a lock, and would not have waited for it for ever.
    pub(super) fn hold_at_once(&self, id: ObjectId, mode: Mode, place: Place) {
        let thread = self.thread();
        let mut state = self.state_mut();
        state.objects[id as usize].holders.push(thread);
        state.threads[thread].held.push(Held {
            lock: id.into(),
            mode,
            place,
        });
    }

    /// The current thread holds a lock no longer.
    pub(super) fn let_go(&self, id: ObjectId) {
        let thread = self.thread();
        let held = &mut self.state_mut().threads[thread].held;
        if let Some(at) = held.iter().rposition(|held| held.lock == u64::from(id)) {
            held.remove(at);
        }
    }

    pub(super) fn release(&self, id: ObjectId) {
        self.let_go(id);
        let thread = self.thread();
        let mut state = self.state_mut();
        let holders = &mut state.objects[id as usize].holders;
        // A guard may be dropped by another thread than the one that took it.
        let held = holders
            .iter()
            .position(|holder| *holder == thread)
            .or((!holders.is_empty()).then_some(0));
        if let Some(held) = held {
            holders.swap_remove(held);
        }
    }
}
