//! Something done once: what `Once` (both faces), `OnceLock` and `LazyLock` are written upon.
//!
//! The initialiser runs under a lock; who comes meanwhile waits for that lock, and who comes later finds
//! in the state that all is done. So an initialiser that needs its own result waits for a lock "which it
//! holds itself".
//!
//! What orders: the end of the initialiser, a release, is read by every later call, an acquire. Threads
//! that wait for the lock are besides ordered among themselves, which std does not promise. That hides
//! nothing: a thread that comes after the end, in another execution, takes no lock.
//!
//! A thread that has seen the end sees it always, and is ordered after it already. So it asks the engine
//! once only: a `LazyLock` that is used often costs one operation in each thread.

use core::cell::{Cell, OnceCell};
use core::panic::Location;
use core::sync::atomic::{AtomicU8, Ordering};
use std::rc::Rc;

use super::raw;
use super::slot::Slot;
use crate::check::execution::{Execution, Local, Place};
use crate::check::kernel::{Int, ObjectId, Rmw, StaticKind};

/// What has happened so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    New = 0,
    Running = 1,
    Poisoned = 2,
    Done = 3,
}

/// No state.
const NEVER: u64 = 0xff;

impl State {
    fn from_word(word: u64) -> Self {
        match word {
            1 => Self::Running,
            2 => Self::Poisoned,
            3 => Self::Done,
            _ => Self::New,
        }
    }
}

/// An initialiser panicked before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Poisoned;

/// How a call deals with the past and the present.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Runs the initialiser although an earlier one panicked.
    pub(crate) force: bool,
    /// Shows that the initialiser runs, at the cost of an operation.
    pub(crate) announce: bool,
}

impl Manner {
    pub(crate) const PLAIN: Self = Self {
        force: false,
        announce: false,
    };
    pub(crate) const FORCE: Self = Self {
        force: true,
        announce: false,
    };
}

pub(crate) struct Once {
    slot: Slot,
    native: AtomicU8,
    lock: raw::Lock,
    /// Made when first needed, under the lock.
    waiting: OnceCell<Waiting>,
}

/// Threads that wait for an end without being ready to bring it about.
struct Waiting {
    condvar: raw::Condvar,
    count: Cell<usize>,
}

impl Waiting {
    fn new() -> Self {
        Self {
            condvar: raw::Condvar::new("once's end"),
            count: Cell::new(0),
        }
    }
}

// SAFETY: `waiting` is used under the lock only; the rest is `Sync` by itself.
unsafe impl Sync for Once {}

impl Once {
    pub(crate) const fn const_new() -> Self {
        Self {
            slot: Slot::of_static(),
            native: AtomicU8::new(State::New as u8),
            lock: raw::Lock::const_new("once's lock"),
            waiting: OnceCell::new(),
        }
    }

    #[track_caller]
    pub(crate) fn new() -> Self {
        Self::in_state(State::New)
    }

    /// One that need not run any more.
    #[track_caller]
    pub(crate) fn done() -> Self {
        Self::in_state(State::Done)
    }

    #[track_caller]
    fn in_state(state: State) -> Self {
        let place = Location::caller();
        Self {
            slot: Slot::new(|x| x.new_atomic("once", Int::U8, state as u64, place)),
            native: AtomicU8::new(state as u8),
            lock: raw::Lock::new("once's lock"),
            waiting: OnceCell::new(),
        }
    }

    /// The execution in which a static is used, if it is one and an execution runs.
    pub(crate) fn static_in<'a>(&self) -> Option<&'a Execution> {
        self.slot.static_in()
    }

    /// Whether what was initialised may be looked at without an operation. Inside of a check it may
    /// always, for no other model thread runs meanwhile.
    pub(crate) fn may_look(&self) -> bool {
        self.static_in().is_some()
            || self.slot.model_in_drop().is_some()
            // ORDERING: Acquire; pairs with the Release in `set`.
            || self.native.load(Ordering::Acquire) == State::Done as u8
    }

    fn model<'a>(&self, place: Place) -> Option<(&'a Execution, ObjectId)> {
        // Not the address of the whole, which may be that of the lock too.
        let address = core::ptr::from_ref(&self.slot).addr();
        let of_static = Some(("once", StaticKind::Atomic(Int::U8, State::New as u64)));
        self.slot.model("Once", address, place, of_static)
    }

    /// The state, for whoever shows it to the program: it may be an old one.
    pub(crate) fn state(&self, place: Place) -> State {
        match self.model(place) {
            // ORDERING: Acquire; pairs with the Release in `set`.
            None => State::from_word(u64::from(self.native.load(Ordering::Acquire))),
            Some((x, id)) if has_seen_end(x, id) => State::Done,
            Some((x, id)) => note(x, id, x.load(id, Ordering::Acquire, place)),
        }
    }

    pub(crate) fn is_done(&self, place: Place) -> bool {
        self.state(place) == State::Done
    }

    /// The state, for whoever asks again under the lock.
    fn glance(&self, place: Place) -> State {
        match self.model(place) {
            // ORDERING: Acquire; pairs with the Release in `set`.
            None => State::from_word(u64::from(self.native.load(Ordering::Acquire))),
            Some((x, id)) if has_seen_end(x, id) => State::Done,
            Some((x, id)) => note(x, id, x.load_latest(id, NEVER, place)),
        }
    }

    /// The state, under the lock, which makes an operation superfluous.
    fn peek(&self, place: Place) -> State {
        match self.model(place) {
            // ORDERING: Relaxed; the lock orders those that change it.
            None => State::from_word(u64::from(self.native.load(Ordering::Relaxed))),
            Some((x, id)) => note(x, id, x.latest(id)),
        }
    }

    /// Changes the state, under the lock.
    fn set(&self, state: State, place: Place) {
        match self.model(place) {
            // ORDERING: Release; pairs with the Acquire in `state` and `glance`.
            None => self.native.store(state as u8, Ordering::Release),
            // A swap, for loom does not order stores against what `glance` does (loom #254).
            Some((x, id)) => {
                x.rmw(id, Rmw::Swap, state as u64, Ordering::Release, place);
                note(x, id, state as u64);
            }
        }
    }

    /// Runs `f` if nobody did so yet, or waits until whoever does has come to the end. `f` is told
    /// whether an earlier one panicked.
    ///
    /// # Errors
    /// If an earlier one panicked, unless told to go on all the same.
    #[track_caller]
    #[inline]
    pub(crate) fn call(&self, manner: Manner, f: impl FnOnce(bool)) -> Result<(), Poisoned> {
        let place = Location::caller();
        if self.glance(place) == State::Done {
            return Ok(());
        }
        let mut f = Some(f);
        self.call_slowly(manner, place, &mut |poisoned| {
            if let Some(f) = f.take() {
                f(poisoned);
            }
        })
    }

    #[cold]
    fn call_slowly(
        &self,
        manner: Manner,
        place: Place,
        f: &mut dyn FnMut(bool),
    ) -> Result<(), Poisoned> {
        let _held = self.lock.lock_at(place, true);
        let before = self.peek(place);
        match before {
            State::Done => return Ok(()),
            State::Poisoned if !manner.force => return Err(Poisoned),
            _ if manner.announce => self.set(State::Running, place),
            _ => {}
        }
        let mut end = End {
            once: self,
            state: State::Poisoned,
            place,
        };
        f(before == State::Poisoned);
        end.state = State::Done;
        Ok(())
    }

    /// Waits until somebody has come to the end, without being ready to run anything.
    ///
    /// # Errors
    /// If an initialiser panicked, unless told to wait for another.
    #[track_caller]
    pub(crate) fn wait(&self, force: bool) -> Result<(), Poisoned> {
        let place = Location::caller();
        if self.glance(place) == State::Done {
            return Ok(());
        }
        let mut held = self.lock.lock_at(place, true);
        loop {
            match self.peek(place) {
                State::Done => return Ok(()),
                State::Poisoned if !force => return Err(Poisoned),
                _ => self.with_waiting(|waiting| {
                    waiting.count.set(waiting.count.get() + 1);
                    waiting.condvar.wait_at(&mut held, None, place);
                    waiting.count.set(waiting.count.get() - 1);
                }),
            }
        }
    }

    /// Those that wait; for a static, those of the execution that runs. Under the lock.
    fn with_waiting<R>(&self, f: impl FnOnce(&Waiting) -> R) -> R {
        let Some(x) = self.static_in() else {
            return f(self.waiting.get_or_init(Waiting::new));
        };
        let waiting = self.static_waiting(x).unwrap_or_else(|| {
            let new = Rc::new(Waiting::new());
            x.set_static_value(self.waiting_key(), Rc::<Waiting>::clone(&new) as _);
            new
        });
        f(&waiting)
    }

    /// Whether a thread waits that must be told. Under the lock.
    fn is_waited_for(&self) -> bool {
        match self.static_in() {
            None => self.waiting.get().is_some_and(|w| w.count.get() > 0),
            Some(x) => self.static_waiting(x).is_some_and(|w| w.count.get() > 0),
        }
    }

    fn static_waiting(&self, x: &Execution) -> Option<Rc<Waiting>> {
        x.static_value(self.waiting_key())?.downcast().ok()
    }

    fn waiting_key(&self) -> usize {
        core::ptr::from_ref(&self.waiting).addr()
    }
}

/// The current thread has seen the end, in this execution.
fn has_seen_end(x: &Execution, id: ObjectId) -> bool {
    // Thread-locals of the program are found by the addresses of statics, which are no small numbers.
    !matches!(x.local(id as usize), Local::Uninitialised)
}

/// Notes what the current thread has found.
fn note(x: &Execution, id: ObjectId, word: u64) -> State {
    let state = State::from_word(word);
    if state == State::Done && !x.torn_down() && !has_seen_end(x, id) {
        x.set_local(id as usize, Box::new(()));
    }
    state
}

/// Ends a run: `Poisoned`, unless it got to say otherwise.
struct End<'a> {
    once: &'a Once,
    state: State,
    place: Place,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.once.set(self.state, self.place);
        if self.once.is_waited_for() {
            self.once
                .with_waiting(|waiting| waiting.condvar.notify_all_at(self.place));
        }
    }
}

impl core::fmt::Debug for Once {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}
