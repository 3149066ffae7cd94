//! The workers of one pool: who is idle, who is busy, and who takes the place of one that is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
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
    /// Never held while a process is started or waited for.
    roll: Mutex<Roll>,
    nurse: Bell,
}

#[derive(Default)]
struct Roll {
    /// At most one worker a thread of the pool, so whoever needs one finds one, unless it could not be started.
    idle: Vec<Worker>,
    /// All that live, busy or idle, by their process ids.
    living: BTreeMap<u32, Arc<Process>>,
    /// Those of them that have died in somebody's hands: whoever has them sees to it, not the nurse.
    dying: BTreeSet<u32>,
    /// No worker is needed any more.
    closed: bool,
}

impl Roll {
    fn forget(&mut self, pid: u32) {
        self.living.remove(&pid);
        self.dying.remove(&pid);
    }
}

impl Crew {
    /// A crew of nobody yet, and its nurse.
    pub(super) fn new(size: usize, settings: Settings) -> io::Result<(Arc<Self>, JoinHandle<()>)> {
        let (bell, ear) = nurse::bell()?;
        let crew = Arc::new(Self {
            settings,
            size,
            roll: Mutex::new(Roll::default()),
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
                    Ok(worker) => self.roll.lock().idle.push(worker),
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
        let process = Arc::clone(&worker.process);
        self.roll.lock().living.insert(process.pid, process);
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
            // A statement of its own: the lock must be free again when a worker is started.
            let idle = self.roll.lock().idle.pop();
            match idle {
                None => return self.hire(),
                Some(worker) if worker.is_well() => return Ok(worker),
                // It died, or was killed, while it had nothing to do: that costs nobody a task.
                Some(worker) => self.replace(worker),
            }
        }
    }

    fn give_back(&self, worker: Worker) {
        let limit = self.settings.tasks_per_worker;
        if limit.is_some_and(|limit| worker.requests >= limit.get()) {
            self.roll.lock().forget(worker.process.pid);
            self.see_off(worker);
            self.refill();
        } else {
            self.admit(worker);
        }
    }

    /// Makes a worker idle; or ends it, if it has died since its answer, is one too many, or is not needed any more.
    fn admit(&self, worker: Worker) {
        let pid = worker.process.pid;
        let mut roll = self.roll.lock();
        if roll.dying.contains(&pid) {
            drop(roll);
            self.replace(worker);
        } else if roll.closed || roll.living.len() > self.size {
            // One too many: a task that found no idle worker started one, while the nurse did so.
            roll.forget(pid);
            drop(roll);
            self.see_off(worker);
        } else {
            roll.idle.push(worker);
        }
    }

    fn replace(&self, worker: Worker) {
        self.roll.lock().forget(worker.process.pid);
        self.nurse.ring();
        worker.end_now();
        self.refill();
    }

    fn see_off(&self, mut worker: Worker) {
        self.nurse.ring();
        worker.stop();
        worker.ended();
    }

    /// Starts a worker in place of one that is gone, so that the next task need not wait for it.
    fn refill(&self) {
        if self.roll.lock().closed {
            return;
        }
        // A failure is told to the next task, which tries again.
        if let Ok(worker) = self.hire() {
            self.admit(worker);
        }
    }

    /// The workers whose end is news; `None` once there will be no others.
    pub(super) fn watched(&self) -> Option<Vec<Arc<Process>>> {
        let roll = self.roll.lock();
        if roll.closed {
            return None;
        }
        let news = |process: &&Arc<Process>| !roll.dying.contains(&process.pid);
        Some(roll.living.values().filter(news).cloned().collect())
    }

    /// The nurse says that this worker has ended: if it was idle, another takes its place.
    pub(super) fn found_dead(&self, pid: u32) {
        let mut roll = self.roll.lock();
        if let Some(at) = roll
            .idle
            .iter()
            .position(|worker| worker.process.pid == pid)
        {
            let worker = roll.idle.remove(at);
            drop(roll);
            self.replace(worker);
        } else if roll.living.contains_key(&pid) {
            roll.dying.insert(pid);
        }
    }

    /// Ends the idle workers, and lets the busy ones end after their task.
    pub(super) fn dismiss(&self) {
        let mut roll = self.roll.lock();
        roll.closed = true;
        let mut leaving = std::mem::take(&mut roll.idle);
        for worker in &leaving {
            roll.forget(worker.process.pid);
        }
        drop(roll);
        self.nurse.ring();
        // All at once, and then wait for each.
        for worker in &mut leaving {
            worker.stop();
        }
        for worker in leaving {
            worker.ended();
        }
    }

    /// Kills all workers, busy or not.
    pub(super) fn kill(&self) {
        let mut roll = self.roll.lock();
        // So that none is replaced.
        roll.closed = true;
        for process in roll.living.values() {
            process.kill();
        }
        drop(roll);
        self.dismiss();
    }

    pub(super) fn pids(&self) -> Vec<u32> {
        self.roll.lock().living.keys().copied().collect()
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
