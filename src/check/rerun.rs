//! What the environment asks of [`check`](super::check): to replay one execution, or to keep those that fail.
//!
//! | Variable | Effect |
//! |---|---|
//! | `RACECOURSE_REPLAY=TOKEN` | only that execution is run |
//! | `RACECOURSE_FAILURES=FILE` | failing executions are added to the file, and tried first the next time |
//!
//! Each says on standard error that it is in effect, and neither makes a check pass that would not without it.

mod kept;

use core::panic::Location;
use std::cell::Cell;

use super::checker::{Checker, Scenario};
use super::pages;
use super::replay::ReplayToken;
use super::report::{Report, Verdict};
use super::timeline::TextOptions;
use kept::Kept;

const REPLAY: &str = "RACECOURSE_REPLAY";
const FAILURES: &str = "RACECOURSE_FAILURES";

/// The test that this check is a part of.
#[derive(Clone, Debug)]
pub(super) struct Test {
    /// What `cargo test` takes, if the test has a name.
    filter: Option<String>,
    /// What its failures are kept under.
    name: String,
    place: &'static Location<'static>,
}

std::thread_local! {
    /// How many checks this thread has begun: a test may have several.
    static BEGUN: Cell<u32> = const { Cell::new(0) };
}

impl Test {
    /// The test harness gives its threads the names of their tests.
    pub(super) fn current(caller: &'static Location<'static>) -> Self {
        let nth = BEGUN.get() + 1;
        BEGUN.set(nth);
        let program = std::env::current_exe().ok();
        let program = program
            .as_deref()
            .and_then(std::path::Path::file_stem)
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        // Cargo adds a hash, which changes with the sources.
        let program = match program.rsplit_once('-') {
            Some((name, hash)) if hash.len() == 16 => name.to_owned(),
            _ => program,
        };
        let thread = std::thread::current();
        let filter = thread
            .name()
            .filter(|name| *name != "main")
            .map(str::to_owned);
        let name = match &filter {
            Some(test) if nth == 1 => format!("{program} {test}"),
            Some(test) => format!("{program} {test} #{nth}"),
            None => format!("{program} {}:{}", caller.file(), caller.line()),
        };
        Self {
            filter,
            name,
            place: caller,
        }
    }

    fn command(&self) -> String {
        match &self.filter {
            Some(test) => format!("{REPLAY}={{}} cargo test {test}"),
            None => format!("{REPLAY}={{}} cargo test"),
        }
    }
}

/// A variable that is set and not empty.
fn asked(variable: &str) -> Result<Option<String>, String> {
    match std::env::var(variable) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(format!(
            "{variable} is set, and cannot be read ({error}); unset it"
        )),
    }
}

/// Checks the scenario as the environment asks for it.
///
/// # Errors
/// What the test is to fail with.
pub(super) fn check(test: &Test, scenario: &Scenario) -> Result<(), String> {
    let text = |report: &Report| {
        let command = test.command();
        let mut text = report.render(&TextOptions::new().replay(&command));
        if let Some(line) = pages::page(report, test.place, &command) {
            text.push_str(&line);
            text.push('\n');
        }
        text
    };
    if let Some(token) = asked(REPLAY)? {
        eprintln!(
            "racecourse: {REPLAY} is in effect: one execution of `{}` is replayed, and nothing else is checked",
            test.name
        );
        let token: ReplayToken = token
            .parse()
            .map_err(|error| format!("{REPLAY}: {error}; or unset it"))?;
        return Err(text(&Checker::new().follow(scenario, &token)));
    }
    let kept = match asked(FAILURES)? {
        None => None,
        Some(file) => {
            eprintln!(
                "racecourse: {FAILURES} is in effect: failures of `{}` are kept in {file}, and tried first",
                test.name
            );
            Some(Kept::new(&file, FAILURES))
        }
    };
    if let Some(kept) = &kept {
        for token in kept.of(&test.name)? {
            let report = Checker::new().follow(scenario, &token);
            if *report.verdict() == Verdict::Failed {
                return Err(text(&report));
            }
            eprintln!("racecourse: {token} fails no more, and is kept no longer");
            kept.remove(&test.name, &token)?;
        }
    }
    let report = Checker::new().explain(true).search(scenario, None);
    if let (Some(kept), Some(token)) = (&kept, report.failure().and_then(|f| f.replay())) {
        kept.add(&test.name, token)?;
    }
    match report.verdict() {
        Verdict::Verified => Ok(()),
        _ => Err(text(&report)),
    }
}
