//! Settings of a pool of processes.

use std::ffi::OsString;
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use super::enter::{has_entered, test_entry};
use super::errors::StartError;
use crate::pool::ProcessPool;

/// What is needed to start a worker, and to use it.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    /// Its name in lists of processes, if it is not the program's path.
    pub(super) shown_as: Option<OsString>,
    /// Whether what it prints before it is a worker is of no interest.
    pub(super) silent: bool,
    pub(super) deadline: Option<Duration>,
    pub(super) start_timeout: Duration,
    pub(super) tasks_per_worker: Option<NonZero<u64>>,
}

/// Settings of a [`ProcessPool`], from [`ProcessPool::builder`].
///
/// ```no_run
/// use std::time::Duration;
/// use racecourse::pool::ProcessPool;
///
/// racecourse::pool::process::enter();
/// let pool = ProcessPool::builder()
///     .processes(2)
///     .deadline(Duration::from_secs(10))
///     .build()?;
/// # Ok::<(), racecourse::pool::process::StartError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes no pool before `build`"]
pub struct Builder {
    processes: Option<usize>,
    program: Option<(PathBuf, Vec<OsString>)>,
    deadline: Option<Duration>,
    start_timeout: Duration,
    tasks_per_worker: Option<NonZero<u64>>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            processes: None,
            program: None,
            deadline: None,
            start_timeout: Duration::from_secs(30),
            tasks_per_worker: None,
        }
    }

    /// The number of worker processes. Default: [`std::thread::available_parallelism`], or 1 where it is unknown.
    pub fn processes(mut self, processes: usize) -> Self {
        self.processes = Some(processes);
        self
    }

    /// How long a task, or a chunk of a `map`, may take in its worker. One that takes longer ends as
    /// [`TaskError::Lost`](crate::pool::TaskError::Lost), and its worker is killed and replaced. Default: no limit.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// How long a worker may take to start. Default: 30 seconds.
    pub fn start_timeout(mut self, limit: Duration) -> Self {
        self.start_timeout = limit;
        self
    }

    /// Replaces each worker after so many tasks, as Python's `maxtasksperchild`: for tasks that leak. Default: never.
    pub fn tasks_per_worker(mut self, tasks: NonZero<u64>) -> Self {
        self.tasks_per_worker = Some(tasks);
        self
    }

    /// Starts `program` with `arguments` as each worker. It must call [`enter`](super::enter) first, and know the jobs:
    /// build it from the same sources. Default: the running program itself, without arguments.
    pub fn program<A>(
        mut self,
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self
    where
        A: Into<OsString>,
    {
        let arguments = arguments.into_iter().map(Into::into).collect();
        self.program = Some((program.into(), arguments));
        self
    }

    /// Starts the workers, and waits until all are ready.
    ///
    /// # Errors
    /// [`StartError`]: nothing is then left running.
    pub fn build(self) -> Result<ProcessPool, StartError> {
        let processes = self
            .processes
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get));
        if processes == 0 {
            return Err(StartError::ZeroProcesses);
        }
        // A test harness announces its tests.
        let silent = self.program.is_none() && test_entry().is_some();
        let (program, arguments, shown_as) = match self.program {
            Some((program, arguments)) => (program, arguments, None),
            None if has_entered() => this_program()?,
            None => return Err(StartError::NotEntered),
        };
        let settings = Settings {
            program,
            arguments,
            shown_as,
            silent,
            deadline: self.deadline,
            start_timeout: self.start_timeout,
            tasks_per_worker: self.tasks_per_worker,
        };
        ProcessPool::start(processes, settings)
    }
}

fn this_program() -> Result<(PathBuf, Vec<OsString>, Option<OsString>), StartError> {
    let arguments = match test_entry() {
        Some(test) => [test, "--exact", "--nocapture", "--quiet"]
            .map(OsString::from)
            .to_vec(),
        None => Vec::new(),
    };
    let path = std::env::current_exe().map_err(StartError::System)?;
    if cfg!(any(target_os = "linux", target_os = "android")) {
        // The very file that runs, even if another has taken its place since: the two would not know the same jobs.
        let itself = PathBuf::from("/proc/self/exe");
        return Ok((itself, arguments, Some(path.into_os_string())));
    }
    Ok((path, arguments, None))
}
