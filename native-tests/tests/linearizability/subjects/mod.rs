//! What is tested: a file a family, each with its specification, its programs and its tests.

mod latch;
mod lock;
mod pool;
#[cfg(unix)]
mod processes;
pub(crate) mod queue;
mod semaphore;
pub(crate) mod stack;
