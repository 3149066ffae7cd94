//! The workers of one pool: who is idle, who is busy, and who takes the place of one that is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::builder::Settings;
use super::errors::{Lost, LostCause, StartError};
use super::nurse::{self, Bell};
use super::remote::{self, RemoteJob};
use super::wire::Kind;
use super::worker::{Process, Worker};
use crate::parking_lot::Mutex;
use crate::pool::TaskError;
use crate::pool::slot::Outcome;

pub(super) struct Crew {
    settings: Settings,
    /// How many workers there are to be.
    size: usize,
    /// At most one a thread of the pool, so whoever needs one finds one, unless it could not be started.
    idle: Mutex<Vec<Worker>>,
    /// All that live, by their process ids.
    living: Mutex<BTreeMap<u32, Arc<Process>>>,
    /// Those of them that died while they worked: their user sees to it, not the nurse.
    dying: Mutex<BTreeSet<u32>>,
    /// No worker is needed any more.
    closed: AtomicBool,
    nurse: Bell,
}

impl Crew {
    /// A crew of nobody yet, and its nurse.
    pub(super) fn new(size: usize, settings: Settings) -> io::Result<(Arc<Self>, JoinHandle<()>)> {
        let (bell, ear) = nurse::bell()?;
        let crew = Arc::new(Self {
            settings,
            size,
            idle: Mutex::new(Vec::new()),
            living: Mutex::new(BTreeMap::new()),
            dying: Mutex::new(BTreeSet::new()),
            closed: AtomicBool::new(false),
            nurse: bell,
        });
        let watched = Arc::downgrade(&crew);
        let nurse = std::thread::Builder::new()
            .name("processes-nurse".to_owned())
            .spawn(move || nurse::watch(&watched, ear))?;
        Ok((crew, nurse))
    }

    /// Starts the first workers, all at the same time.
    pub(super) fn muster(&self) -> Result<(), StartError> {
        let mut first_error = None;
        std::thread::scope(|scope| {
            let mut starting = Vec::new();
            for _ in 0..self.size {
                match std::thread::Builder::new().spawn_scoped(scope, || self.hire()) {
                    Ok(thread) => starting.push(thread),
                    Err(error) => {
                        first_error.get_or_insert(StartError::System(error));
                        break;
                    }
                }
            }
            for thread in starting {
                match thread.join().expect("starting a worker does not panic") {
                    Ok(worker) => self.idle.lock().push(worker),
                    Err(error) => drop(first_error.get_or_insert(error)),
                }
            }
        });
        match first_error {
            None => Ok(()),
            Some(error) => {
                self.dismiss();
                Err(error)
            }
        }
    }

    fn hire(&self) -> Result<Worker, StartError> {
        let worker = Worker::start(&self.settings)?;
        self.living
            .lock()
            .insert(worker.process.pid, Arc::clone(&worker.process));
        self.nurse.ring();
        Ok(worker)
    }

    /// Has a worker run `jobs`, and reads its answer.
    pub(super) fn run<J: RemoteJob>(&self, jobs: &[J]) -> Outcome<Vec<J::Output>> {
        let mut hired = Hired {
            crew: self,
            worker: Some(self.take().map_err(|error| {
                TaskError::Lost(Lost {
                    pid: None,
                    cause: LostCause::NotStarted(error),
                })
            })?),
        };
        let worker = hired.worker.as_mut().expect("just hired");
        let outcome = ask(worker, jobs, self.settings.deadline);
        if !matches!(outcome, Err(TaskError::Lost(_))) {
            self.give_back(hired.worker.take().expect("hired above"));
        }
        outcome
    }

    /// A worker that can be asked.
    fn take(&self) -> Result<Worker, StartError> {
        loop {
            let Some(worker) = self.idle.lock().pop() else {
                return self.hire();
            };
            if worker.is_well() {
                return Ok(worker);
            }
            // It died, or was killed, while it had nothing to do: that costs nobody a task.
            self.replace(worker);
        }
    }

    fn give_back(&self, worker: Worker) {
        let limit = self.settings.tasks_per_worker;
        if limit.is_some_and(|limit| worker.requests >= limit.get()) {
            let mut worker = worker;
            worker.stop();
            self.forget(&worker);
            worker.ended();
            self.refill();
        } else {
            self.admit(worker);
        }
    }

    /// Makes a worker idle; or ends it, if it is one too many, has died since its answer, or is not needed any more.
    fn admit(&self, mut worker: Worker) {
        let pid = worker.process.pid;
        let mut idle = self.idle.lock();
        if self.dying.lock().contains(&pid) {
            drop(idle);
            return self.replace(worker);
        }
        // A task that finds no idle worker starts one, while the nurse may be doing so.
        if self.is_excess(pid) {
            drop(idle);
            self.nurse.ring();
            worker.stop();
            return worker.ended();
        }
        idle.push(worker);
        drop(idle);
        // ORDERING: either `dismiss` found the worker under the lock of `idle`, or its store came before that lock, and
        // thus before this look.
        if self.closed.load(Ordering::Relaxed) {
            self.dismiss();
        }
    }

    /// Whether there are too many workers. Then this one no longer counts, so that of two only one is taken for it.
    fn is_excess(&self, pid: u32) -> bool {
        let mut living = self.living.lock();
        living.len() > self.size && living.remove(&pid).is_some()
    }

    fn replace(&self, worker: Worker) {
        self.bury(worker);
        self.refill();
    }

    fn bury(&self, worker: Worker) {
        self.forget(&worker);
        worker.end_now();
    }

    fn forget(&self, worker: &Worker) {
        let pid = worker.process.pid;
        self.living.lock().remove(&pid);
        self.dying.lock().remove(&pid);
        self.nurse.ring();
    }

    /// The workers whose end is news; `None` once there will be no others.
    pub(super) fn watched(&self) -> Option<BTreeMap<u32, Arc<Process>>> {
        // ORDERING: `dismiss` stores before it rings, and what is read from the bell's socket is ordered after that.
        if self.closed.load(Ordering::Relaxed) {
            return None;
        }
        let mut living = self.living.lock().clone();
        let dying = self.dying.lock();
        living.retain(|pid, _| !dying.contains(pid));
        Some(living)
    }

    /// The nurse says that this worker has ended: if it was idle, another takes its place.
    pub(super) fn found_dead(&self, pid: u32) {
        let mut idle = self.idle.lock();
        if let Some(at) = idle.iter().position(|worker| worker.process.pid == pid) {
            let worker = idle.remove(at);
            drop(idle);
            self.replace(worker);
        } else if self.living.lock().contains_key(&pid) {
            // Still under the lock of `idle`, so that `admit` sees it.
            self.dying.lock().insert(pid);
        }
    }

    /// Starts a worker in place of one that is gone, so that the next task need not wait for it.
    fn refill(&self) {
        // ORDERING: only to save work; `admit` looks again.
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        // A failure is told to the next task, which tries again.
        if let Ok(worker) = self.hire() {
            self.admit(worker);
        }
    }

    /// Ends the idle workers, and lets the busy ones end after their task.
    pub(super) fn dismiss(&self) {
        // ORDERING: published by the lock of `idle`: see `admit`.
        self.closed.store(true, Ordering::Relaxed);
        let mut leaving = std::mem::take(&mut *self.idle.lock());
        for worker in &mut leaving {
            self.forget(worker);
            worker.stop();
        }
        self.nurse.ring();
        for worker in leaving {
            worker.ended();
        }
    }

    /// Kills all workers, busy or not.
    pub(super) fn kill(&self) {
        // ORDERING: as in `dismiss`. First, so that none is replaced.
        self.closed.store(true, Ordering::Relaxed);
        for process in self.living.lock().values() {
            process.kill();
        }
        self.dismiss();
    }

    pub(super) fn pids(&self) -> Vec<u32> {
        self.living.lock().keys().copied().collect()
    }
}

/// A worker at work. One whose user fails, or panics in foreign code that reads or writes bytes, is not given back: who
/// knows what it still has to say.
struct Hired<'a> {
    crew: &'a Crew,
    worker: Option<Worker>,
}

impl Drop for Hired<'_> {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            self.crew.replace(worker);
        }
    }
}

fn ask<J: RemoteJob>(
    worker: &mut Worker,
    jobs: &[J],
    deadline: Option<Duration>,
) -> Outcome<Vec<J::Output>> {
    let job = remote::id(J::NAME);
    if !worker.knows(job) {
        return Err(TaskError::Untranslatable(format!(
            "the worker program does not know the job {}: build it from the same sources",
            J::NAME
        )));
    }
    let payload = worker.begin();
    for job in jobs {
        remote::append(job, payload).map_err(|error| {
            TaskError::Untranslatable(format!(
                "the job {} could not be serialised ({error})",
                J::NAME
            ))
        })?;
    }
    let pid = worker.process.pid;
    let lost = |cause| {
        TaskError::Lost(Lost {
            pid: Some(pid),
            cause,
        })
    };
    let answer = worker.ask(job, jobs.len() as u64, deadline).map_err(lost)?;
    let text = || String::from_utf8_lossy(&answer.payload).into_owned();
    match answer.kind {
        Kind::Panicked => Err(TaskError::panicked(Box::new(text()))),
        Kind::Untranslatable => Err(TaskError::Untranslatable(text())),
        _ => read_outputs::<J>(jobs.len(), &answer.payload),
    }
}

fn read_outputs<J: RemoteJob>(count: usize, payload: &[u8]) -> Outcome<Vec<J::Output>> {
    let unreadable = |what: &str| {
        TaskError::Untranslatable(format!(
            "the output of the job {} could not be read ({what}); does its `Deserialize` take what its `Serialize` gives?",
            J::NAME
        ))
    };
    let mut outputs = Vec::with_capacity(count);
    let mut rest = payload;
    for _ in 0..count {
        let (output, behind) =
            postcard::take_from_bytes(rest).map_err(|error| unreadable(&error.to_string()))?;
        outputs.push(output);
        rest = behind;
    }
    if rest.is_empty() {
        Ok(outputs)
    } else {
        Err(unreadable("there is more of it"))
    }
}
