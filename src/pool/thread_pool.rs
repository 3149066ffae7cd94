//! A fixed number of threads that run submitted jobs.

use std::fmt;
use std::sync::{Arc, Weak};

use super::builder::Builder;
use super::iter::AsCompleted;
use super::shared::Shared;
use super::slot::{Completer, Outcome, drop_quietly};
use super::task::{Host, complete};
use super::ticket::{Filled, Runnable};
use super::worker;
use super::{Accepts, BuildError, Executor, Job, Rejected, Shutdown, Task, TaskError};
use crate::parking_lot::Mutex;
use crate::thread::{self, JoinHandle};

/// A fixed number of threads that run submitted jobs, about oldest first: where many wait, a worker takes several at a time.
///
/// - A task that panics harms no worker; the panic reaches whoever joins the task.
/// - A task that waits for other tasks of the same pool helps: see [`Task`].
/// - Dropping the pool finishes everything that was submitted, then ends its threads. Dropped by one of its
///   own tasks it does the same without waiting.
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
    pub(super) threads: usize,
    /// Emptied by whoever joins the workers, under the lock: a second one waits for the first. Workers of
    /// this pool never take this lock.
    handles: Mutex<Vec<JoinHandle<()>>>,
}

impl ThreadPool {
    /// A pool of `threads` threads.
    ///
    /// ```
    /// let pool = racecourse::pool::ThreadPool::new(2);
    /// assert_eq!(pool.submit(|| 6 * 7).join().unwrap(), 42);
    /// ```
    ///
    /// # Panics
    /// With the text of the [`BuildError`], when `threads` is 0 or the system refuses a thread.
    /// [`try_new`](Self::try_new) returns it instead.
    #[track_caller]
    pub fn new(threads: usize) -> Self {
        match Self::try_new(threads) {
            Ok(pool) => pool,
            Err(error) => panic!("{error}"),
        }
    }

    /// A pool of `threads` threads.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// assert!(ThreadPool::try_new(2).is_ok());
    /// assert!(ThreadPool::try_new(0).is_err());
    /// ```
    ///
    /// # Errors
    /// `threads` is 0, or the system refused a thread; no thread of the pool is then left.
    pub fn try_new(threads: usize) -> Result<Self, BuildError> {
        Self::builder().threads(threads).build()
    }

    /// For a pool with other settings, or with one thread a processor.
    ///
    /// ```
    /// let pool = racecourse::pool::ThreadPool::builder().name_prefix("printer").build()?;
    /// assert!(pool.parallelism() >= 1);
    /// # Ok::<(), racecourse::pool::BuildError>(())
    /// ```
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
        let shared = Shared::new(settings.tuning(threads), threads);
        let mut handles = Vec::new();
        for index in 0..threads {
            let mut thread =
                thread::Builder::new().name(format!("{}-{index}", settings.name_prefix));
            if let Some(bytes) = settings.stack_size {
                thread = thread.stack_size(bytes);
            }
            let worker = Arc::clone(&shared);
            match thread.spawn(move || worker::run(worker, index)) {
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
    ///
    /// ```
    /// assert_eq!(racecourse::pool::ThreadPool::new(3).parallelism(), 3);
    /// ```
    pub fn parallelism(&self) -> usize {
        self.threads
    }

    /// Queues `job`: a closure, or any other [`Job`]. After [`shutdown`](Self::shutdown) the task is an error
    /// already: [`TaskError::Shutdown`].
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let text = String::from("sheet");
    /// let task = pool.submit(move || text.len());
    /// assert_eq!(task.join().unwrap(), 5);
    /// ```
    pub fn submit<J>(&self, job: J) -> Task<J::Output>
    where
        J: Job + Send + 'static,
        J::Output: Send + 'static,
    {
        Executor::submit(self, job)
    }

    /// Queues `job`, or hands it back.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    /// use racecourse::queue::Shutdown;
    ///
    /// let pool = ThreadPool::new(1);
    /// assert_eq!(pool.try_submit(|| 1).unwrap().join().unwrap(), 1);
    /// pool.shutdown(Shutdown::Drain);
    /// assert_eq!(pool.try_submit(|| 2).unwrap_err().into_inner()(), 2);
    /// ```
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

    /// The tasks in the order in which they finish: [`as_completed`](super::as_completed).
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let tasks = (1..=3).map(|n| pool.submit(move || n));
    /// let mut done: Vec<i32> = pool.as_completed(tasks).map(|task| task.join_unwrap()).collect();
    /// done.sort();
    /// assert_eq!(done, [1, 2, 3]);
    /// ```
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
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    /// use racecourse::queue::Shutdown;
    ///
    /// let pool = ThreadPool::new(1);
    /// assert!(!pool.is_shut_down());
    /// pool.shutdown(Shutdown::Immediate);
    /// assert!(pool.is_shut_down());
    /// ```
    pub fn is_shut_down(&self) -> bool {
        self.shared.is_closed()
    }

    /// Queues `job`, of which `run` makes the outcome, or hands it back.
    pub(super) fn queue<J, R, T>(&self, job: J, run: R) -> Result<Task<T>, J>
    where
        J: Send + 'static,
        R: FnOnce(J) -> Outcome<T> + Send + 'static,
        T: Send + 'static,
    {
        let (filled, reader) = Filled::new(Submitted { job, run });
        let submitter = worker::submitter(&self.shared);
        match self.shared.push(submitter, filled, Filled::erase) {
            Ok(id) => {
                let host: Weak<Shared> = Arc::downgrade(&self.shared);
                Ok(Task::new(reader, id, host as Weak<dyn Host>))
            }
            Err(filled) => Err(filled.into_job().job),
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
        self.queue(job, |job| Ok(job.run()))
            .map_err(|job| Rejected::new(job, TaskError::Shutdown))
    }

    fn accept_batch(&self, jobs: Vec<J>) -> Result<Task<Vec<J::Output>>, Rejected<Vec<J>>> {
        self.queue(jobs, |jobs| Ok(jobs.into_iter().map(Job::run).collect()))
            .map_err(|jobs| Rejected::new(jobs, TaskError::Shutdown))
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

/// A job that owns all its data.
struct Submitted<J, R> {
    job: J,
    run: R,
}

impl<J, R, T> Runnable<T> for Submitted<J, R>
where
    R: FnOnce(J) -> Outcome<T>,
{
    fn run(self, completer: Completer<T>) {
        let Self { job, run } = self;
        let unclaimed = complete(completer, || run(job));
        drop_quietly(unclaimed);
    }

    fn discard(self, completer: Completer<T>, reason: TaskError) {
        // First the job: whoever sees the end may rely on its captured values being gone.
        drop_quietly(self.job);
        let unclaimed = completer.finish(Err(reason));
        drop_quietly(unclaimed);
    }
}
