//! What can go wrong with a task or a pool. Every message says what to do about it.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;
use std::panic;

use super::Task;

/// Why a task has no result.
///
/// ```
/// use racecourse::pool::ThreadPool;
///
/// let pool = ThreadPool::new(2);
/// let error = pool.submit(|| -> u8 { panic!("no ink") }).join().unwrap_err();
/// assert!(error.to_string().contains("no ink"));
/// assert_eq!(pool.submit(|| 1).join().unwrap(), 1); // the pool goes on
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum TaskError {
    /// The task's function panicked. The worker that ran it goes on with the next task.
    Panicked(TaskPanic),
    /// The task was cancelled before it started: see [`Task::cancel`].
    Cancelled,
    /// The pool was shut down before the task started.
    Shutdown,
    /// The worker process that was to give the result is gone.
    #[cfg(all(feature = "process", unix))]
    Lost(super::process::Lost),
    /// The job or its output could not be turned into bytes, or back, on its way to or from another process.
    #[cfg(all(feature = "process", unix))]
    Untranslatable(String),
}

impl TaskError {
    pub(super) fn panicked(payload: Box<dyn Any + Send>) -> Self {
        Self::Panicked(TaskPanic::new(payload))
    }

    /// Raises this error in the calling thread: a task's panic goes on with its original payload (and
    /// without a second report on standard error), any other error becomes a panic with its text.
    ///
    /// ```should_panic
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// if let Err(error) = pool.submit(|| panic!("no ink")).join() {
    ///     error.raise(); // as if the panic had been here
    /// }
    /// ```
    ///
    /// # Panics
    /// Always.
    #[track_caller]
    pub fn raise(self) -> ! {
        match self {
            Self::Panicked(caught) => panic::resume_unwind(caught.into_payload()),
            other => panic!("{other}"),
        }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(caught) => fmt::Display::fmt(caught, f),
            Self::Cancelled => f.write_str(
                "the task was cancelled before it started; submit it again if its result is needed",
            ),
            Self::Shutdown => f.write_str(
                "the pool was shut down before the task started; submit tasks before `shutdown`, \
                 use `Shutdown::Drain` to finish those already queued, or make a new pool",
            ),
            #[cfg(all(feature = "process", unix))]
            Self::Lost(lost) => fmt::Display::fmt(lost, f),
            #[cfg(all(feature = "process", unix))]
            Self::Untranslatable(what) => write!(
                f,
                "{what}; use types that `postcard` can hold: https://docs.rs/postcard"
            ),
        }
    }
}

impl Error for TaskError {}

/// A panic caught in a task.
///
/// ```
/// use racecourse::pool::{TaskError, ThreadPool};
///
/// let pool = ThreadPool::new(1);
/// match pool.submit(|| panic!("no ink")).join() {
///     Err(TaskError::Panicked(caught)) => assert_eq!(caught.message(), "no ink"),
///     _ => unreachable!("it panics"),
/// }
/// ```
pub struct TaskPanic(Box<Caught>);

/// Apart, so that an outcome is small.
struct Caught {
    message: Option<String>,
    payload: Box<dyn Any + Send>,
}

// SAFETY: `payload` may not be `Sync`, but no method reads it through `&TaskPanic`: `message` and the
// formatters use only the `String`, and `into_payload` takes the value.
unsafe impl Sync for TaskPanic {}

impl TaskPanic {
    pub(super) fn new(payload: Box<dyn Any + Send>) -> Self {
        let message = if let Some(text) = payload.downcast_ref::<&'static str>() {
            Some((*text).to_owned())
        } else {
            payload.downcast_ref::<String>().cloned()
        };
        Self(Box::new(Caught { message, payload }))
    }

    /// The text given to `panic!`, or a sentence saying that the payload is not text (as after
    /// [`std::panic::panic_any`]).
    ///
    /// ```
    /// use racecourse::pool::{TaskError, ThreadPool};
    ///
    /// let task = ThreadPool::new(1).submit(|| panic!("sheet {}", 7));
    /// let Err(TaskError::Panicked(caught)) = task.join() else { unreachable!("it panics") };
    /// assert_eq!(caught.message(), "sheet 7");
    /// ```
    pub fn message(&self) -> &str {
        match &self.0.message {
            Some(text) => text,
            None => "a payload that is not text; take it with `into_payload` and downcast it",
        }
    }

    /// The value that the task panicked with, for `downcast` or [`std::panic::resume_unwind`].
    ///
    /// ```
    /// use racecourse::pool::{TaskError, ThreadPool};
    ///
    /// let task = ThreadPool::new(1).submit(|| std::panic::panic_any(7_u8));
    /// let Err(TaskError::Panicked(caught)) = task.join() else { unreachable!("it panics") };
    /// assert_eq!(*caught.into_payload().downcast::<u8>().unwrap(), 7);
    /// ```
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        self.0.payload
    }
}

impl fmt::Debug for TaskPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskPanic")
            .field("message", &self.message())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for TaskPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the task panicked: {}; the pool is unharmed, correct the task's function or its input",
            self.message()
        )
    }
}

impl Error for TaskPanic {}

/// A job that an executor did not take, handed back with the reason.
///
/// ```
/// use racecourse::pool::{TaskError, ThreadPool};
/// use racecourse::queue::Shutdown;
///
/// let pool = ThreadPool::new(1);
/// pool.shutdown(Shutdown::Drain);
/// let rejected = pool.try_submit(|| 1).unwrap_err();
/// assert!(matches!(rejected.reason(), TaskError::Shutdown));
/// assert_eq!(rejected.into_inner()(), 1); // the job was not run, and is here
/// ```
pub struct Rejected<J> {
    job: J,
    reason: TaskError,
}

impl<J> Rejected<J> {
    /// Hands `job` back. For those who implement [`Accepts`](super::Accepts).
    ///
    /// ```
    /// use racecourse::pool::{Rejected, TaskError};
    ///
    /// let rejected = Rejected::new("job", TaskError::Shutdown);
    /// assert_eq!(rejected.into_inner(), "job");
    /// ```
    pub fn new(job: J, reason: TaskError) -> Self {
        Self { job, reason }
    }

    /// The job, which has not been run.
    ///
    /// ```
    /// use racecourse::pool::{Rejected, TaskError};
    ///
    /// assert_eq!(Rejected::new("job", TaskError::Shutdown).into_inner(), "job");
    /// ```
    pub fn into_inner(self) -> J {
        self.job
    }

    /// Why it was not taken.
    ///
    /// ```
    /// use racecourse::pool::{Rejected, TaskError};
    ///
    /// let rejected = Rejected::new("job", TaskError::Shutdown);
    /// assert!(matches!(rejected.reason(), TaskError::Shutdown));
    /// ```
    pub fn reason(&self) -> &TaskError {
        &self.reason
    }

    /// The job and the reason.
    ///
    /// ```
    /// use racecourse::pool::{Rejected, TaskError};
    ///
    /// let (job, reason) = Rejected::new("job", TaskError::Shutdown).into_parts();
    /// assert_eq!(job, "job");
    /// assert!(matches!(reason, TaskError::Shutdown));
    /// ```
    pub fn into_parts(self) -> (J, TaskError) {
        (self.job, self.reason)
    }
}

impl<J> fmt::Debug for Rejected<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the job: closures are not `Debug`.
        f.debug_struct("Rejected")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl<J> fmt::Display for Rejected<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.reason, f)
    }
}

impl<J> Error for Rejected<J> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.reason)
    }
}

/// A task that has not finished yet, handed back by [`Task::try_join`] and [`Task::join_timeout`].
///
/// ```
/// use racecourse::pool::ThreadPool;
/// use std::sync::mpsc;
///
/// let pool = ThreadPool::new(1);
/// let (sender, receiver) = mpsc::channel();
/// let task = pool.submit(move || receiver.recv().unwrap());
/// let pending = task.try_join().unwrap_err(); // it waits for us
/// sender.send(7).unwrap();
/// assert_eq!(pending.into_inner().join().unwrap(), 7);
/// ```
pub struct Pending<T>(pub(super) Task<T>);

impl<T> Pending<T> {
    /// The task, to wait for it again, cancel it or drop it.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    /// use std::sync::mpsc;
    ///
    /// let pool = ThreadPool::new(1);
    /// let (sender, receiver) = mpsc::channel::<()>();
    /// let task = pool.submit(move || receiver.recv().is_err());
    /// let task = task.try_join().unwrap_err().into_inner();
    /// drop(sender);
    /// assert!(task.join().unwrap());
    /// ```
    pub fn into_inner(self) -> Task<T> {
        self.0
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pending").field(&self.0).finish()
    }
}

impl<T> fmt::Display for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the task has not finished; take it back with `into_inner` to wait longer or to cancel it",
        )
    }
}

impl<T> Error for Pending<T> {}

/// Why a pool could not be made. No thread of it is left running.
///
/// ```
/// use racecourse::pool::ThreadPool;
///
/// let error = ThreadPool::try_new(0).unwrap_err();
/// assert!(error.to_string().contains("ask for 1 or more"));
/// ```
#[derive(Debug)]
pub struct BuildError(BuildErrorKind);

#[derive(Debug)]
enum BuildErrorKind {
    ZeroThreads,
    NulInName(String),
    Spawn {
        wanted: usize,
        started: usize,
        source: io::Error,
    },
}

impl BuildError {
    pub(super) fn zero_threads() -> Self {
        Self(BuildErrorKind::ZeroThreads)
    }

    pub(super) fn nul_in_name(name: String) -> Self {
        Self(BuildErrorKind::NulInName(name))
    }

    pub(super) fn spawn(wanted: usize, started: usize, source: io::Error) -> Self {
        Self(BuildErrorKind::Spawn {
            wanted,
            started,
            source,
        })
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            BuildErrorKind::ZeroThreads => f.write_str(
                "a ThreadPool of 0 threads would run nothing: ask for 1 or more, \
                 or leave `threads` out of the builder for one thread a processor",
            ),
            BuildErrorKind::NulInName(name) => write!(
                f,
                "the name prefix {name:?} contains a NUL character, which no thread name may hold: remove it"
            ),
            BuildErrorKind::Spawn {
                wanted,
                started,
                source,
            } => write!(
                f,
                "thread {} of {wanted} could not be started ({source}): ask for fewer threads or a \
                 smaller stack, or raise the limit on threads (`ulimit -u`); \
                 the {started} already started were stopped",
                started + 1
            ),
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            BuildErrorKind::Spawn { source, .. } => Some(source),
            BuildErrorKind::ZeroThreads | BuildErrorKind::NulInName(_) => None,
        }
    }
}
