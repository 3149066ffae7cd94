//! What can go wrong with a worker process. Every message says what to do about it.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// A worker process that did not give the result of its task. That task alone is lost: the worker has been replaced.
///
/// ```no_run
/// use racecourse::pool::{Executor, ProcessPool, TaskError};
///
/// fn divide((a, b): (u64, u64)) -> u64 {
///     if b == 0 { std::process::abort() }
///     a / b
/// }
/// racecourse::remote!(Divide = divide((u64, u64)) -> u64);
///
/// fn main() {
///     racecourse::pool::process::enter();
///     let pool = ProcessPool::new(1);
///     match pool.try_map(Divide, [(1, 0)]) {
///         Err(TaskError::Lost(lost)) => println!("process {:?}: {lost}", lost.pid()),
///         other => println!("{other:?}"),
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Lost {
    pub(super) pid: Option<u32>,
    pub(super) cause: LostCause,
}

/// What became of a worker that is [`Lost`].
///
/// ```no_run
/// use racecourse::pool::process::LostCause;
/// # fn of(lost: racecourse::pool::process::Lost) {
///
/// match lost.cause() {
///     LostCause::Deadline(limit) => println!("not done within {limit:?}"),
///     LostCause::Ended(status) => println!("its process ended: {status}"),
///     other => println!("{other:?}"),
/// }
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum LostCause {
    /// It ended while it ran the task: it crashed, was killed, or the task ended the process.
    Ended(ExitStatus),
    /// The task took longer than the [deadline](super::Builder::deadline); the worker was killed.
    Deadline(Duration),
    /// It sent something that is no answer; the worker was killed. Holds what was wrong.
    Garbage(String),
    /// The connection to it failed; the worker was killed.
    Connection(io::Error),
    /// No worker was left, and none could be started.
    NotStarted(StartError),
}

impl Lost {
    /// The process id that the worker had; `None` if none could be started.
    ///
    /// ```no_run
    /// # fn of(lost: racecourse::pool::process::Lost) {
    /// if let Some(pid) = lost.pid() {
    ///     println!("look for process {pid} in the system's log");
    /// }
    /// # }
    /// ```
    pub fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// What became of it.
    ///
    /// ```no_run
    /// # fn of(lost: racecourse::pool::process::Lost) {
    /// use racecourse::pool::process::LostCause;
    ///
    /// if matches!(lost.cause(), LostCause::Deadline(_)) {
    ///     println!("the task was too slow");
    /// }
    /// # }
    /// ```
    pub fn cause(&self) -> &LostCause {
        &self.cause
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "worker process {pid} ")?,
            None => f.write_str("no worker process could run the task: ")?,
        }
        match &self.cause {
            LostCause::Ended(status) => write!(
                f,
                "ended while it ran the task ({status}); only this task is lost and the worker was replaced: submit the \
                 task again if it may run twice, and look for what ends its process"
            ),
            LostCause::Deadline(limit) => write!(
                f,
                "was killed because the task took longer than {limit:?}; the worker was replaced: give the pool's \
                 builder a longer `deadline`, or the task less to do"
            ),
            LostCause::Garbage(what) => write!(
                f,
                "was killed because it sent {what}; the worker was replaced: does the task write to descriptors that it \
                 did not open?"
            ),
            LostCause::Connection(error) => write!(
                f,
                "was killed because the connection to it failed ({error}); the worker was replaced: submit the task \
                 again if it may run twice"
            ),
            LostCause::NotStarted(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl Error for Lost {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            LostCause::Connection(error) => Some(error),
            LostCause::NotStarted(error) => Some(error),
            LostCause::Ended(_) | LostCause::Deadline(_) | LostCause::Garbage(_) => None,
        }
    }
}

/// Why a pool of processes, or a worker that was to replace another, could not be started. No process of it is left.
///
/// ```
/// use racecourse::pool::ProcessPool;
/// use racecourse::pool::process::StartError;
///
/// assert!(matches!(ProcessPool::try_new(0), Err(StartError::ZeroProcesses)));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A pool of no processes was asked for.
    ZeroProcesses,
    /// [`enter`](super::enter) has not been called in this process, so a worker, which is another process of the same
    /// program, would run the program again instead of working.
    NotEntered,
    /// The system did not start the program.
    Spawn {
        /// What was to be started.
        program: PathBuf,
        /// Why it was not.
        source: io::Error,
    },
    /// The program ended before it called [`enter`](super::enter).
    EndedEarly {
        /// What was started.
        program: PathBuf,
        /// How it ended.
        status: ExitStatus,
    },
    /// The program runs, but has not called [`enter`](super::enter) in time; it was killed.
    Silent {
        /// What was started.
        program: PathBuf,
        /// How long it was given.
        waited: Duration,
    },
    /// The program said something else than a worker of this version says; it was killed.
    NoWorker {
        /// What was started.
        program: PathBuf,
        /// What was wrong.
        said: String,
    },
    /// The system refused a socket, a thread or a descriptor.
    System(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroProcesses => f.write_str(
                "a ProcessPool of 0 processes would run nothing: ask for 1 or more, or leave `processes` out of the \
                 builder for one a processor",
            ),
            Self::NotEntered => f.write_str(
                "a worker is this program started again, and this program would not notice: call \
                 `racecourse::pool::process::enter()` as the first statement of `main`; in tests, write \
                 `racecourse::enter_tests!();` once beside them",
            ),
            Self::Spawn { program, source } => write!(
                f,
                "the worker program {} could not be started ({source}): check the path and its permissions, or the \
                 limit on processes (`ulimit -u`)",
                program.display()
            ),
            Self::EndedEarly { program, status } => write!(
                f,
                "the worker program {} ended ({status}) before it was a worker: call \
                 `racecourse::pool::process::enter()` as the first statement of its `main`",
                program.display()
            ),
            Self::Silent { program, waited } => write!(
                f,
                "the worker program {} was not a worker after {waited:?}, and was killed: call \
                 `racecourse::pool::process::enter()` as the first statement of its `main`, or give the builder a \
                 longer `start_timeout`",
                program.display()
            ),
            Self::NoWorker { program, said } => write!(
                f,
                "the worker program {} is not a worker of this version of racecourse ({said}): build both from the \
                 same sources",
                program.display()
            ),
            Self::System(error) => write!(
                f,
                "the system refused what a worker process needs ({error}): raise the limit on open files \
                 (`ulimit -n`) or on processes (`ulimit -u`)"
            ),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Spawn { source, .. } | Self::System(source) => Some(source),
            _ => None,
        }
    }
}
