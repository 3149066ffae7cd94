//! Processes that may take too long, write too much, or abort.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::stop::{Stop, interrupted};

/// How a process ended, and what it wrote.
#[derive(Debug)]
pub struct Ended {
    /// None: it was killed, for it took too long.
    pub status: Option<ExitStatus>,
    pub output: String,
    pub errors: String,
    pub seconds: f64,
}

impl Ended {
    pub fn good(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// Why it is not good, in a line.
    pub fn why(&self) -> String {
        let Some(status) = self.status else {
            return format!("ended after {:.0} s without an answer", self.seconds);
        };
        let mut lines = self.errors.lines().map(str::trim);
        match lines.rfind(|line| !line.is_empty()) {
            Some(last) => format!("{status}; {last}"),
            None => status.to_string(),
        }
    }
}

/// Runs it to its end, or kills it after this time or at an interrupt.
pub fn run(command: &mut Command, most: Duration) -> Result<Ended, Stop> {
    let name = format!("cannot run {:?}", command.get_program());
    let start = Instant::now();
    let mut output = tempfile::tempfile().map_err(|error| Stop::failed(&name, error))?;
    let mut errors = tempfile::tempfile().map_err(|error| Stop::failed(&name, error))?;
    let begin = || -> io::Result<Child> {
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(errors.try_clone()?);
        // A group of its own, so that what it has started itself ends with it.
        command.process_group(0);
        command.spawn()
    };
    let mut child = { begin }().map_err(|error| Stop::failed(&name, error))?;
    let status = wait(&mut child, start + most)?;
    Ok(Ended {
        status,
        output: text(&mut output),
        errors: text(&mut errors),
        seconds: start.elapsed().as_secs_f64(),
    })
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    // What cannot be read is not there.
    let read = file.rewind().and_then(|()| file.read_to_end(&mut bytes));
    drop(read);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn wait(child: &mut Child, until: Instant) -> Result<Option<ExitStatus>, Stop> {
    loop {
        let ended = child.try_wait();
        let ended = ended.map_err(|error| Stop::failed("cannot wait", error))?;
        let interrupted = interrupted();
        if ended.is_some() && !interrupted {
            return Ok(ended);
        }
        if interrupted || Instant::now() > until {
            // It may have ended just now.
            if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            drop(child.wait());
            return if interrupted {
                Err(Stop::Interrupted)
            } else {
                Ok(None)
            };
        }
        thread::sleep(Duration::from_millis(5));
    }
}
