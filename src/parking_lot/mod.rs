//! The crate [`parking_lot`](https://docs.rs/parking_lot/0.12), under the same names: native outside of a
//! check, the engine's inside.
//!
//! `lock()` is the guard: there is no poisoning. A condvar waits on `&mut guard`. A module is ported by
//! changing its `use` lines; statics are made with `const_new`, which is the only constant constructor
//! when the feature `check` is on (and takes the value only: there is no raw lock to give).
//!
//! ```
//! use racecourse::parking_lot::{Condvar, Mutex};
//! use racecourse::thread;
//!
//! let (ready, changed) = (Mutex::new(false), Condvar::new());
//! thread::scope(|s| {
//!     s.spawn(|| {
//!         *ready.lock() = true;
//!         changed.notify_one();
//!     });
//!     let mut ready = ready.lock();
//!     while !*ready {
//!         changed.wait(&mut ready);
//!     }
//! });
//! ```
//!
//! # Under a check
//! `notify_one` may wake any waiter, a wait may end for no reason, and a timeout may come at any time:
//! what is promised, not what one platform does. A reader waits behind a writer that waits, except in
//! [`RwLock::read_recursive`]. "Fair" unlocking is plain unlocking: every hand-over is explored anyway.
//!
//! # Not mirrored
//! Upgradable reads and downgrading; `is_locked_exclusive`; `ReentrantMutex` and `FairMutex`; guards that
//! own an `Arc` (`lock_arc`, …); `leak`, `force_unlock`, `data_ptr` and whatever else goes around a guard;
//! raw locks and `lock_api`; `try_map_or_err`; serde and the deadlock detector. A deadlock is what a check finds.

mod condvar;
mod mutex;
mod once;
mod rwlock;

pub use condvar::{Condvar, WaitTimeoutResult};
pub use mutex::{MappedMutexGuard, Mutex, MutexGuard};
pub use once::{Once, OnceState};
pub use rwlock::{
    MappedRwLockReadGuard, MappedRwLockWriteGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

/// What every guard shares: `Deref`, `Debug`, `Display`.
macro_rules! shared_access {
    ($($guard:ident)*) => {$(
        impl<T: ?Sized> core::ops::Deref for $guard<'_, T> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                &self.inner
            }
        }

        impl<T: ?Sized + core::fmt::Debug> core::fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Debug::fmt(&**self, f)
            }
        }

        impl<T: ?Sized + core::fmt::Display> core::fmt::Display for $guard<'_, T> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&**self, f)
            }
        }
    )*};
}

/// What guards with exclusive access add.
macro_rules! exclusive_access {
    ($($guard:ident)*) => {$(
        impl<T: ?Sized> core::ops::DerefMut for $guard<'_, T> {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                &mut self.inner
            }
        }
    )*};
}

/// What guards of a whole lock add: unlocking for a while.
macro_rules! unlocking {
    ($($guard:ident)*) => {$(
        impl<T: ?Sized> $guard<'_, T> {
            /// Unlocks, runs `f`, and locks again, after a panic too. The value may have changed.
            #[track_caller]
            #[inline]
            pub fn unlocked<U>(s: &mut Self, f: impl FnOnce() -> U) -> U {
                inner::$guard::unlocked(&mut s.inner, f)
            }

            /// Unlocks in favour of a thread that waits, runs `f`, and locks again, after a panic too.
            #[track_caller]
            #[inline]
            pub fn unlocked_fair<U>(s: &mut Self, f: impl FnOnce() -> U) -> U {
                inner::$guard::unlocked_fair(&mut s.inner, f)
            }

            /// Gives the lock to a thread that waits, if one does, and takes it again.
            #[track_caller]
            #[inline]
            pub fn bump(s: &mut Self) {
                inner::$guard::bump(&mut s.inner);
            }
        }
    )*};
}

use {exclusive_access, shared_access, unlocking};
