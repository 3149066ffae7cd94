//! One execution of a scenario: its threads, its objects, and what happened so far.
//!
//! The vocabulary comes in here (see `ops.rs`), the engine's kernel does the work, and what was done is
//! recorded, so that a counterexample looks the same whichever engine found it.
//!
//! After a failure the execution is *torn down*: operations return dummies, and the first one that a
//! thread attempts unwinds it.

use core::panic::Location;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};
use std::any::Any;
use std::cell::{Cell, Ref, RefCell, RefMut};
use std::collections::HashMap;
use std::rc::Rc;

use super::failure::FailureKind;
use super::kernel::{Kernel, ObjectId, ThreadId};
use super::lock_order::Request;
use super::ops::memory::Block;
use super::record::{Object, PanicPlaceOr, Pending, RawFailure, RawStep, Said, Thread};
use super::sites::Sites;
use super::timeline::Operation;
use super::worker::Worker;

pub(crate) type Place = &'static Location<'static>;

/// Dummies that a thread may be given while it unwinds before it counts as stuck in a destructor.
const MOST_DUMMIES: u32 = 100_000;

/// The payload with which threads are unwound when an execution is torn down.
pub(crate) struct TearDown;

/// A thread-local of the current thread.
pub(crate) enum Local {
    Uninitialised,
    Value(NonNull<dyn Any>),
    /// Its destructor has run, or runs.
    Destroyed,
}

/// A thread-local by the address of its key, and its value: `None` once its destructor has run.
type LocalSlot = (usize, Option<Box<dyn Any>>);

/// Its memory can be used for the next execution: most are short, and a search runs very many.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) steps: Vec<RawStep>,
    pub(crate) said: Vec<Said>,
    pub(crate) objects: Vec<Object>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) failure: Option<RawFailure>,
    pub(super) statics: HashMap<usize, ObjectId>,
    /// Values of statics (`OnceLock`, `LazyLock`) that live as long as the execution.
    pub(super) static_values: HashMap<usize, Rc<dyn Any>>,
    pub(super) names: Vec<(usize, usize, String)>,
    pub(super) blocks: Vec<Block>,
    /// Who asked for which lock while holding which.
    pub(super) requests: Vec<Request>,
    locals: Vec<Vec<LocalSlot>>,
}

impl State {
    /// The state in which an execution begins: there is main.
    fn begin(&mut self) {
        // Named one by one, so that none is forgotten.
        let Self {
            steps,
            said,
            objects,
            threads,
            failure,
            statics,
            static_values,
            names,
            blocks,
            requests,
            locals,
        } = self;
        steps.clear();
        said.clear();
        objects.clear();
        threads.clear();
        *failure = None;
        statics.clear();
        static_values.clear();
        names.clear();
        blocks.clear();
        requests.clear();
        locals.clear();
        threads.push(Thread::default());
        locals.push(Vec::new());
    }
}

/// See the module.
pub(crate) struct Execution {
    id: u64,
    kernel: Rc<dyn Kernel>,
    sites: Option<Rc<Sites>>,
    worker: std::sync::Arc<Worker>,
    current: Cell<ThreadId>,
    torn_down: Cell<bool>,
    state: RefCell<State>,
}

std::thread_local! {
    static CURRENT: Cell<Option<NonNull<Execution>>> = const { Cell::new(None) };
}

/// The execution that runs on this OS thread, if one does.
#[inline]
pub(crate) fn current<'a>() -> Option<&'a Execution> {
    // SAFETY: `Execution::enter` sets the pointer and clears it before the execution it borrows goes;
    // everything that can ask runs in between, on this thread.
    CURRENT.get().map(|execution| unsafe { execution.as_ref() })
}

/// Makes `execution` the current one of this OS thread, until [`leave`].
///
/// # Safety
/// `execution` must stay alive until `leave`, or until another is made current.
#[cfg(feature = "loom")]
pub(crate) unsafe fn set_current(execution: &Execution) {
    CURRENT.set(Some(NonNull::from(execution)));
}

/// No execution is current any more.
#[cfg(feature = "loom")]
pub(crate) fn leave() {
    CURRENT.set(None);
}

static NEXT_ID: AtomicU64 = AtomicU64::new(2);

impl Execution {
    pub(crate) fn new(kernel: Rc<dyn Kernel>, worker: std::sync::Arc<Worker>) -> Self {
        let mut state = State::default();
        state.begin();
        Self {
            // ORDERING: Relaxed; only the uniqueness of the number matters.
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            kernel,
            sites: None,
            worker,
            current: Cell::new(0),
            torn_down: Cell::new(false),
            state: RefCell::new(state),
        }
    }

    /// Ends the execution: another begins in its memory.
    pub(crate) fn renew(&mut self) {
        // What is left has destructors, which belong to this execution.
        self.state.get_mut().begin();
        // ORDERING: Relaxed, as above.
        self.id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        self.current.set(0);
        self.torn_down.set(false);
    }

    /// Makes this the current execution of the OS thread while `f` runs.
    pub(crate) fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Reset(Option<NonNull<Execution>>);
        impl Drop for Reset {
            fn drop(&mut self) {
                CURRENT.set(self.0);
            }
        }
        let _reset = Reset(CURRENT.replace(Some(NonNull::from(self))));
        f()
    }

    /// Notes the sites that are met, and takes orderings from there.
    pub(crate) fn use_sites(&mut self, sites: &Rc<Sites>) {
        self.sites = Some(Rc::clone(sites));
    }

    /// The ordering that an operation is to have.
    #[inline]
    pub(crate) fn ordering(
        &self,
        operation: Operation,
        ordering: Ordering,
        place: Place,
    ) -> Ordering {
        match &self.sites {
            None => ordering,
            Some(sites) => sites.ordering(operation, ordering, place),
        }
    }

    #[inline]
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    #[inline]
    pub(crate) fn kernel(&self) -> &dyn Kernel {
        &*self.kernel
    }

    pub(crate) fn worker(&self) -> &std::sync::Arc<Worker> {
        &self.worker
    }

    #[inline]
    pub(crate) fn thread(&self) -> ThreadId {
        self.current.get()
    }

    /// The engine says which thread runs from here on.
    #[inline]
    pub(crate) fn set_thread(&self, thread: ThreadId) {
        self.current.set(thread);
    }

    #[inline]
    pub(crate) fn state(&self) -> Ref<'_, State> {
        self.state.borrow()
    }

    #[inline]
    pub(crate) fn state_mut(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }

    // --- tearing down ---

    #[inline]
    pub(crate) fn torn_down(&self) -> bool {
        self.torn_down.get()
    }

    /// Ends the execution without a failure of the scenario: the engine has seen enough of it.
    pub(crate) fn abandon(&self) {
        self.torn_down.set(true);
    }

    /// Whether the current model thread unwinds.
    pub(crate) fn panicking(&self) -> bool {
        // The flag alone would stay up after a `catch_unwind` in the scenario, and std's count alone
        // counts the panics of every model thread, for they share an OS thread.
        std::thread::panicking() && self.state().threads[self.thread()].panicking
    }

    /// Called when an operation is attempted, or returns, in an execution that is torn down: unwinds
    /// the thread, or lets it have a dummy if it unwinds already.
    #[cold]
    pub(crate) fn unwind_or_dummy(&self) {
        let unwinding = self.panicking();
        let stuck = {
            let mut state = self.state_mut();
            let thread = self.thread();
            let thread = &mut state.threads[thread];
            thread.panicking = true;
            thread.dummies += 1;
            thread.dummies > MOST_DUMMIES
        };
        if stuck {
            self.worker
                .lose("a destructor, or a catch_unwind in a loop, never ends after the failure");
        }
        if !unwinding {
            std::panic::resume_unwind(Box::new(TearDown));
        }
    }

    /// Records a failure, unless there is one already, and tears the execution down.
    #[cold]
    pub(crate) fn fail(&self, kind: FailureKind, message: String, place: Option<PanicPlaceOr>) {
        self.fail_against(kind, message, place, None);
    }

    /// Like [`fail`](Self::fail), where the failure is that of two steps together, of which this is the other.
    #[cold]
    pub(crate) fn fail_against(
        &self,
        kind: FailureKind,
        message: String,
        place: Option<PanicPlaceOr>,
        with: Option<usize>,
    ) {
        let thread = self.thread();
        let steps = self.state().steps.len();
        self.fail_with(RawFailure {
            kind,
            message,
            place,
            thread,
            steps,
            details: Vec::new(),
            with,
            explanation: Vec::new(),
        });
    }

    /// Like [`fail`](Self::fail), with everything said.
    #[cold]
    pub(crate) fn fail_with(&self, failure: RawFailure) {
        if !self.torn_down() && !self.kernel.discards(self, &failure) {
            self.torn_down.set(true);
            self.state_mut().failure.get_or_insert(failure);
            self.worker.failed(self);
        }
    }

    // --- threads ---

    pub(crate) fn add_thread(&self, name: Option<String>) -> ThreadId {
        let mut state = self.state_mut();
        state.threads.push(Thread {
            name,
            ..Thread::default()
        });
        state.locals.push(Vec::new());
        state.threads.len() - 1
    }

    /// The name that a thread was given.
    pub(crate) fn thread_name(&self, thread: ThreadId) -> Option<String> {
        self.state().threads[thread].name.clone()
    }

    /// The thread-local `key` of the current thread.
    pub(crate) fn local(&self, key: usize) -> Local {
        let state = self.state();
        match state.locals[self.thread()].iter().find(|(k, _)| *k == key) {
            None => Local::Uninitialised,
            Some((_, Some(value))) => Local::Value(NonNull::from(&**value)),
            Some((_, None)) => Local::Destroyed,
        }
    }

    pub(crate) fn set_local(&self, key: usize, value: Box<dyn Any>) {
        let thread = self.thread();
        let mut state = self.state_mut();
        let locals = &mut state.locals[thread];
        let old = locals
            .iter_mut()
            .find(|(k, _)| *k == key)
            .map(|(_, old)| old);
        let replaced = match old {
            Some(old) => old.replace(value),
            None => {
                locals.push((key, Some(value)));
                None
            }
        };
        drop(state);
        drop(replaced);
    }

    /// Takes the thread-local that was initialised last, to be dropped at the end of the thread.
    pub(crate) fn take_local(&self) -> Option<Box<dyn Any>> {
        let thread = self.thread();
        self.state_mut().locals[thread]
            .iter_mut()
            .rev()
            .find_map(|(_, value)| value.take())
    }

    // --- recording ---

    #[inline]
    pub(crate) fn record(&self, step: RawStep) {
        self.worker
            .progress(step.operation, step.thread, step.place);
        self.state_mut().steps.push(step);
    }

    /// Records a step that says something in words.
    pub(crate) fn record_said(&self, step: RawStep, said: Said) {
        let index = {
            let mut state = self.state_mut();
            state.said.push(said);
            state.said.len() as u32 - 1
        };
        self.record(RawStep {
            said: Some(index),
            ..step
        });
    }

    /// The kernel says that the current thread cannot go on at once.
    pub(crate) fn blocked(&self) {
        let thread = self.thread();
        let step = {
            let mut state = self.state_mut();
            match &mut state.threads[thread].pending {
                Some(pending) if !pending.shown => {
                    pending.shown = true;
                    RawStep::blocked(thread, pending)
                }
                _ => return,
            }
        };
        self.record(step);
    }

    /// The kernel says that the current thread, woken from a condvar, now wants the mutex again.
    pub(crate) fn relocking(&self, mutex: ObjectId) {
        let thread = self.thread();
        if let Some(pending) = &mut self.state_mut().threads[thread].pending {
            *pending = Pending {
                operation: Operation::Lock,
                object: Some(mutex),
                target: None,
                place: pending.place,
                shown: false,
            };
        }
    }

    /// The kernel says that the current thread, about to wait on a condvar, has released the mutex.
    pub(crate) fn released(&self, mutex: ObjectId) {
        let thread = self.thread();
        let step = {
            let mut state = self.state_mut();
            state.objects[mutex as usize]
                .holders
                .retain(|holder| *holder != thread);
            match &mut state.threads[thread].pending {
                Some(pending) => {
                    pending.shown = true;
                    RawStep {
                        also: Some(mutex),
                        ..RawStep::blocked(thread, pending)
                    }
                }
                None => return,
            }
        };
        self.record(step);
    }
}
