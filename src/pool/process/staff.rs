//! A crew of processes: start the first of them, and have one of them do a task.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::builder::Settings;
use super::channel::Incoming;
use super::crew::{Crew, Employer, Member};
use super::errors::{Lost, LostCause, StartError};
use super::nurse::{self, Bell};
use super::registry;
use super::remote::RemoteJob;
use super::wire::Kind;
use super::worker::Worker;
use crate::pool::TaskError;
use crate::pool::slot::Outcome;

pub(super) struct Staff {
    settings: Settings,
    nurse: Bell,
}

impl Employer for Staff {
    type Worker = Worker;

    fn start(&self) -> Result<Worker, StartError> {
        Worker::start(&self.settings)
    }

    fn has_changed(&self) {
        self.nurse.ring();
    }
}

impl Crew<Staff> {
    /// A crew of nobody yet, and its nurse.
    pub(super) fn with_nurse(
        size: usize,
        settings: Settings,
    ) -> io::Result<(Arc<Self>, JoinHandle<()>)> {
        let (bell, ear) = nurse::bell()?;
        let staff = Staff {
            settings,
            nurse: bell,
        };
        let crew = Arc::new(Self::new(size, staff));
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
            for _ in 0..self.size() {
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
                    Ok(worker) => self.admit(worker),
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

    /// Kills all workers, busy or not.
    pub(super) fn kill(&self) {
        for process in self.close() {
            process.kill();
        }
        self.dismiss();
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
        let outcome = ask(worker, jobs, self.employer.settings.deadline);
        if !matches!(outcome, Err(TaskError::Lost(_))) {
            self.give_back(hired.worker.take().expect("hired above"));
        }
        outcome
    }
}

/// A worker at work. One whose user fails, or panics in foreign code that reads or writes bytes, is not given back: who
/// knows what it still has to say.
struct Hired<'a> {
    crew: &'a Crew<Staff>,
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
    let job = registry::id(J::NAME);
    if !worker.knows(job) {
        return Err(TaskError::Untranslatable(format!(
            "the worker program does not know the job {}: build it from the same sources",
            J::NAME
        )));
    }
    let (bytes, beside) = worker.begin();
    for job in jobs {
        registry::append(job, bytes, beside).map_err(|error| {
            TaskError::Untranslatable(format!(
                "the job {} could not be serialised ({error})",
                J::NAME
            ))
        })?;
    }
    let pid = worker.pid();
    let lost = |cause| {
        TaskError::Lost(Lost {
            pid: Some(pid),
            cause,
        })
    };
    let answer = worker.ask(job, jobs.len() as u64, deadline).map_err(lost)?;
    let text = || String::from_utf8_lossy(answer.payload).into_owned();
    match answer.header.kind {
        Kind::Panicked => Err(TaskError::panicked(Box::new(text()))),
        Kind::Untranslatable => Err(TaskError::Untranslatable(text())),
        _ => read_outputs::<J>(jobs.len(), answer),
    }
}

fn read_outputs<J: RemoteJob>(count: usize, mut answer: Incoming<'_>) -> Outcome<Vec<J::Output>> {
    let unreadable = |what: &str| {
        TaskError::Untranslatable(format!(
            "the output of the job {} could not be read ({what}); does its `Deserialize` take what its `Serialize` gives?",
            J::NAME
        ))
    };
    let mut outputs = Vec::with_capacity(count);
    let mut rest = answer.payload;
    for _ in 0..count {
        let (output, behind) = registry::take(rest, &mut answer.beside)
            .map_err(|error| unreadable(&error.to_string()))?;
        outputs.push(output);
        rest = behind;
    }
    if rest.is_empty() {
        Ok(outputs)
    } else {
        Err(unreadable("there is more of it"))
    }
}
