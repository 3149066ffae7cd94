//! Locks and condvars without data or poisoning: `parking_lot`'s outside of a check, the engine's inside.
//! Both faces of the vocabulary are written on these (read-write locks: `raw_rwlock.rs`).

use core::panic::Location;
use std::time::Instant;

use super::slot::Slot;
use crate::check::execution::{Execution, Place};
use crate::check::kernel::{ObjectId, StaticKind, Woken};
use crate::check::lock_order::{self, Identity, Mode, Token};

/// A mutex.
#[derive(Debug)]
pub(crate) struct Lock {
    slot: Slot,
    /// What it belongs to, for its default name and for the text of a misuse.
    label: &'static str,
    order: Identity,
    native: parking_lot::Mutex<()>,
}

/// Holds a [`Lock`].
#[derive(Debug)]
pub(crate) struct LockGuard<'a> {
    lock: &'a Lock,
    native: Option<parking_lot::MutexGuard<'a, ()>>,
    /// Where it was taken: a destructor does not know its caller.
    place: Place,
    /// Natively: until when it counts as held.
    token: Token,
}

impl Lock {
    #[track_caller]
    pub(crate) const fn const_new(label: &'static str) -> Self {
        Self {
            slot: Slot::of_static(),
            label,
            order: Identity::new(label),
            native: parking_lot::Mutex::new(()),
        }
    }

    #[track_caller]
    pub(crate) fn new(label: &'static str) -> Self {
        let place = Location::caller();
        Self {
            slot: Slot::new(|x| x.new_mutex(label, place)),
            label,
            order: Identity::new(label),
            native: parking_lot::Mutex::new(()),
        }
    }

    fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// The guard of the native lock that this thread has got.
    fn native_guard<'a>(
        &'a self,
        native: parking_lot::MutexGuard<'a, ()>,
        place: Place,
    ) -> LockGuard<'a> {
        LockGuard {
            lock: self,
            native: Some(native),
            place,
            token: lock_order::has(&self.order, self.address(), Mode::Lock, place),
        }
    }

    fn model_guard(&self, place: Place) -> LockGuard<'_> {
        LockGuard {
            lock: self,
            native: None,
            place,
            token: Token::default(),
        }
    }

    /// `internal`: it guards nothing that outlives an execution, and may be part of a static.
    fn model<'a>(&self, place: Place, internal: bool) -> Option<(&'a Execution, ObjectId)> {
        let address = self.address();
        let of_static = internal.then_some((self.label, StaticKind::Mutex));
        self.slot.model(self.label, address, place, of_static)
    }

    #[track_caller]
    #[inline]
    pub(crate) fn lock(&self) -> LockGuard<'_> {
        self.lock_at(Location::caller(), false)
    }

    /// Locks for the code at `place`. `internal`: the mutex guards nothing that outlives an execution,
    /// and so may be part of a static.
    #[inline]
    pub(crate) fn lock_at(&self, place: Place, internal: bool) -> LockGuard<'_> {
        match self.model(place, internal) {
            None => {
                lock_order::wants(&self.order, self.address(), Mode::Lock, place);
                self.native_guard(self.native.lock(), place)
            }
            Some((x, id)) => {
                x.lock(id, place);
                self.model_guard(place)
            }
        }
    }

    #[track_caller]
    pub(crate) fn try_lock(&self) -> Option<LockGuard<'_>> {
        let place = Location::caller();
        match self.model(place, false) {
            None => Some(self.native_guard(self.native.try_lock()?, place)),
            Some((x, id)) => x.try_lock(id, place).then(|| self.model_guard(place)),
        }
    }

    /// Under a check the timeout is a choice: it tries once, or waits as long as it takes.
    #[track_caller]
    pub(crate) fn try_lock_until(&self, deadline: Instant) -> Option<LockGuard<'_>> {
        let place = Location::caller();
        if self.model(place, false).is_some() {
            return self.try_lock();
        }
        let native = self.native.try_lock_until(deadline)?;
        Some(self.native_guard(native, place))
    }

    /// Whether it is held, without an operation.
    pub(crate) fn is_locked(&self) -> bool {
        match self.slot.model_in_drop() {
            None => self.native.is_locked(),
            Some((x, id)) => x.is_held(id),
        }
    }

    /// Access for `Debug`, without an operation of the model; none if it is held.
    pub(crate) fn look(&self) -> Option<impl Sized + '_> {
        match self.slot.model_in_drop() {
            None => self.native.try_lock().map(Some),
            // No other model thread runs until the next operation.
            Some((x, id)) => (!x.is_held(id)).then_some(None),
        }
    }
}

impl LockGuard<'_> {
    /// Unlocks; outside of a check it hands the lock to a thread that waits for it, if one does.
    pub(crate) fn unlock_fair(mut self) {
        if let Some(native) = self.native.take() {
            parking_lot::MutexGuard::unlock_fair(native);
            drop(core::mem::take(&mut self.token));
            // The native guard is gone, and there is nothing of the model to unlock.
            core::mem::forget(self);
        }
    }
}

impl Drop for LockGuard<'_> {
    fn drop(&mut self) {
        if self.native.is_none()
            && let Some((x, id)) = self.lock.model(self.place, true)
        {
            x.unlock(id, self.place);
        }
    }
}

/// A condvar.
#[derive(Debug)]
pub(crate) struct Condvar {
    slot: Slot,
    native: parking_lot::Condvar,
}

impl Condvar {
    pub(crate) const fn const_new() -> Self {
        Self {
            slot: Slot::of_static(),
            native: parking_lot::Condvar::new(),
        }
    }

    #[track_caller]
    pub(crate) fn new(label: &'static str) -> Self {
        let place = Location::caller();
        Self {
            slot: Slot::new(|x| x.new_condvar(label, place)),
            native: parking_lot::Condvar::new(),
        }
    }

    fn model<'a>(&self, place: Place) -> Option<(&'a Execution, ObjectId)> {
        self.slot
            .model("Condvar", core::ptr::from_ref(self).addr(), place, None)
    }

    /// Waits until a notification, the deadline, or for no reason. True: the deadline has passed.
    #[track_caller]
    pub(crate) fn wait(&self, guard: &mut LockGuard<'_>, deadline: Option<Instant>) -> bool {
        self.wait_at(guard, deadline, Location::caller())
    }

    /// Waits for the code at `place`.
    pub(crate) fn wait_at(
        &self,
        guard: &mut LockGuard<'_>,
        deadline: Option<Instant>,
        place: Place,
    ) -> bool {
        match (self.model(place), &mut guard.native) {
            (None, Some(native)) => {
                let lock = guard.lock;
                drop(core::mem::take(&mut guard.token));
                // Asked for as the wait ends, when it may be too late to say so.
                lock_order::wants(&lock.order, lock.address(), Mode::Lock, place);
                let timed_out = match deadline {
                    None => {
                        self.native.wait(native);
                        false
                    }
                    Some(deadline) => self.native.wait_until(native, deadline).timed_out(),
                };
                guard.token = lock_order::has(&lock.order, lock.address(), Mode::Lock, place);
                timed_out
            }
            (Some((x, id)), None) => {
                let Some((_, mutex)) = guard.lock.model(place, true) else {
                    return false;
                };
                let woken = x.wait(id, mutex, deadline.is_some(), place);
                guard.place = place;
                woken == Woken::TimedOut && deadline.is_some()
            }
            _ => panic!(
                "a condvar from inside a check was used with a mutex from outside, or the other way round"
            ),
        }
    }

    /// Returns how many threads were woken.
    #[track_caller]
    pub(crate) fn notify_one(&self) -> usize {
        self.notify_one_at(Location::caller())
    }

    /// Notifies for the code at `place`.
    pub(crate) fn notify_one_at(&self, place: Place) -> usize {
        match self.model(place) {
            None => usize::from(self.native.notify_one()),
            Some((x, id)) => x.notify(id, false, place),
        }
    }

    /// Returns how many threads were woken.
    #[track_caller]
    pub(crate) fn notify_all(&self) -> usize {
        self.notify_all_at(Location::caller())
    }

    /// Notifies for the code at `place`.
    pub(crate) fn notify_all_at(&self, place: Place) -> usize {
        match self.model(place) {
            None => self.native.notify_all(),
            Some((x, id)) => x.notify(id, true, place),
        }
    }
}
