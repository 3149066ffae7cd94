//! A fixed number of processes that run submitted jobs.

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

use super::builder::{Builder, Settings};
use super::crew::Crew;
use super::errors::StartError;
use super::remote::RemoteJob;
use super::staff::Staff;
use crate::pool::slot::Outcome;
use crate::pool::{Accepts, Executor, Rejected, Shutdown, Task, TaskError, ThreadPool};

/// A fixed number of worker processes that run submitted jobs, oldest first; to be used as a
/// [`ThreadPool`], through the same [`Executor`] and the same [`Task`].
///
/// A worker is this program started again, once, when the pool is made. What it is to do and what comes of it travel as
/// bytes, so a job must be data that has been given a name: see [`remote!`](crate::remote).
///
/// ```no_run
/// use racecourse::pool::{Executor, ProcessPool};
///
/// fn square(n: u64) -> u64 {
///     n * n
/// }
/// racecourse::remote!(pub Square = square(u64) -> u64);
///
/// fn main() {
///     racecourse::pool::process::enter(); // a worker goes no further
///     let pool = ProcessPool::new(4);
///     assert_eq!(pool.map(Square, 1..=5), [1, 4, 9, 16, 25]);
/// }
/// ```
///
/// What processes are good for:
/// - A task that crashes, is killed, exits, or hangs beyond the [deadline](Builder::deadline) costs itself only. It comes
///   back as [`TaskError::Lost`], which says what happened; its worker is replaced. A panic comes back as from threads,
///   as text.
/// - Tasks share nothing: neither a heap, nor locks, nor a library that is not made for threads.
///
/// And what they cost: every argument and every result is serialised, sent, and read again. For work that a thread can
/// do, a thread is faster.
///
/// - Workers do not outlive their pool's process, however it ends, not even in the middle of a task.
/// - Ctrl-C reaches the program alone; it decides. Workers read nothing from the terminal; they print to it.
/// - Dropping the pool finishes everything that was submitted, then ends the workers.
pub struct ProcessPool {
    /// One thread a worker; each hands one request at a time to a worker and waits for the answer. Whoever joins a task
    /// does that itself, if a thread would otherwise have to be woken for it.
    threads: ThreadPool,
    crew: Arc<Crew<Staff>>,
    nurse: Option<JoinHandle<()>>,
}

impl ProcessPool {
    /// A pool of `processes` workers.
    ///
    /// ```no_run
    /// use racecourse::pool::{Executor, ProcessPool};
    ///
    /// fn main() {
    ///     racecourse::pool::process::enter();
    ///     let pool = ProcessPool::new(2);
    ///     println!("{} workers", pool.parallelism());
    /// }
    /// ```
    ///
    /// # Panics
    /// With the text of the [`StartError`]. [`try_new`](Self::try_new) returns it instead.
    #[track_caller]
    pub fn new(processes: usize) -> Self {
        match Self::try_new(processes) {
            Ok(pool) => pool,
            Err(error) => panic!("{error}"),
        }
    }

    /// A pool of `processes` workers.
    ///
    /// ```no_run
    /// use racecourse::pool::{Executor, ProcessPool};
    ///
    /// fn main() {
    ///     racecourse::pool::process::enter();
    ///     match ProcessPool::try_new(2) {
    ///         Ok(pool) => println!("{} workers", pool.parallelism()),
    ///         Err(error) => eprintln!("{error}"),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`StartError`]: `processes` is 0, [`enter`](super::enter) was not called, or the system refused something. Nothing
    /// is then left running.
    pub fn try_new(processes: usize) -> Result<Self, StartError> {
        Self::builder().processes(processes).build()
    }

    /// For a pool with other settings, or with one worker a processor.
    ///
    /// ```no_run
    /// use racecourse::pool::{Executor, ProcessPool};
    ///
    /// fn main() {
    ///     racecourse::pool::process::enter();
    ///     let second = std::time::Duration::from_secs(1);
    ///     let pool = ProcessPool::builder().deadline(second).build().unwrap();
    ///     println!("{} workers", pool.parallelism());
    /// }
    /// ```
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(super) fn start(processes: usize, settings: Settings) -> Result<Self, StartError> {
        let threads = ThreadPool::builder()
            .threads(processes)
            .name_prefix("processes")
            .with_stand_ins()
            .build()
            .map_err(|error| StartError::System(std::io::Error::other(error)))?;
        let (crew, nurse) = Crew::with_nurse(processes, settings).map_err(StartError::System)?;
        let pool = Self {
            threads,
            crew,
            nurse: Some(nurse),
        };
        // Fails with the pool dropped, so with nothing left.
        pool.crew.muster()?;
        Ok(pool)
    }

    /// The process ids of the workers that live, ascending.
    ///
    /// ```no_run
    /// use racecourse::pool::{Executor, ProcessPool};
    ///
    /// fn main() {
    ///     racecourse::pool::process::enter();
    ///     let pool = ProcessPool::new(2);
    ///     println!("the workers are {:?}", pool.pids());
    /// }
    /// ```
    pub fn pids(&self) -> Vec<u32> {
        self.crew.pids()
    }

    /// Kills every worker at once. What they ran comes back as [`TaskError::Lost`], what was queued as
    /// [`TaskError::Shutdown`]; the pool is shut down.
    ///
    /// ```no_run
    /// use racecourse::pool::{Executor, ProcessPool};
    ///
    /// fn main() {
    ///     racecourse::pool::process::enter();
    ///     let pool = ProcessPool::new(2);
    ///     pool.kill(); // and whatever they were doing
    ///     assert!(pool.is_shut_down());
    /// }
    /// ```
    pub fn kill(&self) {
        self.threads.shutdown(Shutdown::Immediate);
        self.crew.kill();
    }

    fn queue<J, T>(&self, job: J, run: fn(Posted<J>) -> Outcome<T>) -> Result<Task<T>, Rejected<J>>
    where
        J: Send + 'static,
        T: Send + 'static,
    {
        let crew = Arc::clone(&self.crew);
        self.threads
            .queue(Posted { job, crew }, run)
            .map_err(|posted| Rejected::new(posted.job, TaskError::Shutdown))
    }
}

/// A job on its way to whichever worker is idle.
struct Posted<J> {
    job: J,
    crew: Arc<Crew<Staff>>,
}

impl Executor for ProcessPool {
    fn parallelism(&self) -> usize {
        self.threads.parallelism()
    }

    fn shutdown(&self, how: Shutdown) {
        self.threads.shutdown(how);
        self.crew.dismiss();
    }

    fn is_shut_down(&self) -> bool {
        self.threads.is_shut_down()
    }
}

impl<J: RemoteJob> Accepts<J> for ProcessPool {
    fn accept(&self, job: J) -> Result<Task<J::Output>, Rejected<J>> {
        self.queue(job, |posted| {
            let mut outputs = posted.crew.run(std::slice::from_ref(&posted.job))?;
            Ok(outputs.pop().expect("as many outputs as jobs"))
        })
    }

    fn accept_batch(&self, jobs: Vec<J>) -> Result<Task<Vec<J::Output>>, Rejected<Vec<J>>> {
        self.queue(jobs, |posted| posted.crew.run(&posted.job))
    }
}

impl Drop for ProcessPool {
    fn drop(&mut self) {
        self.shutdown(Shutdown::Drain);
        if let Some(nurse) = self.nurse.take() {
            // It has been told that there is nobody to watch; a panic of its has been printed.
            let _ = nurse.join();
        }
    }
}

impl fmt::Debug for ProcessPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessPool")
            .field("processes", &self.parallelism())
            .field("pids", &self.pids())
            .field("is_shut_down", &self.is_shut_down())
            .finish_non_exhaustive()
    }
}
