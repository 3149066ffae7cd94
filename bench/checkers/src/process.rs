//! Processes that may take too long, write too much, or abort.

use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::stop::{Stop, interrupted};

/// How a process ended, and what it wrote.
#[derive(Debug)]
pub struct Ended {
    /// None: it was killed, for it took too long.
    pub status: Option<ExitStatus>,
    pub output: String,
    pub errors: String,
}

impl Ended {
    pub fn good(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// Why it is not good, in a line.
    pub fn why(&self) -> String {
        let Some(status) = self.status else {
            return "killed, for it did not end in time".to_owned();
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
    let cannot = |error| Stop::failed(&format!("cannot run {:?}", command.get_program()), error);
    let (mut output, to_output) = pipe().map_err(cannot)?;
    let (mut errors, to_errors) = pipe().map_err(cannot)?;
    let name = format!("cannot run {:?}", command.get_program());
    let mut child = command
        .stdin(Stdio::null())
        .stdout(to_output)
        .stderr(to_errors)
        .spawn()
        .map_err(|error| Stop::failed(&name, error))?;
    let status = wait(&mut child, Instant::now() + most)?;
    Ok(Ended {
        status,
        output: text(&mut output),
        errors: text(&mut errors),
    })
}

/// Files take any amount before they are read.
fn pipe() -> std::io::Result<(File, File)> {
    let file = tempfile::tempfile()?;
    let other = file.try_clone()?;
    Ok((file, other))
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
        if let Some(status) = ended.map_err(|error| Stop::failed("cannot wait", error))? {
            return if interrupted() {
                Err(Stop::Interrupted)
            } else {
                Ok(Some(status))
            };
        }
        if interrupted() || Instant::now() > until {
            // It may have ended just now.
            drop(child.kill());
            drop(child.wait());
            return if interrupted() {
                Err(Stop::Interrupted)
            } else {
                Ok(None)
            };
        }
        thread::sleep(Duration::from_millis(10));
    }
}
