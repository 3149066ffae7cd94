//! Mutexes, read-write locks and condvars.

use crate::check::execution::{Execution, Place};
use crate::check::kernel::{Int, ObjectId, ReadPolicy, Woken};
use crate::check::lock_order::Mode;
use crate::check::record::RawStep;
use crate::check::timeline::Operation;

impl Execution {
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
                self.hold(id, Mode::Lock, place);
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
            self.hold_at_once(id, Mode::Lock, place);
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
                self.hold(id, policy.into(), place);
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
            self.hold_at_once(id, Mode::Read, place);
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
                self.hold(id, Mode::Write, place);
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
            self.hold_at_once(id, Mode::Write, place);
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
        self.let_go(mutex);
        let woken = self.kernel().wait(self, condvar, mutex, timed);
        if !self.done() {
            return Woken::TimedOut;
        }
        self.hold(mutex, Mode::Lock, place);
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
}
