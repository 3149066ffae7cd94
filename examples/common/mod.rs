//! What the example programs share: arguments, how they end, random numbers, work to measure.
//!
//! Exit statuses: 0 done, 1 failed, 2 wrong arguments, 3 something that it needs is not installed, 130 stopped by Ctrl-C before it was done.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each program is compiled with its own copy of this file, and none uses all of it"
)]

pub mod squares;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, IsTerminal, Write};
use std::ops::RangeInclusive;
use std::process::{self, ExitCode};
use std::str::FromStr;

/// Why a program ends before it is done.
#[derive(Debug)]
pub enum End {
    /// The arguments ask for help only.
    Help,
    /// The arguments are wrong.
    Usage(String),
    /// Something else went wrong.
    Failed(String),
    /// Something that the program needs, and that this machine has not.
    Unavailable(String),
    /// Ctrl-C, before it was done.
    Interrupted(String),
    /// Whoever read the output does not want more of it (`… | head`).
    OutputClosed,
}

impl From<lexopt::Error> for End {
    fn from(error: lexopt::Error) -> Self {
        End::Usage(error.to_string())
    }
}

impl From<racecourse::pool::BuildError> for End {
    fn from(error: racecourse::pool::BuildError) -> Self {
        End::Failed(error.to_string())
    }
}

#[cfg(unix)]
impl From<racecourse::pool::process::StartError> for End {
    fn from(error: racecourse::pool::process::StartError) -> Self {
        End::Failed(error.to_string())
    }
}

impl From<racecourse::pool::TaskError> for End {
    fn from(error: racecourse::pool::TaskError) -> Self {
        End::Failed(error.to_string())
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => End::OutputClosed,
            _ => End::Failed(format!("cannot write the output: {error}")),
        }
    }
}

/// Runs a program's `body` on its arguments and turns its end into an exit status.
pub fn run(help: &str, body: impl FnOnce(lexopt::Parser) -> Result<(), End>) -> ExitCode {
    let name = env!("CARGO_CRATE_NAME");
    let complain = |message: &dyn fmt::Display| {
        // Nothing is left to be done if standard error is closed too.
        let _ = writeln!(io::stderr(), "{name}: {message}");
    };
    match body(lexopt::Parser::from_env()) {
        Ok(()) | Err(End::OutputClosed) => ExitCode::SUCCESS,
        Err(End::Help) => {
            // As with any output: a closed one is no error.
            let _ = io::stdout().write_all(help.trim_start().as_bytes());
            ExitCode::SUCCESS
        }
        Err(End::Usage(message)) => {
            complain(&format_args!("{message}\nSee `{name} --help`."));
            ExitCode::from(2)
        }
        Err(End::Failed(message)) => {
            complain(&message);
            ExitCode::FAILURE
        }
        Err(End::Unavailable(message)) => {
            complain(&message);
            ExitCode::from(3)
        }
        Err(End::Interrupted(message)) => {
            complain(&message);
            // 128 and the number of the signal, as a shell has it.
            ExitCode::from(130)
        }
    }
}

/// The value of `option`, which must be `expected`: for example "a whole number from 1 to 1000".
pub fn value<T: FromStr>(
    arguments: &mut lexopt::Parser,
    option: &str,
    expected: &str,
    accept: impl FnOnce(&T) -> bool,
) -> Result<T, End> {
    let given = arguments
        .value()
        .map_err(|_| End::Usage(format!("{option} needs a value: {expected}")))?;
    given
        .to_str()
        .and_then(|text| text.parse().ok())
        .filter(accept)
        .ok_or_else(|| End::Usage(format!("{option} {given:?}: give {expected}")))
}

/// The most threads that a program takes; far more than help anybody.
pub const MOST_THREADS: usize = 1024;

/// The value of `option`, a whole number in `range`.
pub fn whole<T>(
    arguments: &mut lexopt::Parser,
    option: &str,
    range: RangeInclusive<T>,
) -> Result<T, End>
where
    T: FromStr + fmt::Display + PartialOrd,
{
    let expected = format!("a whole number from {} to {}", range.start(), range.end());
    value(arguments, option, &expected, |n| range.contains(n))
}

/// The value of `--threads`.
pub fn threads(arguments: &mut lexopt::Parser) -> Result<usize, End> {
    whole(arguments, "--threads", 1..=MOST_THREADS)
}

/// On what a program's tasks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    Threads(usize),
    #[cfg(unix)]
    Processes(usize),
}

impl Workers {
    /// A thread for each core.
    pub fn usual() -> Self {
        Self::Threads(cores())
    }

    /// The value of `--processes`.
    pub fn processes(arguments: &mut lexopt::Parser) -> Result<Self, End> {
        let processes = whole(arguments, "--processes", 1..=MOST_THREADS)?;
        #[cfg(unix)]
        return Ok(Self::Processes(processes));
        #[cfg(not(unix))]
        return Err(End::Usage(format!(
            "--processes {processes}: pools of processes need Unix; use --threads here"
        )));
    }
}

/// `on_pool!(workers, |pool| result)`: a pool of these workers, of whichever kind. Returns from its function if there can be
/// none.
#[allow(unused_macros, reason = "as above")]
macro_rules! on_pool {
    ($workers:expr, |$pool:ident| $result:expr) => {
        match $workers {
            $crate::common::Workers::Threads(threads) => {
                let $pool = racecourse::pool::ThreadPool::try_new(threads)?;
                $result
            }
            #[cfg(unix)]
            $crate::common::Workers::Processes(processes) => {
                let $pool = racecourse::pool::ProcessPool::try_new(processes)?;
                $result
            }
        }
    };
}
#[allow(unused_imports, reason = "as above")]
pub(crate) use on_pool;

impl fmt::Display for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threads(n) => write!(f, "{n} thread(s)"),
            #[cfg(unix)]
            Self::Processes(n) => write!(f, "{n} process(es)"),
        }
    }
}

/// The number of cores, or 1 where it is unknown.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Prints one line on standard output; when nobody reads it any more, ends the program at once and quietly.
///
/// At once, because tasks may be running that would take long and that nobody waits for.
pub fn print_line(line: impl fmt::Display) -> Result<(), End> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => process::exit(0),
        result => Ok(result?),
    }
}

/// Prints one line on standard error, for the person and not for the next program in the pipe.
pub fn note(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Whether standard output is a terminal that shows Unicode.
pub fn unicode_terminal() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_default()
        .to_lowercase();
    io::stdout().is_terminal()
        && (cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8"))
}

/// A whole number with its digits in groups of three: 20,000,000.
pub fn grouped(n: impl Into<u128>) -> String {
    let digits = n.into().to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// SplitMix64 (Steele, Lea and Flood 2014): small, good enough for an example, and the same on every machine.
pub struct Random(u64);

impl Random {
    /// The sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed that differs from run to run, from the standard library's randomly keyed hasher.
    pub fn seed() -> u64 {
        // Short enough to be typed again.
        RandomState::new().hash_one(()) % 1_000_000
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        // The remainder prefers small numbers by less than one in 10^11 for the ranges used here.
        low + self.next() % (high - low + 1)
    }
}
