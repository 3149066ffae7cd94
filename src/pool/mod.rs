//! Pools: a fixed number of workers that run any number of tasks.
//!
//! | | |
//! |---|---|
//! | [`ThreadPool`] | workers that are threads; [`Builder`] for its settings |
//! | `ProcessPool` | workers that are processes, with the feature `process` |
//! | [`Task`] | the handle of one submitted job: join, poll, timeout, cancel, `.await` |
//! | [`Executor`], [`Accepts`] | what all pools have in common, for code that takes any of them |
//! | [`Job`], [`Function`], [`Call`] | what is submitted: closures, or data that names the work |
//! | [`as_completed`], [`Imap`], [`ImapUnordered`] | results as they come |
//! | [`Scope`], [`ScopedTask`] | tasks that borrow |
//! | [`TaskError`], [`TaskPanic`], [`Rejected`], [`Pending`], [`BuildError`] | what can go wrong |
//!
//! ```
//! use racecourse::pool::ThreadPool;
//!
//! let pool = ThreadPool::new(2);
//! let task = pool.submit(|| 6 * 7);
//! assert_eq!(pool.map(|n| n + 1, [1, 2, 3]), [2, 3, 4]);
//! assert_eq!(task.join().unwrap(), 42);
//! ```
//
// Inside: `shared` is the protocol, with its proof sketch; `run_queue` the jobs; `worker` what a thread knows
// of itself; `ticket` is a job on its way, in one piece of memory with the `slot` that carries its outcome from the worker to
// the handle; `scope` lets tasks borrow.

mod arrivals;
mod batches;
mod builder;
mod errors;
mod executor;
mod gather;
mod iter;
mod join;
mod map;
mod mapping;
#[cfg(feature = "process")]
pub mod process;
mod run_queue;
mod scope;
mod shared;
mod slot;
mod task;
mod thread_pool;
mod ticket;
mod worker;

pub use crate::queue::Shutdown;
pub use builder::Builder;
pub use errors::{BuildError, Pending, Rejected, TaskError, TaskPanic};
pub use executor::{Accepts, Call, Executor, Function, Job};
pub use iter::{AsCompleted, Imap, ImapUnordered, as_completed};
#[cfg(all(feature = "process", unix))]
pub use process::ProcessPool;
pub use scope::{Scope, ScopedTask};
pub use task::{Task, TaskId};
pub use thread_pool::ThreadPool;
