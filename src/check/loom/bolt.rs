//! loom's mutex, for whoever locks and unlocks it in different places, and while a thread unwinds.

use core::mem::ManuallyDrop;

use loom::sync::{Mutex, MutexGuard};

/// loom's mutex.
///
/// It keeps a mutex of std's inside, which is poisoned when a thread that unwinds unlocks it; loom then
/// panics at the next lock. So the poison is taken away at once, before any other thread runs.
pub(super) struct Bolt(Mutex<u8>);

/// Whoever has it may unlock the bolt.
pub(super) struct Baton(ManuallyDrop<MutexGuard<'static, u8>>);

impl Bolt {
    pub(super) fn new() -> Self {
        Self(Mutex::new(0))
    }

    /// Locks, and waits as long as it takes.
    pub(super) fn lock(&self) -> Baton {
        match self.0.lock() {
            Ok(guard) => Self::baton(guard),
            Err(poisoned) => Self::baton(poisoned.into_inner()),
        }
    }

    /// Locks, if that is possible without waiting.
    pub(super) fn try_lock(&self) -> Option<Baton> {
        self.0.try_lock().ok().map(Self::baton)
    }

    fn baton(guard: MutexGuard<'_, u8>) -> Baton {
        // SAFETY: only the lifetime changes. Whoever keeps a baton keeps its bolt for as long; only
        // `unlock`, which borrows the bolt, looks into it.
        Baton(ManuallyDrop::new(unsafe {
            core::mem::transmute::<MutexGuard<'_, u8>, MutexGuard<'static, u8>>(guard)
        }))
    }

    /// Unlocks. Does not switch to another thread.
    pub(super) fn unlock(&self, baton: Baton) {
        let guard = ManuallyDrop::into_inner(baton.0);
        let data = core::ptr::from_ref(&*guard).addr();
        drop(guard);
        if std::thread::panicking() {
            self.inner(data).clear_poison();
        }
    }

    /// std's mutex inside of loom's, whose data is at `data`.
    fn inner(&self, data: usize) -> &std::sync::Mutex<u8> {
        let probe = std::sync::Mutex::new(0_u8);
        let offset = {
            let guard = probe
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            core::ptr::from_ref(&*guard).addr() - core::ptr::from_ref(&probe).addr()
        };
        let at = data - offset - core::ptr::from_ref(self).addr();
        assert!(
            at + size_of::<std::sync::Mutex<u8>>() <= size_of::<Self>(),
            "loom's mutex keeps its data in a mutex of std's"
        );
        // SAFETY: loom 0.7 is `struct Mutex<T> { object: rt::Mutex, data: std::sync::Mutex<T> }`. The data is
        // at the same distance from the start of any mutex of std's of this type, so `at` is where the
        // field is; it lies within `self`, as has been asserted.
        unsafe { &*core::ptr::from_ref(self).byte_add(at).cast() }
    }
}

#[cfg(test)]
mod tests {
    /// The layout on which `inner` relies.
    #[test]
    fn the_mutex_inside_is_found() {
        loom::model(|| {
            let bolt = super::Bolt::new();
            let baton = bolt.lock();
            let data = core::ptr::from_ref(&**baton.0).addr();
            assert!(bolt.inner(data).try_lock().is_err(), "it is locked");
            bolt.unlock(baton);
            assert!(bolt.inner(data).try_lock().is_ok(), "it is free");
        });
    }
}
