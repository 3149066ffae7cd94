//! The types behind the vocabulary when the feature `check` is on: native outside of a check, the
//! engine's inside. An object belongs to the execution in which it was created.

pub(crate) mod arc;
pub(crate) mod atomic;
pub(crate) mod barrier;
pub(crate) mod count;
pub(crate) mod mpsc;
pub(crate) mod once;
pub(crate) mod once_lock;
pub(crate) mod parking;
pub(crate) mod parking_rwlock;
pub(crate) mod poison;
pub(crate) mod raw;
pub(crate) mod raw_rwlock;
pub(crate) mod rwlock;
pub(crate) mod slot;
