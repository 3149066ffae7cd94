//! A fixed number of threads that run submitted jobs.

use std::fmt;
use std::sync::{Arc, Weak};

use super::builder::Builder;
use super::gather::{self, chunk_size};
use super::iter::{AsCompleted, Imap, ImapUnordered};
use super::scope::Scope;
use super::shared::Shared;
use super::slot::{Completer, Slot, quietly};
use super::task::{Host, Runnable, complete};
use super::worker;
use super::{Accepts, BuildError, Executor, Job, Rejected, Shutdown, Task, TaskError};
use crate::parking_lot::Mutex;
use crate::thread::{self, JoinHandle};

/// A fixed number of threads that run submitted jobs, oldest first.
///
/// - A task that panics harms no worker; the panic reaches whoever joins the task.
/// - A task that waits for other tasks of the same pool helps: see [`Task`].
/// - Dropping the pool finishes everything that was submitted, then ends its threads. Dropped by one of its own
///   tasks it does the same without waiting.
///
/// ```
/// use racecourse::pool::ThreadPool;
///
/// let pool = ThreadPool::new(4);
/// assert_eq!(pool.map(|n| n * n, 1..=5), [1, 4, 9, 16, 25]);
///
/// let words = ["lock", "race", "fence"];   // borrowed by the tasks
/// let lengths = pool.map(|word| word.len(), &words);
/// assert_eq!(lengths, [4, 4, 5]);
/// ```
pub struct ThreadPool {
    pub(super) shared: Arc<Shared>,
    threads: usize,
    /// Emptied by whoever joins the workers, under the lock: a second one waits for the first. Workers of this
    /// pool never take this lock.
    handles: Mutex<Vec<JoinHandle<()>>>,
}

impl ThreadPool {
    /// A pool of `threads` threads.
    ///
    /// # Panics
    /// With the text of the [`BuildError`], when `threads` is 0 or the system refuses a thread. [`try_new`](Self::try_new)
    /// returns it instead.
    #[track_caller]
    pub fn new(threads: usize) -> Self {
        match Self::try_new(threads) {
            Ok(pool) => pool,
            Err(error) => panic!("{error}"),
        }
    }

    /// A pool of `threads` threads.
    ///
    /// # Errors
    /// `threads` is 0, or the system refused a thread; no thread of the pool is then left.
    pub fn try_new(threads: usize) -> Result<Self, BuildError> {
        Self::builder().threads(threads).build()
    }

    /// For a pool with other settings, or with one thread a processor.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(super) fn start(settings: Builder) -> Result<Self, BuildError> {
        let threads = settings.wanted_threads();
        if threads == 0 {
            return Err(BuildError::zero_threads());
        }
        if settings.name_prefix.contains('\0') {
            return Err(BuildError::nul_in_name(settings.name_prefix));
        }
        let shared = Shared::new();
        let mut handles = Vec::new();
        for index in 0..threads {
            let mut thread =
                thread::Builder::new().name(format!("{}-{index}", settings.name_prefix));
            if let Some(bytes) = settings.stack_size {
                thread = thread.stack_size(bytes);
            }
            let worker = Arc::clone(&shared);
            match thread.spawn(move || worker::run(worker)) {
                Ok(handle) => handles.push(handle),
                Err(error) => {
                    shared.close(Shutdown::Immediate);
                    let started = handles.len();
                    join_all(&mut handles);
                    return Err(BuildError::spawn(threads, started, error));
                }
            }
        }
        Ok(Self {
            shared,
            threads,
            handles: Mutex::new(handles),
        })
    }

    /// The number of worker threads.
    pub fn parallelism(&self) -> usize {
        self.threads
    }

    /// Queues `job`: a closure, or any other [`Job`]. After [`shutdown`](Self::shutdown) the task is an error already:
    /// [`TaskError::Shutdown`].
    pub fn submit<J>(&self, job: J) -> Task<J::Output>
    where
        J: Job + Send + 'static,
        J::Output: Send + 'static,
    {
        Executor::submit(self, job)
    }

    /// Queues `job`, or hands it back.
    ///
    /// # Errors
    /// [`Rejected`] when the pool has been shut down.
    pub fn try_submit<J>(&self, job: J) -> Result<Task<J::Output>, Rejected<J>>
    where
        J: Job + Send + 'static,
        J::Output: Send + 'static,
    {
        self.accept(job)
    }

    /// Applies `function` to every item; the results are in the order of the items. Both may borrow.
    ///
    /// # Panics
    /// With the panic of the first item (in input order) that panicked, or with the text of
    /// [`TaskError::Shutdown`]; [`try_map`](Self::try_map) returns these instead.
    #[track_caller]
    pub fn map<F, I, R>(&self, function: F, items: I) -> Vec<R>
    where
        I: IntoIterator,
        I::Item: Send,
        F: Fn(I::Item) -> R + Sync,
        R: Send,
    {
        match self.try_map(function, items) {
            Ok(results) => results,
            Err(error) => error.raise(),
        }
    }

    /// As [`map`](Self::map), with failures returned.
    ///
    /// # Errors
    /// The error of the first chunk, in input order, that failed. Chunks that have not started are then cancelled.
    pub fn try_map<F, I, R>(&self, function: F, items: I) -> Result<Vec<R>, TaskError>
    where
        I: IntoIterator,
        I::Item: Send,
        F: Fn(I::Item) -> R + Sync,
        R: Send,
    {
        let items: Vec<_> = items.into_iter().collect();
        let size = chunk_size(items.len(), self.threads);
        self.map_chunks(function, items, size)
    }

    /// As [`map`](Self::map), with `size` items in each task, as Python's `chunksize`.
    ///
    /// Large chunks cost less for each item; small ones share uneven work better. `map` makes 64 chunks for
    /// each worker, or one for each item when there are fewer. A panic in an item ends its chunk.
    ///
    /// # Panics
    /// As `map`, and when `size` is 0.
    #[track_caller]
    pub fn map_chunked<F, I, R>(&self, function: F, items: I, size: usize) -> Vec<R>
    where
        I: IntoIterator,
        I::Item: Send,
        F: Fn(I::Item) -> R + Sync,
        R: Send,
    {
        gather::assert_chunk(size);
        match self.map_chunks(function, items.into_iter().collect(), size) {
            Ok(results) => results,
            Err(error) => error.raise(),
        }
    }

    fn map_chunks<F, A, R>(
        &self,
        function: F,
        items: Vec<A>,
        size: usize,
    ) -> Result<Vec<R>, TaskError>
    where
        A: Send,
        F: Fn(A) -> R + Sync,
        R: Send,
    {
        let function = &function;
        self.gather_in_scope(|scope| {
            let tasks = gather::chunks(items, size).map(|chunk| {
                let apply = move || chunk.into_iter().map(function).collect();
                scope.spawn(apply).into_task()
            });
            gather::in_order(tasks.collect())
        })
    }

    /// The error that `body` returns goes before that of a task that `body` gave up because of it.
    fn gather_in_scope<'env, R>(
        &self,
        body: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> Result<R, TaskError>,
    ) -> Result<R, TaskError> {
        let mut gathered = None;
        let scope = self.try_scope(|scope| gathered = Some(body(scope)));
        match gathered {
            Some(Ok(value)) => scope.map(|()| value),
            Some(Err(error)) => {
                quietly(|| drop(scope));
                Err(error)
            }
            None => unreachable!("`try_scope` runs its body or unwinds"),
        }
    }

    /// As [`map`](Self::map), calling `progress(done, total)` on the calling thread after each item: `done`
    /// takes every value from 1 to `total`, in order.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let mut seen = Vec::new();
    /// let lengths = pool.map_with_progress(|s: &str| s.len(), ["a", "bc"], |done, total| seen.push((done, total)));
    /// assert_eq!(lengths, [1, 2]);
    /// assert_eq!(seen, [(1, 2), (2, 2)]);
    /// ```
    ///
    /// # Panics
    /// With the panic of `progress`, or with the failure of the item that was the first to fail in time; items
    /// that have not started are then cancelled and `progress` is not called again.
    #[track_caller]
    pub fn map_with_progress<F, I, R, P>(&self, function: F, items: I, progress: P) -> Vec<R>
    where
        I: IntoIterator,
        I::Item: Send,
        F: Fn(I::Item) -> R + Sync,
        R: Send,
        P: FnMut(usize, usize),
    {
        let function = &function;
        let items: Vec<_> = items.into_iter().collect();
        let results = self.gather_in_scope(|scope| {
            let tasks = items
                .into_iter()
                .map(|item| scope.spawn(move || function(item)).into_task());
            gather::with_progress(tasks.collect(), progress)
        });
        match results {
            Ok(results) => results,
            Err(error) => error.raise(),
        }
    }

    /// Applies `function` to the items, giving the results one by one in the order of the items. The items are taken as
    /// they are needed, twice as many as there are threads ahead of the results, so `items` may be endless.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let squares: Vec<u64> = pool.imap(|n| n * n, 1_u64..).take(3).collect();
    /// assert_eq!(squares, [1, 4, 9]);
    /// ```
    pub fn imap<F, I, R>(&self, function: F, items: I) -> Imap<'_, Self, F, I::IntoIter>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        F: Fn(I::Item) -> R + Send + Sync + 'static,
        R: Send + 'static,
    {
        Imap::new(self, function, items.into_iter())
    }

    /// As [`imap`](Self::imap), giving each result as soon as it is there.
    pub fn imap_unordered<F, I, R>(
        &self,
        function: F,
        items: I,
    ) -> ImapUnordered<'_, Self, F, I::IntoIter>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        F: Fn(I::Item) -> R + Send + Sync + 'static,
        R: Send + 'static,
    {
        ImapUnordered::new(self, function, items.into_iter())
    }

    /// The tasks in the order in which they finish: [`as_completed`](super::as_completed).
    pub fn as_completed<T>(&self, tasks: impl IntoIterator<Item = Task<T>>) -> AsCompleted<T> {
        super::as_completed(tasks)
    }

    /// Ends the pool: see [`Executor::shutdown`].
    ///
    /// ```
    /// use racecourse::pool::{Shutdown, TaskError, ThreadPool};
    ///
    /// let pool = ThreadPool::new(1);
    /// let before = pool.submit(|| 1);
    /// pool.shutdown(Shutdown::Drain);
    /// let after = pool.submit(|| 2);
    /// assert_eq!(before.join().unwrap(), 1);
    /// assert!(matches!(after.join(), Err(TaskError::Shutdown)));
    /// ```
    pub fn shutdown(&self, how: Shutdown) {
        self.shared.close(how);
        if how == Shutdown::Drain && !worker::is_worker_of(&self.shared) {
            join_all(&mut self.handles.lock());
        }
    }

    /// Whether [`shutdown`](Self::shutdown) has been called.
    pub fn is_shut_down(&self) -> bool {
        self.shared.is_closed()
    }

    fn queue<J>(&self, job: J) -> Result<Task<J::Output>, J>
    where
        J: Job + Send + 'static,
        J::Output: Send + 'static,
    {
        let (slot, completer) = Slot::new();
        let job = Box::new(Submitted { job, completer });
        let submitter = worker::submitter(&self.shared);
        match self.shared.push(submitter, job, |job| job) {
            Ok(id) => {
                let host: Weak<Shared> = Arc::downgrade(&self.shared);
                Ok(Task::new(slot, id, host as Weak<dyn Host>))
            }
            Err(job) => Err(job.job),
        }
    }
}

impl Executor for ThreadPool {
    fn parallelism(&self) -> usize {
        self.parallelism()
    }

    fn shutdown(&self, how: Shutdown) {
        self.shutdown(how);
    }

    fn is_shut_down(&self) -> bool {
        self.is_shut_down()
    }
}

impl<J> Accepts<J> for ThreadPool
where
    J: Job + Send + 'static,
    J::Output: Send + 'static,
{
    fn accept(&self, job: J) -> Result<Task<J::Output>, Rejected<J>> {
        self.queue(job)
            .map_err(|job| Rejected::new(job, TaskError::Shutdown))
    }

    fn accept_batch(&self, jobs: Vec<J>) -> Result<Task<Vec<J::Output>>, Rejected<Vec<J>>> {
        self.queue(Batch(jobs))
            .map_err(|batch| Rejected::new(batch.0, TaskError::Shutdown))
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.shared.close(Shutdown::Drain);
        // A worker cannot wait for itself: its threads then finish the queue and end on their own.
        if !worker::is_worker_of(&self.shared) {
            join_all(self.handles.get_mut());
        }
    }
}

impl fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPool")
            .field("threads", &self.threads)
            .field("is_shut_down", &self.is_shut_down())
            .finish_non_exhaustive()
    }
}

fn join_all(handles: &mut Vec<JoinHandle<()>>) {
    for handle in handles.drain(..) {
        // A worker runs foreign code only inside `catch_unwind`, so it has no panic to report.
        let _ = handle.join();
    }
}

struct Batch<J>(Vec<J>);

impl<J: Job> Job for Batch<J> {
    type Output = Vec<J::Output>;

    fn run(self) -> Self::Output {
        self.0.into_iter().map(Job::run).collect()
    }
}

/// A job that owns all its data.
struct Submitted<J: Job> {
    job: J,
    completer: Completer<J::Output>,
}

impl<J> Runnable for Submitted<J>
where
    J: Job + Send,
    J::Output: Send,
{
    fn run(self: Box<Self>) {
        let Self { job, completer } = *self;
        let unclaimed = complete(completer, || job.run());
        quietly(|| drop(unclaimed));
    }

    fn discard(self: Box<Self>, reason: TaskError) {
        let Self { job, completer } = *self;
        // First the job: whoever sees the end may rely on its captured values being gone.
        quietly(|| drop(job));
        let unclaimed = completer.finish(Err(reason));
        quietly(|| drop(unclaimed));
    }
}
