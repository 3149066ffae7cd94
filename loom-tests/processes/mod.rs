//! Work that is shared among processes, one for each processor.
//!
//! Threads would not do: loom maps the stack of each of its threads anew in every execution, and where memory is mapped
//! the threads of a process wait for each other. Two that check take longer than one that does the work of both.

use std::thread;

use racecourse::pool::Executor;
use racecourse::pool::process::RemoteFunction;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// `function` of each of the items, in their order.
pub(crate) fn map<F, A>(function: F, items: impl IntoIterator<Item = A>) -> Vec<F::Output>
where
    F: RemoteFunction<A> + Send + Sync + 'static,
    F::Output: Serialize + DeserializeOwned + Send + 'static,
    A: Serialize + DeserializeOwned + Send + 'static,
{
    let processors = thread::available_parallelism().map_or(1, usize::from);
    #[cfg(unix)]
    let pool = racecourse::pool::ProcessPool::new(processors);
    #[cfg(not(unix))]
    let pool = racecourse::pool::ThreadPool::new(processors);
    // Singly: one may take a thousand times as long as another.
    Executor::map_chunked(&pool, function, items, 1)
}
