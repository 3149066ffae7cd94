//! What is tested: a file a family, each with its specification, its programs and its tests.

mod deque;
mod latch;
pub(crate) mod lock;
mod pool;
#[cfg(unix)]
mod processes;
pub(crate) mod queue;
mod read_write;
mod semaphore;
mod sequence;
mod spsc;
pub(crate) mod stack;
