//! A course on races: see the README.

pub mod cell;
pub mod hint;
pub mod parking_lot;
mod print;
pub mod sync;
pub mod thread;

mod latch;
pub mod lock;
pub mod pool;
pub mod queue;
mod semaphore;
mod sys;
pub use latch::Latch;
#[doc(hidden)]
pub use print::__print;
pub use semaphore::Semaphore;

#[cfg(feature = "check")]
pub mod check;
#[cfg(feature = "labs")]
pub mod labs;
#[cfg(feature = "workload")]
pub mod workload;

#[cfg(feature = "check")]
pub use check::check;
