//! Settings of a pool of processes.

use std::ffi::OsString;
use std::io;
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use super::enter::{has_entered, test_entry};
use super::errors::StartError;
use crate::pool::ProcessPool;

/// What is needed to start a worker, and to use it.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) start: Start,
    pub(super) deadline: Option<Duration>,
    pub(super) start_timeout: Duration,
    pub(super) tasks_per_worker: Option<NonZero<u64>>,
}

/// How a worker is started.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    /// Its name in lists of processes, if it is not the program's path.
    pub(super) shown_as: Option<OsString>,
    /// Whether what it prints before it is a worker is of no interest.
    pub(super) silent: bool,
}

impl Start {
    fn of(program: PathBuf, arguments: Vec<OsString>) -> Self {
        Self {
            program,
            arguments,
            shown_as: None,
            silent: false,
        }
    }

    /// This very program: of a test program the test that enters, and not what its harness announces.
    fn of_this() -> io::Result<Self> {
        let path = std::env::current_exe()?;
        let mut this = Self::of(path, Vec::new());
        if let Some(test) = test_entry() {
            this.arguments = [test, "--exact", "--nocapture", "--quiet"]
                .map(OsString::from)
                .to_vec();
            this.silent = true;
        }
        if cfg!(any(target_os = "linux", target_os = "android")) {
            // The very file that runs, even if another has taken its place since: the two would not know the same jobs.
            let itself = PathBuf::from("/proc/self/exe");
            this.shown_as = Some(std::mem::replace(&mut this.program, itself).into_os_string());
        }
        Ok(this)
    }
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
    start: Option<Start>,
    deadline: Option<Duration>,
    start_timeout: Duration,
    tasks_per_worker: Option<NonZero<u64>>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            processes: None,
            start: None,
            deadline: None,
            start_timeout: Duration::from_secs(30),
            tasks_per_worker: None,
        }
    }

    /// The number of worker processes. Default: [`std::thread::available_parallelism`], or 1 where it is unknown.
    ///
    /// ```no_run
    /// use racecourse::pool::{Executor, ProcessPool};
    ///
    /// fn main() {
    ///     racecourse::pool::process::enter();
    ///     let pool = ProcessPool::builder().processes(4).build().unwrap();
    ///     assert_eq!(pool.parallelism(), 4);
    /// }
    /// ```
    pub fn processes(mut self, processes: usize) -> Self {
        self.processes = Some(processes);
        self
    }

    /// How long a task, or a chunk of a `map`, may take in its worker. One that takes longer ends as
    /// [`TaskError::Lost`](crate::pool::TaskError::Lost), and its worker is killed and replaced. Default: no limit.
    ///
    /// ```no_run
    /// use racecourse::pool::ProcessPool;
    /// use std::time::Duration;
    ///
    /// let builder = ProcessPool::builder().deadline(Duration::from_secs(5));
    /// ```
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// How long a worker may take to start. Default: 30 seconds.
    ///
    /// ```no_run
    /// use racecourse::pool::ProcessPool;
    /// use std::time::Duration;
    ///
    /// let builder = ProcessPool::builder().start_timeout(Duration::from_secs(5));
    /// ```
    pub fn start_timeout(mut self, limit: Duration) -> Self {
        self.start_timeout = limit;
        self
    }

    /// Replaces each worker after so many tasks, as Python's `maxtasksperchild`: for tasks that leak. Default: never.
    ///
    /// ```no_run
    /// use racecourse::pool::ProcessPool;
    /// use std::num::NonZero;
    ///
    /// let builder = ProcessPool::builder().tasks_per_worker(NonZero::new(100).unwrap());
    /// ```
    pub fn tasks_per_worker(mut self, tasks: NonZero<u64>) -> Self {
        self.tasks_per_worker = Some(tasks);
        self
    }

    /// Starts `program` with `arguments` as each worker. It must call [`enter`](super::enter) first, and know the jobs:
    /// build it from the same sources. Default: the running program itself, without arguments.
    ///
    /// ```no_run
    /// use racecourse::pool::ProcessPool;
    ///
    /// // Calls `enter` first, and is built from the same sources.
    /// let builder = ProcessPool::builder().program("/usr/lib/printer/worker", ["--quiet"]);
    /// ```
    pub fn program<A>(
        mut self,
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self
    where
        A: Into<OsString>,
    {
        let arguments = arguments.into_iter().map(Into::into).collect();
        self.start = Some(Start::of(program.into(), arguments));
        self
    }

    /// Starts the workers, and waits until all are ready.
    ///
    /// ```
    /// use racecourse::pool::ProcessPool;
    ///
    /// let error = ProcessPool::builder().processes(0).build().unwrap_err();
    /// println!("{error}"); // says what to do
    /// ```
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
        let start = match self.start {
            Some(start) => start,
            None if has_entered() => Start::of_this().map_err(StartError::System)?,
            None => return Err(StartError::NotEntered),
        };
        let settings = Settings {
            start,
            deadline: self.deadline,
            start_timeout: self.start_timeout,
            tasks_per_worker: self.tasks_per_worker,
        };
        ProcessPool::start(processes, settings)
    }
}
