//! The operations as the vocabulary calls them: ask the kernel, then record what happened.
//!
//! Each function returns a dummy when the execution is being torn down.

use core::sync::atomic::Ordering;
use std::any::Any;

use super::execution::{Execution, PanicPlaceOr, Pending, Place, RawStep, TearDown};
use super::failure::FailureKind;
use super::hook;
use super::kernel::{Access, Exchange, Int, ObjectId, ReadPolicy, Rmw, ThreadId, Woken};
use super::timeline::Operation;

impl Execution {
    /// Says what the current thread is about to do. False: torn down, return a dummy.
    fn begin(
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
    fn done(&self) -> bool {
        if self.torn_down() {
            self.unwind_or_dummy();
            return false;
        }
        self.state_mut().threads[self.thread()].pending = None;
        true
    }

    fn step(&self, operation: Operation, object: ObjectId, place: Place) -> RawStep {
        RawStep {
            object: Some(object),
            ..RawStep::new(self.thread(), operation, place)
        }
    }

    fn simple(&self, operation: Operation, object: ObjectId, place: Place) {
        self.record(self.step(operation, object, place));
    }

    fn int(&self, id: ObjectId) -> Int {
        self.state().objects[id as usize].int
    }

    fn set_latest(&self, id: ObjectId, value: u64) {
        self.state_mut().objects[id as usize].latest = value;
    }

    fn hold(&self, id: ObjectId) {
        let thread = self.thread();
        self.state_mut().objects[id as usize].holders.push(thread);
    }

    fn release(&self, id: ObjectId) {
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

    // --- atomics ---

    pub(crate) fn new_atomic(
        &self,
        label: &'static str,
        int: Int,
        value: u64,
        place: Place,
    ) -> ObjectId {
        let id = self.add_object(label, int, value, place);
        if !self.torn_down() {
            self.kernel().new_atomic(id, int, value);
        }
        id
    }

    pub(crate) fn load(&self, id: ObjectId, order: Ordering, place: Place) -> u64 {
        if !self.begin(Operation::Load, Some(id), None, place) {
            return self.latest(id);
        }
        let (value, stale) = self.kernel().load(self, id, order);
        if !self.done() {
            return self.latest(id);
        }
        self.record(RawStep {
            read: Some(value),
            order: Some(order),
            stale,
            ..self.step(Operation::Load, id, place)
        });
        value
    }

    /// An acquire load that misses no write: for a state of which a late thread learns in another way
    /// too, so that a stale value would show nothing new. `never` is a value that the atomic never has.
    ///
    /// For the engine it is a read-modify-write that fails, which loom orders against all others; of
    /// loads before a store it forgets some (see `Doubt::LoadsBeforeStore`).
    pub(crate) fn load_latest(&self, id: ObjectId, never: u64, place: Place) -> u64 {
        if !self.begin(Operation::Load, Some(id), None, place) {
            return self.latest(id);
        }
        let exchange = Exchange {
            expected: never,
            new: never,
            success: Ordering::Acquire,
            failure: Ordering::Acquire,
            weak: false,
        };
        let (Ok(value) | Err(value)) = self.kernel().compare_exchange(self, id, exchange);
        if !self.done() {
            return self.latest(id);
        }
        self.record(RawStep {
            read: Some(value),
            order: Some(Ordering::Acquire),
            ..self.step(Operation::Load, id, place)
        });
        value
    }

    /// The latest value, without an operation.
    pub(crate) fn latest(&self, id: ObjectId) -> u64 {
        self.state()
            .objects
            .get(id as usize)
            .map_or(0, |object| object.latest)
    }

    pub(crate) fn store(&self, id: ObjectId, value: u64, order: Ordering, place: Place) {
        if !self.begin(Operation::Store, Some(id), None, place) {
            return;
        }
        self.kernel().store(self, id, value, order);
        if !self.done() {
            return;
        }
        self.set_latest(id, value);
        self.record(RawStep {
            written: Some(value),
            order: Some(order),
            ..self.step(Operation::Store, id, place)
        });
    }

    pub(crate) fn rmw(
        &self,
        id: ObjectId,
        op: Rmw,
        operand: u64,
        order: Ordering,
        place: Place,
    ) -> u64 {
        let operation = match op {
            Rmw::Swap => Operation::Swap,
            Rmw::Add => Operation::FetchAdd,
            Rmw::Sub => Operation::FetchSub,
            Rmw::And => Operation::FetchAnd,
            Rmw::Nand => Operation::FetchNand,
            Rmw::Or => Operation::FetchOr,
            Rmw::Xor => Operation::FetchXor,
            Rmw::Max => Operation::FetchMax,
            Rmw::Min => Operation::FetchMin,
        };
        if !self.begin(operation, Some(id), None, place) {
            return self.latest(id);
        }
        let old = self.kernel().rmw(self, id, op, operand, order);
        if !self.done() {
            return self.latest(id);
        }
        let new = op.apply(self.int(id), old, operand);
        self.set_latest(id, new);
        self.record(RawStep {
            read: Some(old),
            written: Some(new),
            order: Some(order),
            ..self.step(operation, id, place)
        });
        old
    }

    pub(crate) fn compare_exchange(
        &self,
        id: ObjectId,
        exchange: Exchange,
        place: Place,
    ) -> Result<u64, u64> {
        if !self.begin(Operation::CompareExchange, Some(id), None, place) {
            return Err(self.latest(id));
        }
        let result = self.kernel().compare_exchange(self, id, exchange);
        if !self.done() {
            return Err(self.latest(id));
        }
        let step = match result {
            Ok(old) => {
                self.set_latest(id, exchange.new);
                RawStep {
                    read: Some(old),
                    written: Some(exchange.new),
                    order: Some(exchange.success),
                    ..self.step(Operation::CompareExchange, id, place)
                }
            }
            Err(found) => {
                let spurious = found == exchange.expected;
                let operation = if spurious {
                    Operation::CompareExchangeSpurious
                } else {
                    Operation::CompareExchangeFailed
                };
                RawStep {
                    read: Some(found),
                    order: Some(exchange.failure),
                    ..self.step(operation, id, place)
                }
            }
        };
        self.record(step);
        result
    }

    /// The value of an atomic to which the caller has exclusive access.
    pub(crate) fn set_exclusive(&self, id: ObjectId, value: u64) {
        if !self.torn_down() {
            self.kernel().set_exclusive(self, id, value);
            self.set_latest(id, value);
        }
    }

    pub(crate) fn fence(&self, order: Ordering, place: Place) {
        if self.begin(Operation::Fence, None, None, place) {
            self.kernel().fence(self, order);
            if self.done() {
                let step = RawStep::new(self.thread(), Operation::Fence, place);
                self.record(RawStep {
                    order: Some(order),
                    ..step
                });
            }
        }
    }

    // --- locks ---

    pub(crate) fn new_mutex(&self, label: &'static str, place: Place) -> ObjectId {
        let id = self.add_object(label, Int::U64, 0, place);
        if !self.torn_down() {
            self.kernel().new_mutex(id);
        }
        id
    }

    pub(crate) fn lock(&self, id: ObjectId, place: Place) {
        if self.begin(Operation::Lock, Some(id), None, place) {
            self.kernel().lock(self, id);
            if self.done() {
                self.hold(id);
                self.simple(Operation::Lock, id, place);
            }
        }
    }

    /// Whether any thread holds the lock, without an operation.
    pub(crate) fn is_held(&self, id: ObjectId) -> bool {
        self.state()
            .objects
            .get(id as usize)
            .is_some_and(|object| !object.holders.is_empty())
    }

    pub(crate) fn try_lock(&self, id: ObjectId, place: Place) -> bool {
        if !self.begin(Operation::TryLock, Some(id), None, place) {
            return true;
        }
        let locked = self.kernel().try_lock(self, id);
        if !self.done() {
            return true;
        }
        if locked {
            self.hold(id);
        }
        self.simple(
            if locked {
                Operation::TryLock
            } else {
                Operation::TryLockFailed
            },
            id,
            place,
        );
        locked
    }

    /// A guard goes. It says where it was taken, for a `Drop` does not know its caller.
    pub(crate) fn unlock(&self, id: ObjectId, place: Place) {
        if self.begin(Operation::Unlock, Some(id), None, place) {
            self.kernel().unlock(self, id);
            if self.done() {
                self.release(id);
                self.simple(Operation::Unlock, id, place);
            }
        }
    }

    pub(crate) fn new_rwlock(&self, label: &'static str, place: Place) -> ObjectId {
        let id = self.add_object(label, Int::U64, 0, place);
        if !self.torn_down() {
            self.kernel().new_rwlock(id);
        }
        id
    }

    pub(crate) fn read(&self, id: ObjectId, policy: ReadPolicy, place: Place) {
        if self.begin(Operation::ReadLock, Some(id), None, place) {
            self.kernel().read(self, id, policy);
            if self.done() {
                self.hold(id);
                self.simple(Operation::ReadLock, id, place);
            }
        }
    }

    pub(crate) fn try_read(&self, id: ObjectId, policy: ReadPolicy, place: Place) -> bool {
        if !self.begin(Operation::TryReadLock, Some(id), None, place) {
            return true;
        }
        let locked = self.kernel().try_read(self, id, policy);
        if !self.done() {
            return true;
        }
        if locked {
            self.hold(id);
        }
        let operation = if locked {
            Operation::TryReadLock
        } else {
            Operation::TryReadLockFailed
        };
        self.simple(operation, id, place);
        locked
    }

    pub(crate) fn write(&self, id: ObjectId, place: Place) {
        if self.begin(Operation::WriteLock, Some(id), None, place) {
            self.kernel().write(self, id);
            if self.done() {
                self.hold(id);
                self.simple(Operation::WriteLock, id, place);
            }
        }
    }

    pub(crate) fn try_write(&self, id: ObjectId, place: Place) -> bool {
        if !self.begin(Operation::TryWriteLock, Some(id), None, place) {
            return true;
        }
        let locked = self.kernel().try_write(self, id);
        if !self.done() {
            return true;
        }
        if locked {
            self.hold(id);
        }
        let operation = if locked {
            Operation::TryWriteLock
        } else {
            Operation::TryWriteLockFailed
        };
        self.simple(operation, id, place);
        locked
    }

    pub(crate) fn unlock_read(&self, id: ObjectId, place: Place) {
        if self.begin(Operation::ReadUnlock, Some(id), None, place) {
            self.kernel().unlock_read(self, id);
            if self.done() {
                self.release(id);
                self.simple(Operation::ReadUnlock, id, place);
            }
        }
    }

    pub(crate) fn unlock_write(&self, id: ObjectId, place: Place) {
        if self.begin(Operation::WriteUnlock, Some(id), None, place) {
            self.kernel().unlock_write(self, id);
            if self.done() {
                self.release(id);
                self.simple(Operation::WriteUnlock, id, place);
            }
        }
    }

    // --- condvars ---

    pub(crate) fn new_condvar(&self, label: &'static str, place: Place) -> ObjectId {
        let id = self.add_object(label, Int::U64, 0, place);
        if !self.torn_down() {
            self.kernel().new_condvar(id);
        }
        id
    }

    pub(crate) fn wait(
        &self,
        condvar: ObjectId,
        mutex: ObjectId,
        timed: bool,
        place: Place,
    ) -> Woken {
        if !self.begin(Operation::Wait, Some(condvar), None, place) {
            return Woken::TimedOut;
        }
        let woken = self.kernel().wait(self, condvar, mutex, timed);
        if !self.done() {
            return Woken::TimedOut;
        }
        self.hold(mutex);
        let operation = match woken {
            Woken::Notified => Operation::Wake,
            Woken::Spuriously => Operation::WakeSpurious,
            Woken::TimedOut => Operation::WakeTimeout,
        };
        self.record(RawStep {
            also: Some(mutex),
            ..self.step(operation, condvar, place)
        });
        woken
    }

    pub(crate) fn notify(&self, condvar: ObjectId, all: bool, place: Place) -> usize {
        let operation = if all {
            Operation::NotifyAll
        } else {
            Operation::NotifyOne
        };
        if !self.begin(operation, Some(condvar), None, place) {
            return 0;
        }
        let woken = self.kernel().notify(self, condvar, all);
        if !self.done() {
            return 0;
        }
        self.record(RawStep {
            read: Some(woken as u64),
            ..self.step(operation, condvar, place)
        });
        woken
    }

    // --- cells ---

    pub(crate) fn new_cell(&self, place: Place) -> ObjectId {
        let id = self.add_object("cell", Int::U64, 0, place);
        if !self.torn_down() {
            self.kernel().new_cell(id);
        }
        id
    }

    /// An access to a cell begins. False: it must not touch the memory, or need not be ended.
    pub(crate) fn begin_access(&self, id: ObjectId, access: Access, place: Place) -> bool {
        let operation = operation_of(access);
        if !self.begin(operation, Some(id), None, place) {
            return false;
        }
        let result = self.kernel().begin_access(self, id, access);
        if self.torn_down() {
            self.unwind_or_dummy();
            return false;
        }
        self.state_mut().threads[self.thread()].pending = None;
        self.simple(operation, id, place);
        if let Err(race) = result {
            self.data_race(id, access, race.access, race.thread, place);
            return false;
        }
        true
    }

    /// Reports a race on a cell, and unwinds.
    pub(crate) fn data_race(
        &self,
        id: ObjectId,
        access: Access,
        other: Access,
        by: ThreadId,
        place: Place,
    ) {
        let message = self.race_message(id, access, other, by);
        self.fail(
            FailureKind::DataRace,
            message,
            Some(PanicPlaceOr::Static(place)),
        );
        self.unwind_or_dummy();
    }

    /// What is said of a race: both accesses, by whom and where.
    pub(crate) fn race_message(
        &self,
        id: ObjectId,
        access: Access,
        other: Access,
        by: ThreadId,
    ) -> String {
        let state = self.state();
        let name = super::explain::object_name(&state.objects[id as usize]);
        let me = super::explain::thread_name(&state, self.thread());
        let other_thread = super::explain::thread_name(&state, by);
        let at = state
            .steps
            .iter()
            .rev()
            .find(|step| {
                step.thread == by
                    && step.object == Some(id)
                    && step.operation == operation_of(other)
            })
            .and_then(|step| step.place.as_ref())
            .map(super::explain::location)
            .map_or_else(String::new, |l| {
                format!(" at {}:{}", super::explain::short(&l.file), l.line)
            });
        let verb = |access| {
            if access == Access::Read {
                "reads"
            } else {
                "writes"
            }
        };
        let noun = if other == Access::Read {
            "read"
        } else {
            "write"
        };
        format!(
            "data race: {me} {} {name}, and nothing orders this after the {noun} by {other_thread}{at}",
            verb(access)
        )
    }

    pub(crate) fn end_access(&self, id: ObjectId, access: Access) {
        if !self.torn_down() {
            self.kernel().end_access(self, id, access);
        }
    }

    // --- threads ---

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
        let spawner = core::ptr::from_ref(self);
        let body = move || {
            // SAFETY: the engine runs threads only while their execution is entered, and so alive.
            let execution = unsafe { &*spawner };
            execution.run_thread(f, place);
        };
        self.kernel().spawn(self, id, stack, Box::new(body));
        if self.done() {
            self.record(RawStep {
                target: Some(id),
                ..RawStep::new(self.thread(), Operation::Spawn, place)
            });
        }
        id
    }

    /// The body of a spawned thread, from its first step to its last. It does not unwind.
    fn run_thread(&self, f: Box<dyn FnOnce()>, place: Place) {
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
            self.record(RawStep {
                text: Some(text),
                ..RawStep::new(self.thread(), Operation::Print, place)
            });
        }
    }

    // --- the ends of an execution ---

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
                self.fail_with(super::execution::RawFailure {
                    kind: FailureKind::Panic,
                    message,
                    place,
                    thread: 0,
                    steps,
                    details: Vec::new(),
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

fn operation_of(access: Access) -> Operation {
    match access {
        Access::Read => Operation::Read,
        Access::Write => Operation::Write,
    }
}
