//! [`std::sync`], under the same names: native outside of a check, the engine's inside.
//!
//! A module is ported by changing its `use` lines. Statics are made with `const_new`, which is the only
//! constant constructor when the feature `check` is on.

pub mod atomic;
mod condvar;
mod mutex;
mod rwlock;

pub use condvar::{Condvar, WaitTimeoutResult};
pub use mutex::{Mutex, MutexGuard};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

// Replaced one by one.
pub use std::sync::{
    Arc, Barrier, BarrierWaitResult, LazyLock, Once, OnceLock, OnceState, Weak, mpsc,
};
