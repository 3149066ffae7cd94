//! Why the program does not run to its end.

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

#[derive(Debug)]
pub(crate) enum Stop {
    /// The command line asks for what there is not: status 2.
    Usage(String),
    /// Status 1.
    Failed(String),
    /// Standard output cannot be written: status 1, or 141 and no word if its reader has closed it.
    Output(io::Error),
    /// Status 130. What was measured has been told.
    Interrupted,
}

impl Stop {
    pub(crate) fn failed(what: &str, why: impl Display) -> Self {
        Self::Failed(format!("{what}: {why}"))
    }

    /// Says why, on standard error.
    pub(crate) fn report(self) -> ExitCode {
        let (message, status) = match self {
            Self::Usage(message) => (message, 2),
            Self::Failed(message) => (message, 1),
            Self::Output(error) if error.kind() == ErrorKind::BrokenPipe => return 141.into(),
            Self::Output(error) => (format!("cannot write to standard output: {error}"), 1),
            Self::Interrupted => (
                "interrupted: fewer rounds than were asked for".to_owned(),
                130,
            ),
        };
        eprintln!("error: {message}");
        status.into()
    }
}

/// From now on an interrupt ends the program in order.
pub(crate) fn on_interrupt() {
    let set = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
    // Without it an interrupt ends the program as it ends any other.
    drop(set);
}

pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
