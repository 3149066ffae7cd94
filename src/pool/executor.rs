//! The interface that every pool shares: what a job is, who accepts it, and what can be asked of it.

use std::sync::Arc;

use super::gather::{self, chunk_size};
use super::iter::{AsCompleted, Imap, ImapUnordered};
use super::{Rejected, Shutdown, Task, TaskError};

/// Work that is done once and gives an output.
///
/// Every `FnOnce() -> T` is a job. Implement the trait for a type of your own when a job must be *data*:
/// a closure cannot leave its process, but a struct that names the work and holds its arguments can.
///
/// ```
/// use racecourse::pool::Job;
///
/// struct Add(u32, u32);
/// impl Job for Add {
///     type Output = u32;
///     fn run(self) -> u32 {
///         self.0 + self.1
///     }
/// }
/// assert_eq!(Add(2, 3).run(), (|| 5).run());
/// ```
pub trait Job {
    /// What the job gives.
    type Output;

    /// Does the work.
    fn run(self) -> Self::Output;
}

impl<F, T> Job for F
where
    F: FnOnce() -> T,
{
    type Output = T;

    fn run(self) -> T {
        self()
    }
}

/// A function that can be named as a type, to be mapped over many arguments.
///
/// Every `Fn(A) -> R` is one. Implement it for a unit struct where generic code has to *name* the function
/// in a bound, or where an executor must recognise it in another process:
///
/// ```
/// use racecourse::pool::{Accepts, Call, Executor, Function, ThreadPool};
///
/// struct Square;
/// impl Function<u64> for Square {
///     type Output = u64;
///     fn call(&self, n: u64) -> u64 {
///         n * n
///     }
/// }
///
/// // Works on any executor that can run `Square`.
/// fn squares<E: Accepts<Call<Square, u64>>>(executor: &E) -> Vec<u64> {
///     executor.map(Square, 1..=4)
/// }
/// assert_eq!(squares(&ThreadPool::new(2)), [1, 4, 9, 16]);
/// ```
pub trait Function<A> {
    /// What the function returns.
    type Output;

    /// Applies the function to `argument`.
    fn call(&self, argument: A) -> Self::Output;
}

impl<F, A, R> Function<A> for F
where
    F: Fn(A) -> R,
{
    type Output = R;

    fn call(&self, argument: A) -> R {
        self(argument)
    }
}

/// The job of applying a function to one argument: what `map` and its relatives submit.
///
/// ```
/// use racecourse::pool::{Call, Job};
/// use std::sync::Arc;
///
/// let call = Call { function: Arc::new(|n: u8| n + 1), argument: 1 };
/// assert_eq!(call.run(), 2);
/// ```
#[derive(Debug)]
pub struct Call<F, A> {
    /// Shared by all the calls of one `map`.
    pub function: Arc<F>,
    /// What it is applied to.
    pub argument: A,
}

impl<F, A> Job for Call<F, A>
where
    F: Function<A>,
{
    type Output = F::Output;

    fn run(self) -> F::Output {
        self.function.call(self.argument)
    }
}

/// Something that runs jobs: a pool of threads or of processes.
///
/// Which jobs it can run is said by [`Accepts`]: a [`ThreadPool`](super::ThreadPool) accepts every job that
/// is `Send + 'static`, a pool of processes those that can be serialised. Code that needs one kind of job
/// asks for `E: Accepts<ThatJob>`, which brings all the methods here with it.
///
/// The same names exist as methods of `ThreadPool` itself, where they also accept borrowed data. There a type
/// that implements [`Function`] without being a closure is passed as `Executor::map(&pool, Square, items)`.
///
/// ```
/// use racecourse::pool::{Accepts, Call, Executor, Function, ThreadPool};
///
/// /// Runs on threads as on processes.
/// fn total<E, F>(executor: &E, function: F, items: Vec<u64>) -> u64
/// where
///     F: Function<u64, Output = u64>,
///     E: Executor + Accepts<Call<F, u64>>,
/// {
///     executor.map(function, items).into_iter().sum()
/// }
/// assert_eq!(total(&ThreadPool::new(2), |n: u64| n * n, vec![1, 2, 3]), 14);
/// ```
pub trait Executor {
    /// How many jobs can run at the same moment; at least 1.
    fn parallelism(&self) -> usize;

    /// Ends the executor. Later submissions are rejected; ending it again is allowed, and `Immediate` after
    /// `Drain` drops what is still queued.
    ///
    /// `Drain` returns when all work is finished, `Immediate` when what was queued is dropped. Called from
    /// one of the executor's own tasks both return at once, since they cannot wait for their caller.
    fn shutdown(&self, how: Shutdown);

    /// Whether [`shutdown`](Self::shutdown) has been called.
    fn is_shut_down(&self) -> bool;

    /// Queues `job`. When the executor has been shut down the task is an error already:
    /// [`TaskError::Shutdown`].
    fn submit<J>(&self, job: J) -> Task<J::Output>
    where
        J: Job,
        Self: Accepts<J>,
    {
        match self.accept(job) {
            Ok(task) => task,
            Err(rejected) => Task::failed(rejected.into_parts().1),
        }
    }

    /// Queues `job`, or hands it back.
    ///
    /// # Errors
    /// [`Rejected`] when the executor has been shut down.
    fn try_submit<J>(&self, job: J) -> Result<Task<J::Output>, Rejected<J>>
    where
        J: Job,
        Self: Accepts<J>,
    {
        self.accept(job)
    }

    /// Applies `function` to every item; the results are in the order of the items.
    ///
    /// Items travel in chunks when there are many: see [`map_chunked`](Self::map_chunked).
    ///
    /// # Panics
    /// With the panic of the first item (in input order) that panicked, or with the text of
    /// [`TaskError::Shutdown`]; [`try_map`](Self::try_map) returns these instead.
    #[track_caller]
    fn map<F, I>(&self, function: F, items: I) -> Vec<F::Output>
    where
        I: IntoIterator,
        F: Function<I::Item>,
        Self: Accepts<Call<F, I::Item>>,
    {
        match self.try_map(function, items) {
            Ok(results) => results,
            Err(error) => error.raise(),
        }
    }

    /// As [`map`](Self::map), with failures returned.
    ///
    /// # Errors
    /// The error of the first chunk, in input order, that failed. Chunks that have not started are then
    /// cancelled.
    fn try_map<F, I>(&self, function: F, items: I) -> Result<Vec<F::Output>, TaskError>
    where
        I: IntoIterator,
        F: Function<I::Item>,
        Self: Accepts<Call<F, I::Item>>,
    {
        let items: Vec<_> = items.into_iter().collect();
        let size = chunk_size(items.len(), self.parallelism());
        gather::in_order(batches(self, function, items, size))
    }

    /// As [`map`](Self::map), with `size` items in each task, as Python's `chunksize`.
    ///
    /// Large chunks cost less for each item; small ones share uneven work better. A panic in an item ends its
    /// chunk.
    ///
    /// # Panics
    /// As `map`, and when `size` is 0.
    #[track_caller]
    fn map_chunked<F, I>(&self, function: F, items: I, size: usize) -> Vec<F::Output>
    where
        I: IntoIterator,
        F: Function<I::Item>,
        Self: Accepts<Call<F, I::Item>>,
    {
        gather::assert_chunk(size);
        let items = items.into_iter().collect();
        match gather::in_order(batches(self, function, items, size)) {
            Ok(results) => results,
            Err(error) => error.raise(),
        }
    }

    /// As [`map`](Self::map), calling `progress(done, total)` on the calling thread after each item: `done`
    /// takes every value from 1 to `total`, in order.
    ///
    /// # Panics
    /// With the panic of `progress`, or with the failure of the item that was the first to fail in time;
    /// items that have not started are then cancelled and `progress` is not called again.
    #[track_caller]
    fn map_with_progress<F, I, P>(&self, function: F, items: I, progress: P) -> Vec<F::Output>
    where
        I: IntoIterator,
        F: Function<I::Item>,
        P: FnMut(usize, usize),
        Self: Accepts<Call<F, I::Item>>,
    {
        let function = Arc::new(function);
        let tasks = items
            .into_iter()
            .map(|argument| {
                let function = Arc::clone(&function);
                self.submit(Call { function, argument })
            })
            .collect();
        match gather::with_progress(tasks, progress) {
            Ok(results) => results,
            Err(error) => error.raise(),
        }
    }

    /// Applies `function` to the items, giving the results one by one in the order of the items.
    ///
    /// The items are taken as they are needed, a few times [`parallelism`](Self::parallelism) ahead of the
    /// results, so `items` may be endless.
    fn imap<F, I>(&self, function: F, items: I) -> Imap<'_, Self, F, I::IntoIter>
    where
        I: IntoIterator,
        F: Function<I::Item>,
        Self: Accepts<Call<F, I::Item>> + Sized,
    {
        Imap::new(self, function, items.into_iter())
    }

    /// As [`imap`](Self::imap), giving each result as soon as it is there.
    fn imap_unordered<F, I>(&self, function: F, items: I) -> ImapUnordered<'_, Self, F, I::IntoIter>
    where
        I: IntoIterator,
        F: Function<I::Item>,
        Self: Accepts<Call<F, I::Item>> + Sized,
    {
        ImapUnordered::new(self, function, items.into_iter())
    }

    /// The tasks in the order in which they finish: [`as_completed`](super::as_completed).
    fn as_completed<T, I>(&self, tasks: I) -> AsCompleted<T>
    where
        I: IntoIterator<Item = Task<T>>,
    {
        super::as_completed(tasks)
    }
}

/// An executor that can run jobs of type `J`.
///
/// ```
/// use racecourse::pool::{Accepts, ThreadPool};
///
/// let pool = ThreadPool::new(1);
/// let task = pool.accept(|| 1).unwrap();
/// let batch = pool.accept_batch(vec![|| 2, || 3]).unwrap();
/// assert_eq!(task.join().unwrap(), 1);
/// assert_eq!(batch.join().unwrap(), [2, 3]);
/// ```
pub trait Accepts<J>: Executor
where
    J: Job,
{
    /// Queues `job`.
    ///
    /// # Errors
    /// The job is handed back when the executor has been shut down.
    fn accept(&self, job: J) -> Result<Task<J::Output>, Rejected<J>>;

    /// Queues `jobs` as one task that runs them one after the other, so that what a task costs (a queue
    /// operation, or a message to another process) is paid once. The first panic ends the batch.
    ///
    /// # Errors
    /// The jobs are handed back when the executor has been shut down.
    fn accept_batch(&self, jobs: Vec<J>) -> Result<Task<Vec<J::Output>>, Rejected<Vec<J>>>;
}

fn batches<E, F, A>(
    executor: &E,
    function: F,
    items: Vec<A>,
    size: usize,
) -> Vec<Task<Vec<F::Output>>>
where
    F: Function<A>,
    E: Accepts<Call<F, A>> + ?Sized,
{
    let function = Arc::new(function);
    gather::chunks(items, size)
        .map(|chunk| {
            let calls = chunk
                .into_iter()
                .map(|argument| Call {
                    function: Arc::clone(&function),
                    argument,
                })
                .collect();
            match executor.accept_batch(calls) {
                Ok(task) => task,
                Err(rejected) => Task::failed(rejected.into_parts().1),
            }
        })
        .collect()
}
