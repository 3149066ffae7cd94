//! Why the program does not run to its end.

use std::fmt::Display;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

#[derive(Debug)]
pub enum Stop {
    /// The command line asks for what there is not: status 2.
    Usage(String),
    /// Status 1.
    Failed(String),
    /// Status 130.
    Interrupted,
}

impl Stop {
    pub fn failed(what: &str, why: impl Display) -> Self {
        Self::Failed(format!("{what}: {why}"))
    }

    /// Says why, on standard error.
    pub fn report(self) -> ExitCode {
        let (message, status) = match self {
            Self::Usage(message) => (message, 2),
            Self::Failed(message) => (message, 1),
            Self::Interrupted => ("interrupted".to_owned(), 130),
        };
        eprintln!("error: {message}");
        status.into()
    }
}

/// From now on an interrupt ends the program in order.
pub fn on_interrupt() {
    let set = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
    // Without it an interrupt ends the program as it ends any other.
    drop(set);
}

pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
