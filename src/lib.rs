//! A course on races: see the README.

pub mod cell;
pub mod hint;
pub mod parking_lot;
pub mod sync;
pub mod thread;

mod latch;
pub mod lock;
pub mod pool;
pub mod queue;
mod semaphore;
pub use latch::Latch;
pub use semaphore::Semaphore;

#[cfg(feature = "check")]
pub mod check;
#[cfg(feature = "labs")]
pub mod labs;
#[cfg(feature = "workload")]
pub mod workload;

#[cfg(feature = "check")]
pub use check::check;

/// Declares thread-locals that belong to the model's threads under a check.
#[macro_export]
macro_rules! thread_local { ($($t:tt)*) => { ::std::thread_local! { $($t)* } } }
