//! Cutting input into chunks, and collecting the results of many tasks.

use super::iter::AsCompleted;
use super::{Task, TaskError};

/// Chunks that each worker gets when the caller names no size. Enough that uneven work is shared well (up to
/// this many items a worker, each item is a task of its own); few enough that the cost of a task, about a
/// microsecond, does not count.
const CHUNKS_PER_WORKER: usize = 64;

pub(super) fn chunk_size(items: usize, parallelism: usize) -> usize {
    items
        .div_ceil(parallelism.saturating_mul(CHUNKS_PER_WORKER))
        .max(1)
}

#[track_caller]
pub(super) fn assert_chunk(size: usize) {
    assert!(
        size > 0,
        "a chunk of 0 items would never finish the map: pass a `size` of 1 or more"
    );
}

/// The items in pieces of `size`, the last possibly shorter.
pub(super) fn chunks<A>(items: Vec<A>, size: usize) -> impl Iterator<Item = Vec<A>> {
    let mut items = items.into_iter();
    std::iter::from_fn(move || {
        let chunk: Vec<A> = items.by_ref().take(size).collect();
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// The results of all chunks, in order; at the first error the rest is cancelled.
pub(super) fn in_order<R>(tasks: Vec<Task<Vec<R>>>) -> Result<Vec<R>, TaskError> {
    let mut results = Vec::new();
    let mut tasks = tasks.into_iter();
    while let Some(task) = tasks.next() {
        match task.join() {
            Ok(chunk) => results.extend(chunk),
            Err(error) => {
                cancel(tasks.as_slice());
                return Err(error);
            }
        }
    }
    Ok(results)
}

/// The results of all tasks, in order, with a call of `progress` for each that ends well. The first error
/// seen ends it, and what is still queued is cancelled.
pub(super) fn with_progress<R>(
    tasks: Vec<Task<R>>,
    mut progress: impl FnMut(usize, usize),
) -> Result<Vec<R>, TaskError> {
    let total = tasks.len();
    let mut results: Vec<Option<R>> = Vec::new();
    results.resize_with(total, || None);
    let mut completed = AsCompleted::new(tasks);
    let mut done = 0;
    while let Some((index, task)) = completed.next_with_index() {
        match task.join() {
            Ok(value) => results[index] = Some(value),
            Err(error) => {
                completed.cancel_queued();
                return Err(error);
            }
        }
        done += 1;
        progress(done, total);
    }
    Ok(results.into_iter().flatten().collect())
}

fn cancel<R>(tasks: &[Task<R>]) {
    // Newest first: the workers take the oldest, so fewer are started meanwhile.
    for task in tasks.iter().rev() {
        task.cancel();
    }
}
