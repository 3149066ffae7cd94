//! What can go wrong with a task or a pool. Every message says what to do about it.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;
use std::panic;

use super::Task;

/// Why a task has no result.
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
pub struct TaskPanic {
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
        Self { message, payload }
    }

    /// The text given to `panic!`, or a sentence saying that the payload is not text (as after
    /// [`std::panic::panic_any`]).
    pub fn message(&self) -> &str {
        match &self.message {
            Some(text) => text,
            None => "a payload that is not text; take it with `into_payload` and downcast it",
        }
    }

    /// The value that the task panicked with, for `downcast` or [`std::panic::resume_unwind`].
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        self.payload
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
pub struct Rejected<J> {
    job: J,
    reason: TaskError,
}

impl<J> Rejected<J> {
    /// Hands `job` back. For those who implement [`Accepts`](super::Accepts).
    pub fn new(job: J, reason: TaskError) -> Self {
        Self { job, reason }
    }

    /// The job, which has not been run.
    pub fn into_inner(self) -> J {
        self.job
    }

    /// Why it was not taken.
    pub fn reason(&self) -> &TaskError {
        &self.reason
    }

    /// The job and the reason.
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
pub struct Pending<T>(pub(super) Task<T>);

impl<T> Pending<T> {
    /// The task, to wait for it again, cancel it or drop it.
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
