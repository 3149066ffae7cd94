//! The handle of a submitted job.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Weak;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::arrivals::Notice;
use super::slot::{Completer, Outcome, Reader};
use super::ticket::Filled;
use super::worker;
use super::{Pending, TaskError};

/// Identifies a task among all the tasks of its executor; later submissions have greater ids.
///
/// ```
/// use racecourse::pool::ThreadPool;
///
/// let pool = ThreadPool::new(2);
/// let (first, second) = (pool.submit(|| 1), pool.submit(|| 2));
/// assert!(first.id() < second.id());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub(super) u64);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.0)
    }
}

/// What a task needs of the executor that holds its job.
pub(super) trait Host: Send + Sync {
    /// Takes the job out of the queue, if it is still there, and ends its task as cancelled.
    fn cancel(&self, id: TaskId) -> bool;

    /// Lets the calling thread, which waits for the task, run its job, if this executor knows how.
    fn stand_in(&self, id: TaskId);
}

/// A job on its way through an executor: wait for it, poll it, cancel it, or `.await` it.
///
/// Dropping the handle *detaches* the task: it runs all the same and its result is dropped. A result whose
/// destructor panics is then dropped without a word.
///
/// # Waiting inside the pool
/// A task may wait for tasks of its own pool, in any depth and with a single worker. Instead of blocking
/// its worker it *helps*: it runs the awaited task itself if that has not started, and otherwise runs
/// queued tasks that were submitted, directly or through others, by the waiting or by the awaited task.
/// It leaves unrelated tasks to other workers, because one of those could wait for the waiting task, on top
/// of which it would then sit for ever.
///
/// Two rules follow for the code of a task:
/// - hold no lock while waiting: the task that is run meanwhile, on the same thread, may take the same lock
///   and would wait for itself;
/// - do not wait by other means than these methods (a flag, a channel) for a task of the same pool: the
///   worker would be blocked, not helping.
///
/// ```
/// use racecourse::pool::ThreadPool;
///
/// let pool = ThreadPool::new(2);
/// let task = pool.submit(|| 6 * 7);
/// assert_eq!(task.join().unwrap(), 42);
/// ```
pub struct Task<T> {
    reader: Reader<T>,
    id: TaskId,
    host: Option<Weak<dyn Host>>,
}

impl<T> Task<T> {
    /// A task whose outcome a [`Completer`] will deliver.
    pub(super) fn new(reader: Reader<T>, id: TaskId, host: Weak<dyn Host>) -> Self {
        Self {
            reader,
            id,
            host: Some(host),
        }
    }

    /// A task that has ended without being run. For those who implement [`Accepts`](super::Accepts).
    ///
    /// ```
    /// use racecourse::pool::{Task, TaskError};
    ///
    /// let task: Task<u8> = Task::failed(TaskError::Shutdown);
    /// assert!(matches!(task.join(), Err(TaskError::Shutdown)));
    /// ```
    pub fn failed(error: TaskError) -> Self {
        let (filled, reader) = Filled::new(());
        filled.discard(error);
        Self::unqueued(reader)
    }

    /// A task that its executor does not know.
    pub(super) fn unqueued(reader: Reader<T>) -> Self {
        Self {
            reader,
            id: TaskId(0),
            host: None,
        }
    }

    /// Which task this is; a task that was never accepted has the id 0.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let task = pool.submit(|| 1);
    /// println!("waiting for {}", task.id());
    /// ```
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Whether the task has ended, in whatever way: then [`join`](Self::join) does not wait.
    ///
    /// Calling this in a loop inside a task of the same pool does not help; `join` does.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let task = pool.submit(|| 1);
    /// while !task.is_finished() {
    ///     std::thread::yield_now();
    /// }
    /// assert_eq!(task.join().unwrap(), 1); // does not wait
    /// ```
    pub fn is_finished(&self) -> bool {
        self.reader.is_ended()
    }

    /// Waits for the task and returns what its job returned.
    ///
    /// Inside a task of the same pool the wait helps: see [`Task`].
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// assert_eq!(pool.submit(|| 6 * 7).join().unwrap(), 42);
    /// assert!(pool.submit(|| panic!("no ink")).join().is_err());
    /// ```
    ///
    /// # Errors
    /// The job panicked, the task was cancelled, or the pool was shut down before the task started.
    pub fn join(mut self) -> Result<T, TaskError> {
        worker::help_with_task(self.key(), &|| self.reader.is_ended());
        if let Some(host) = self.host.as_ref().and_then(Weak::upgrade) {
            host.stand_in(self.id);
        }
        self.reader.wait()
    }

    /// As [`join`](Self::join), passing a failure on to the caller.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// assert_eq!(pool.submit(|| 6 * 7).join_unwrap(), 42);
    /// ```
    ///
    /// # Panics
    /// With the job's own panic, or with the text of the [`TaskError`].
    #[track_caller]
    pub fn join_unwrap(self) -> T {
        match self.join() {
            Ok(value) => value,
            Err(error) => error.raise(),
        }
    }

    /// Returns the outcome if the task has ended, without waiting.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let mut task = pool.submit(|| 1);
    /// let result = loop {
    ///     match task.try_join() {
    ///         Ok(result) => break result,
    ///         Err(pending) => task = pending.into_inner(), // meanwhile, something else
    ///     }
    /// };
    /// assert_eq!(result.unwrap(), 1);
    /// ```
    ///
    /// # Errors
    /// [`Pending`] holds the task when it has not ended. The inner result is as that of [`join`](Self::join).
    pub fn try_join(mut self) -> Result<Result<T, TaskError>, Pending<T>> {
        self.reader.try_take().ok_or(Pending(self))
    }

    /// Waits at most `timeout` for the task.
    ///
    /// Inside a task of the same pool, an awaited task that has not started is run by the caller, which may
    /// take longer than `timeout`: the limit is on waiting, not on work.
    ///
    /// ```
    /// use std::time::Duration;
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(1);
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let task = pool.submit(move || receiver.recv().unwrap());
    /// let pending = task.join_timeout(Duration::from_millis(1)).unwrap_err();
    /// sender.send("now").unwrap();
    /// assert_eq!(pending.into_inner().join().unwrap(), "now");
    /// ```
    ///
    /// # Errors
    /// [`Pending`] holds the task when time ran out. The inner result is as that of [`join`](Self::join).
    pub fn join_timeout(mut self, timeout: Duration) -> Result<Result<T, TaskError>, Pending<T>> {
        worker::run_if_queued(self.key());
        let outcome = match Instant::now().checked_add(timeout) {
            Some(deadline) => self.reader.wait_until(deadline),
            // Beyond what the clock can express: no limit.
            None => Some(self.reader.wait()),
        };
        outcome.ok_or(Pending(self))
    }

    /// Cancels the task if it has not started. Says whether it did: then the job is dropped without being
    /// run, and the task ends as [`TaskError::Cancelled`]. A running task is not interrupted.
    ///
    /// ```
    /// use racecourse::pool::{TaskError, ThreadPool};
    /// use std::sync::mpsc;
    ///
    /// let pool = ThreadPool::new(1);
    /// let (sender, receiver) = mpsc::channel::<()>();
    /// let first = pool.submit(move || receiver.recv().is_err()); // keeps the only worker
    /// let second = pool.submit(|| 1);
    /// assert!(second.cancel());
    /// drop(sender);
    /// assert!(first.join().unwrap());
    /// assert!(matches!(second.join(), Err(TaskError::Cancelled)));
    /// ```
    pub fn cancel(&self) -> bool {
        match self.host.as_ref().and_then(Weak::upgrade) {
            Some(host) => host.cancel(self.id),
            None => false,
        }
    }

    pub(super) fn key(&self) -> Key {
        Key {
            id: self.id,
            host: self.host.as_ref().map(|host| Weak::as_ptr(host).cast()),
        }
    }

    pub(super) fn notify(&mut self, notice: Notice) {
        self.reader.notify(notice);
    }

    pub(super) fn detach(&mut self) -> Option<Outcome<T>> {
        self.reader.leave()
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, TaskError>;

    /// # Panics
    /// When polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.reader.poll(context.waker()) {
            Some(outcome) => Poll::Ready(outcome),
            None => Poll::Pending,
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id.0)
            .field("finished", &self.is_finished())
            .finish()
    }
}

/// A task's name across executors: its id and the address of its host, which is only compared.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) id: TaskId,
    pub(super) host: Option<*const ()>,
}

/// Why the outcome of a job is a `Completer`'s argument and not a return value: the job's captured values
/// must be gone before anybody can see the outcome.
pub(super) fn complete<T>(
    completer: Completer<T>,
    job: impl FnOnce() -> Outcome<T>,
) -> Option<Outcome<T>> {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job))
        .unwrap_or_else(|payload| Err(TaskError::panicked(payload)));
    completer.finish(outcome)
}
