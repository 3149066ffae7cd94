//! Workers that are processes: [`ProcessPool`], and what a program needs so that it can be one of them.
//!
//! | | |
//! |---|---|
//! | [`ProcessPool`], [`Builder`] | the pool, and its settings |
//! | [`enter`] | the first statement of `main`: where a worker becomes one |
//! | [`enter_tests!`](crate::enter_tests) | the same for a test program |
//! | [`remote!`](crate::remote) | names a function or a job, so that a worker finds it |
//! | [`RemoteJob`], [`RemoteFunction`] | what [`remote!`](crate::remote) implements |
//! | [`SharedBytes`] | large arguments and results that are not copied |
//! | [`Lost`], [`LostCause`], [`StartError`] | what can go wrong |
//!
//! Unix only; tried on Linux.
//
// Inside: `pool` is the executor: threads of a `ThreadPool`, each of which asks one worker at a time; `crew` who of them is
// idle and who replaces whom, `staff` the same with processes; `nurse` a thread that notices who died idle; `worker` one of them, seen from the pool; `enter` the same from inside; `remote` names jobs, `registry` finds and
// does them;
// `channel` whole messages over a socket, `wire` their headers, `shared_memory` what goes beside them.
//
// A worker's socket is its standard input, until it has moved it: so it is inherited without unsafe code, and a test
// harness, which prints to standard output before the worker begins, does no harm.

// Elsewhere than on Unix a job can be named, and there is nobody to run it.

#[cfg(unix)]
mod builder;
#[cfg(unix)]
mod channel;
#[cfg(unix)]
mod crew;
#[cfg(unix)]
mod enter;
#[cfg(unix)]
mod errors;
#[cfg(unix)]
mod nurse;
#[cfg(unix)]
mod pool;
#[cfg(unix)]
mod registry;
mod remote;
#[cfg(unix)]
mod shared_memory;
#[cfg(unix)]
mod staff;
#[cfg(unix)]
mod wire;
#[cfg(unix)]
mod worker;

#[cfg(unix)]
pub use builder::Builder;
#[cfg(unix)]
pub use enter::enter;
#[cfg(unix)]
pub use errors::{Lost, LostCause, StartError};
#[cfg(unix)]
pub use pool::ProcessPool;
pub use remote::{RemoteFunction, RemoteJob};
#[cfg(unix)]
pub use shared_memory::SharedBytes;

/// There are no worker processes on this system, so this is none.
#[cfg(not(unix))]
pub fn enter() {}

/// For the macros.
#[doc(hidden)]
pub mod __private {
    #[cfg(unix)]
    pub use super::enter::{TestEntry, enter_test};
    pub use super::remote::Registration;
    pub use inventory;
    pub use serde;
}
