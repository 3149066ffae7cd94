//! How a command ends.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::screen::{Screen, Tone};

/// What a command that ran to its end says to the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Found as declared, or done.
    Good = 0,
    /// Something is not as declared.
    Different = 1,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// Why a command did not run to its end.
#[derive(Debug)]
pub enum Stop {
    /// The command line asks for what is not there: status 2.
    Usage(String),
    /// It failed: status 1.
    Failed(String),
    /// Standard output could not be written: status 1, or 141 and no word if its reader has closed it.
    Output(io::Error),
}

/// What a shell shows for a program that wrote to a closed pipe (128 + SIGPIPE).
const CLOSED_PIPE: u8 = 141;
/// What a shell shows for an interrupted program (128 + SIGINT).
const INTERRUPTED: i32 = 130;

impl Stop {
    pub fn usage(message: impl Display) -> Self {
        Self::Usage(message.to_string())
    }

    pub fn failed(message: impl Display) -> Self {
        Self::Failed(message.to_string())
    }

    /// Says on standard error what is to be said.
    pub fn report(self, screen: &Screen) -> ExitCode {
        let (message, status) = match self {
            Self::Usage(message) => (message, 2),
            Self::Failed(message) => (message, 1),
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ExitCode::from(CLOSED_PIPE);
            }
            Self::Output(error) => (format!("cannot write the output: {error}"), 1),
        };
        screen.complain(&format!(
            "{} {message}",
            screen.paint_error("error:", Tone::Bad)
        ));
        ExitCode::from(status)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// The progress bar on the screen, to be left whole when the program is interrupted.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// A bar on standard error, if that is a terminal.
pub fn bar(total: u64, template: &str) -> ProgressBar {
    shown(ProgressBar::new(total), template)
}

/// The same for work of which nobody knows how long it takes.
pub fn spinner(template: &str) -> ProgressBar {
    shown(ProgressBar::new_spinner(), template)
}

fn shown(bar: ProgressBar, template: &str) -> ProgressBar {
    bar.set_style(ProgressStyle::with_template(template).expect("a valid template"));
    // The bar's clock is a thread, and without one it does not go; but where threads are refused, it panics.
    if !bar.is_hidden() && std::thread::Builder::new().spawn(|| {}).is_ok() {
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    *BAR.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(bar.clone());
    bar
}

/// Ctrl-C: the bar stays as it is, saying how far it went, and the shell begins a new line. Children of the
/// program notice its end by their closed standard input.
pub fn on_interrupt() {
    // It can fail only if a handler is there already; then the default one ends the program as well.
    let _ = ctrlc::set_handler(|| {
        if let Ok(mut bar) = BAR.try_lock()
            && let Some(bar) = bar
                .take()
                .filter(|bar| !bar.is_finished() && !bar.is_hidden())
        {
            bar.abandon();
            // The bar fills its line, so that the terminal has written its ^C below: it is not to be cleared.
            let _ = writeln!(io::stderr());
        }
        std::process::exit(INTERRUPTED);
    });
}
