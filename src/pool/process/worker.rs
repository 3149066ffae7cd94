//! One worker process, as its pool sees it: start it, ask it, end it.

use std::io;
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::builder::Settings;
use super::channel::{Broken, Channel, Incoming, Outgoing, Patience};
use super::crew::Member;
use super::enter::VARIABLE;
use super::errors::{LostCause, StartError};
use super::shared_memory::SharedBytes;
use super::wire::{Header, Kind, VERSION};
use crate::parking_lot::Mutex;

/// How long a worker that is not needed any more may take to end by itself.
const FAREWELL: Duration = Duration::from_secs(1);

/// The operating system's side of a worker. Shared with whoever may kill it while its user waits for an answer.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) pid: u32,
    child: Mutex<Child>,
    /// The same socket as its channel's, to see that it was closed.
    socket: OwnedFd,
}

impl Process {
    pub(super) fn socket(&self) -> &OwnedFd {
        &self.socket
    }

    fn has_ended(&self) -> bool {
        !matches!(self.child.lock().try_wait(), Ok(None))
    }

    /// Kills it. A process that has been waited for is left alone, for its number may be another's by now.
    pub(super) fn kill(&self) {
        // An error says that it has ended already.
        let _ = self.child.lock().kill();
    }

    /// Waits for its end, at most `patience`; then kills it.
    fn end_within(&self, patience: Duration) -> io::Result<ExitStatus> {
        let start = Instant::now();
        let mut pause = Duration::from_micros(50);
        loop {
            if let Some(status) = self.child.lock().try_wait()? {
                return Ok(status);
            }
            if start.elapsed() >= patience {
                let mut child = self.child.lock();
                child.kill()?;
                return child.wait();
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(10));
        }
    }
}

#[derive(Debug)]
pub(super) struct Worker {
    channel: Channel,
    message: Outgoing,
    process: Arc<Process>,
    /// The jobs that it knows, sorted.
    jobs: Vec<u64>,
    /// How many requests it was sent, and how many it may be sent.
    requests: u64,
    most_requests: Option<NonZero<u64>>,
}

impl Worker {
    /// Starts a process and waits until it is a worker.
    pub(super) fn start(settings: &Settings) -> Result<Self, StartError> {
        static STARTED: AtomicU64 = AtomicU64::new(0);

        let (ours, theirs) = UnixStream::pair().map_err(StartError::System)?;
        let watched = ours.try_clone().map_err(StartError::System)?;
        // ORDERING: only uniqueness matters.
        let count = STARTED.fetch_add(1, Ordering::Relaxed);
        let token = format!("{}-{count}", std::process::id());
        let mut command = Command::new(&settings.start.program);
        command
            .args(&settings.start.arguments)
            .env(VARIABLE, &token)
            .stdin(OwnedFd::from(theirs))
            // So that Ctrl-C reaches the program only, which decides what becomes of its workers.
            .process_group(0);
        if settings.start.silent {
            command.stdout(Stdio::null());
        }
        if let Some(name) = &settings.start.shown_as {
            command.arg0(name);
        }
        let child = command.spawn().map_err(|source| StartError::Spawn {
            program: settings.start.program.clone(),
            source,
        })?;
        // With it goes our copy of the worker's end, so that the worker's death is an end of file.
        drop(command);
        let process = Arc::new(Process {
            pid: child.id(),
            child: Mutex::new(child),
            socket: watched.into(),
        });
        let mut worker = Self {
            channel: Channel::new(ours.into()),
            message: Outgoing::new(),
            process,
            jobs: Vec::new(),
            requests: 0,
            most_requests: settings.tasks_per_worker,
        };
        match worker.greet(&token, settings.start_timeout) {
            Ok(()) => Ok(worker),
            Err(broken) => Err(worker.not_started(settings, broken)),
        }
    }

    fn greet(&mut self, token: &str, timeout: Duration) -> Result<(), Broken> {
        let process = &self.process;
        let mut gone = || process.has_ended();
        let mut patience = Patience {
            deadline: Instant::now().checked_add(timeout),
            gone: Some(&mut gone),
        };
        self.message.begin_anew(token.as_bytes());
        self.channel
            .send(Header::new(Kind::Hello), &mut self.message, &mut patience)?;
        let Incoming {
            header: ready,
            payload,
            ..
        } = self.channel.receive(&mut patience)?;
        if ready.kind != Kind::Ready {
            return Err(Broken::Garbage(format!("{:?} at first", ready.kind)));
        }
        if ready.job != VERSION {
            return Err(Broken::Garbage(format!(
                "it speaks version {} of the protocol, not {VERSION}",
                ready.job
            )));
        }
        self.jobs = payload
            .chunks_exact(8)
            .map(|id| u64::from_le_bytes(id.try_into().expect("eight bytes")))
            .collect();
        Ok(())
    }

    fn not_started(self, settings: &Settings, broken: Broken) -> StartError {
        let program = settings.start.program.clone();
        match broken {
            // Either it ended, or it closed its standard input: then it is no worker, and is not waited for.
            Broken::Closed => match self.process.end_within(FAREWELL) {
                Ok(status) => StartError::EndedEarly { program, status },
                Err(error) => StartError::System(error),
            },
            Broken::Late => {
                self.end_now();
                StartError::Silent {
                    program,
                    waited: settings.start_timeout,
                }
            }
            Broken::Garbage(said) => {
                self.end_now();
                StartError::NoWorker { program, said }
            }
            Broken::System(error) => {
                self.end_now();
                StartError::System(error)
            }
        }
    }

    pub(super) fn knows(&self, job: u64) -> bool {
        self.jobs.binary_search(&job).is_ok()
    }

    /// The space for the request's payload.
    pub(super) fn begin(&mut self) -> (&mut Vec<u8>, &mut Vec<SharedBytes>) {
        self.message.begin()
    }

    /// Sends what was begun, and waits for the answer.
    pub(super) fn ask(
        &mut self,
        job: u64,
        count: u64,
        deadline: Option<Duration>,
    ) -> Result<Incoming<'_>, LostCause> {
        self.requests += 1;
        let request = Header {
            count,
            number: self.requests,
            job,
            ..Header::new(Kind::Run)
        };
        let process = Arc::clone(&self.process);
        let mut gone = || process.has_ended();
        let mut patience = Patience {
            deadline: deadline.and_then(|limit| Instant::now().checked_add(limit)),
            gone: Some(&mut gone),
        };
        // Two statements: what is borrowed for the answer must not be for the errors.
        let sent = self.channel.send(request, &mut self.message, &mut patience);
        let received = sent.and_then(|()| self.channel.receive(&mut patience));
        let answered = received.and_then(|answer| {
            let header = answer.header;
            let is_answer = matches!(
                header.kind,
                Kind::Done | Kind::Panicked | Kind::Untranslatable
            );
            if is_answer && header.number == request.number && header.count == request.count {
                Ok(answer)
            } else {
                Err(Broken::Garbage("an answer to something else".to_owned()))
            }
        });
        answered.map_err(|broken| match broken {
            // Killed if it only closed the socket.
            Broken::Closed => match process.end_within(FAREWELL) {
                Ok(status) => LostCause::Ended(status),
                Err(error) => LostCause::Connection(error),
            },
            Broken::Late => LostCause::Deadline(deadline.expect("only a deadline passes")),
            Broken::Garbage(what) => LostCause::Garbage(what),
            Broken::System(error) => LostCause::Connection(error),
        })
    }
}

impl Member for Worker {
    type Shadow = Arc<Process>;

    fn pid(&self) -> u32 {
        self.process.pid
    }

    fn shadow(&self) -> Arc<Process> {
        Arc::clone(&self.process)
    }

    fn is_well(&self) -> bool {
        // It lives, and has not said anything unasked.
        !self.channel.is_disturbed()
    }

    fn is_worn_out(&self) -> bool {
        self.most_requests
            .is_some_and(|most| self.requests >= most.get())
    }

    fn stop(&mut self) {
        self.message.begin();
        let mut patience = Patience {
            deadline: Some(Instant::now()),
            gone: None,
        };
        // One that does not listen any more is killed in the end.
        let _ = self
            .channel
            .send(Header::new(Kind::Stop), &mut self.message, &mut patience);
    }

    fn ended(self) {
        let _ = self.process.end_within(FAREWELL);
    }

    fn end_now(self) {
        let _ = self.process.end_within(Duration::ZERO);
    }
}
