//! The read-write lock without data or poisoning: `parking_lot`'s outside of a check, the engine's inside.

use core::panic::Location;
use std::time::Instant;

use super::slot::Slot;
use crate::check::execution::{Execution, Place};
use crate::check::kernel::{ObjectId, ReadPolicy};
use crate::check::lock_order::{self, Identity, Mode, Token};

/// A read-write lock.
#[derive(Debug)]
pub(crate) struct RwLock {
    slot: Slot,
    order: Identity,
    native: parking_lot::RwLock<()>,
}

/// Holds a [`RwLock`] for reading.
#[derive(Debug)]
pub(crate) struct ReadGuard<'a> {
    lock: &'a RwLock,
    native: Option<parking_lot::RwLockReadGuard<'a, ()>>,
    place: Place,
    /// Natively: until when it counts as held.
    token: Token,
}

/// Holds a [`RwLock`] for writing.
#[derive(Debug)]
pub(crate) struct WriteGuard<'a> {
    lock: &'a RwLock,
    native: Option<parking_lot::RwLockWriteGuard<'a, ()>>,
    place: Place,
    /// Natively: until when it counts as held.
    token: Token,
}

impl RwLock {
    #[track_caller]
    pub(crate) const fn const_new() -> Self {
        Self {
            slot: Slot::of_static(),
            order: Identity::new("rwlock"),
            native: parking_lot::RwLock::new(()),
        }
    }

    #[track_caller]
    pub(crate) fn new(label: &'static str) -> Self {
        let place = Location::caller();
        Self {
            slot: Slot::new(|x| x.new_rwlock(label, place)),
            order: Identity::new("rwlock"),
            native: parking_lot::RwLock::new(()),
        }
    }

    fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    fn wants(&self, mode: Mode, place: Place) {
        lock_order::wants(&self.order, self.address(), mode, place);
    }

    /// The guard of a lock that this thread has got: of the native one, or else the engine's.
    fn reader<'a>(
        &'a self,
        native: Option<parking_lot::RwLockReadGuard<'a, ()>>,
        policy: ReadPolicy,
        place: Place,
    ) -> ReadGuard<'a> {
        let token = match native {
            Some(_) => lock_order::has(&self.order, self.address(), policy.into(), place),
            None => Token::default(),
        };
        ReadGuard {
            lock: self,
            native,
            place,
            token,
        }
    }

    /// As [`reader`](Self::reader).
    fn writer<'a>(
        &'a self,
        native: Option<parking_lot::RwLockWriteGuard<'a, ()>>,
        place: Place,
    ) -> WriteGuard<'a> {
        let token = match native {
            Some(_) => lock_order::has(&self.order, self.address(), Mode::Write, place),
            None => Token::default(),
        };
        WriteGuard {
            lock: self,
            native,
            place,
            token,
        }
    }

    fn model<'a>(&self, place: Place) -> Option<(&'a Execution, ObjectId)> {
        self.slot.model("RwLock", self.address(), place, None)
    }

    #[track_caller]
    pub(crate) fn read(&self, policy: ReadPolicy) -> ReadGuard<'_> {
        self.read_at(policy, Location::caller())
    }

    /// Locks for the code at `place`.
    pub(crate) fn read_at(&self, policy: ReadPolicy, place: Place) -> ReadGuard<'_> {
        let native = match self.model(place) {
            None => {
                self.wants(policy.into(), place);
                Some(match policy {
                    ReadPolicy::Pass => self.native.read_recursive(),
                    ReadPolicy::Either | ReadPolicy::Wait => self.native.read(),
                })
            }
            Some((x, id)) => {
                x.read(id, policy, place);
                None
            }
        };
        self.reader(native, policy, place)
    }

    #[track_caller]
    pub(crate) fn try_read(&self, policy: ReadPolicy) -> Option<ReadGuard<'_>> {
        let place = Location::caller();
        let native = match self.model(place) {
            None if policy == ReadPolicy::Pass => Some(self.native.try_read_recursive()?),
            None => Some(self.native.try_read()?),
            Some((x, id)) => {
                if !x.try_read(id, policy, place) {
                    return None;
                }
                None
            }
        };
        Some(self.reader(native, policy, place))
    }

    #[track_caller]
    pub(crate) fn write(&self) -> WriteGuard<'_> {
        self.write_at(Location::caller())
    }

    /// Locks for the code at `place`.
    pub(crate) fn write_at(&self, place: Place) -> WriteGuard<'_> {
        let native = match self.model(place) {
            None => {
                self.wants(Mode::Write, place);
                Some(self.native.write())
            }
            Some((x, id)) => {
                x.write(id, place);
                None
            }
        };
        self.writer(native, place)
    }

    #[track_caller]
    pub(crate) fn try_write(&self) -> Option<WriteGuard<'_>> {
        let place = Location::caller();
        let native = match self.model(place) {
            None => Some(self.native.try_write()?),
            Some((x, id)) => {
                if !x.try_write(id, place) {
                    return None;
                }
                None
            }
        };
        Some(self.writer(native, place))
    }

    /// Under a check the timeout is a choice: it tries once.
    #[track_caller]
    pub(crate) fn try_read_until(
        &self,
        policy: ReadPolicy,
        deadline: Instant,
    ) -> Option<ReadGuard<'_>> {
        let place = Location::caller();
        if self.model(place).is_some() {
            return self.try_read(policy);
        }
        let native = if policy == ReadPolicy::Pass {
            self.native.try_read_recursive_until(deadline)?
        } else {
            self.native.try_read_until(deadline)?
        };
        Some(self.reader(Some(native), policy, place))
    }

    /// Under a check the timeout is a choice: it tries once.
    #[track_caller]
    pub(crate) fn try_write_until(&self, deadline: Instant) -> Option<WriteGuard<'_>> {
        let place = Location::caller();
        if self.model(place).is_some() {
            return self.try_write();
        }
        let native = self.native.try_write_until(deadline)?;
        Some(self.writer(Some(native), place))
    }

    /// Whether anybody holds it, without an operation.
    pub(crate) fn is_locked(&self) -> bool {
        match self.slot.model_in_drop() {
            None => self.native.is_locked(),
            Some((x, id)) => x.is_held(id),
        }
    }

    /// Access for `Debug`, without an operation of the model; none if it is held.
    pub(crate) fn look(&self) -> Option<impl Sized + '_> {
        match self.slot.model_in_drop() {
            None => self.native.try_read().map(Some),
            // No other model thread runs until the next operation.
            Some((x, id)) => (!x.is_held(id)).then_some(None),
        }
    }
}

impl ReadGuard<'_> {
    /// Unlocks; outside of a check it hands the lock to a thread that waits for it, if one does.
    pub(crate) fn unlock_fair(mut self) {
        if let Some(native) = self.native.take() {
            parking_lot::RwLockReadGuard::unlock_fair(native);
            drop(core::mem::take(&mut self.token));
            core::mem::forget(self);
        }
    }
}

impl WriteGuard<'_> {
    /// Unlocks; outside of a check it hands the lock to a thread that waits for it, if one does.
    pub(crate) fn unlock_fair(mut self) {
        if let Some(native) = self.native.take() {
            parking_lot::RwLockWriteGuard::unlock_fair(native);
            drop(core::mem::take(&mut self.token));
            core::mem::forget(self);
        }
    }
}

impl Drop for ReadGuard<'_> {
    fn drop(&mut self) {
        if self.native.is_none()
            && let Some((x, id)) = self.lock.model(self.place)
        {
            x.unlock_read(id, self.place);
        }
    }
}

impl Drop for WriteGuard<'_> {
    fn drop(&mut self) {
        if self.native.is_none()
            && let Some((x, id)) = self.lock.model(self.place)
        {
            x.unlock_write(id, self.place);
        }
    }
}
