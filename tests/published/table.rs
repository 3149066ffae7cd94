//! A row, and how it is checked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use racecourse::check::{Checker, Engine, FailureKind, Report, Verdict};

use crate::litmus_text::Program;

/// `None`: something that the threads took for granted did not hold, and the execution is not counted.
///
/// So an assumption costs no loop, and one that never holds is no hang.
pub(crate) type Scenario = fn() -> Option<()>;

/// What became of a test of theirs.
#[derive(Clone)]
pub(crate) enum Found {
    /// Verified, with exactly the published number of complete executions.
    Here(Scenario),
    /// The same, as text.
    Text(Program),
    /// Verified, with this many executions; why they publish another number.
    Differs(u64, Scenario, &'static str),
    /// The same, as text.
    TextDiffers(u64, Program, &'static str),
    /// Verified, with whatever number of executions: they publish only that it passes.
    Passes(Scenario),
    /// It must fail, and like this.
    Fails(FailureKind, Scenario),
    /// The same, as text.
    TextFails(FailureKind, Program),
    /// Like `Here`, but only with `RACECOURSE_SOAK` set.
    Soak(Scenario),
    /// There is no scenario, and this is why.
    Not(&'static str),
}

impl Found {
    fn why_not(&self) -> &str {
        match self {
            Self::Not(why) => why,
            _ => "large; set RACECOURSE_SOAK to run it",
        }
    }
}

/// A test of theirs: its name, the published number of executions (0 where there is none), what became of it.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) published: u64,
    pub(crate) found: Found,
}

pub(crate) fn row(name: &str, published: u64, found: Found) -> Row {
    Row {
        name: name.to_owned(),
        published,
        found,
    }
}

/// One reason for several tests.
pub(crate) fn not(names: &[&str], why: &'static str) -> Vec<Row> {
    names
        .iter()
        .map(|name| row(name, 0, Found::Not(why)))
        .collect()
}

/// Checks every row, and names all that differ at once.
#[track_caller]
pub(crate) fn run(rows: impl IntoIterator<Item = Row>) {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for row in rows {
        let name = &row.name;
        let start = std::time::Instant::now();
        match check(&row) {
            None => println!("{name}: {}", row.found.why_not()),
            Some(Ok(())) => {
                checked += 1;
                println!("{name}: as published, {:?}", start.elapsed());
            }
            Some(Err(why)) => wrong.push(format!("{name}: {why}")),
        }
    }
    println!("{checked} as published");
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// `None`: nothing was run.
fn check(row: &Row) -> Option<Result<(), String>> {
    let published = row.published;
    match &row.found {
        Found::Here(scenario) => Some(counts(published, *scenario)),
        Found::Soak(scenario) if soak() => Some(counts(published, *scenario)),
        Found::Soak(_) | Found::Not(_) => None,
        Found::Text(program) => Some(counts(published, program.scenario())),
        Found::Differs(here, scenario, why) => {
            Some(differs(published, counts(*here, *scenario), why))
        }
        Found::TextDiffers(here, program, why) => {
            Some(differs(published, counts(*here, program.scenario()), why))
        }
        Found::Passes(scenario) => Some(passes(*scenario)),
        Found::Fails(kind, scenario) => Some(fails(*kind, *scenario)),
        Found::TextFails(kind, program) => Some(fails(*kind, program.scenario())),
    }
}

fn differs(published: u64, counted: Result<(), String>, why: &str) -> Result<(), String> {
    counted.map_err(|wrong| format!("{wrong} (they publish {published}: {why})"))
}

fn soak() -> bool {
    std::env::var_os("RACECOURSE_SOAK").is_some()
}

/// They know neither spurious wakeups nor weak compare-exchanges that fail for no reason.
fn explore(scenario: impl Fn() + Send + Sync + 'static) -> Report {
    Checker::new()
        .engine(Engine::Explorer)
        .spurious_wakeups(0)
        .weak_failures(0)
        .run(scenario)
}

fn counts(
    expected: u64,
    scenario: impl Fn() -> Option<()> + Send + Sync + 'static,
) -> Result<(), String> {
    let kept = Arc::new(AtomicU64::new(0));
    let dropped = Arc::new(AtomicU64::new(0));
    let report = explore({
        let (kept, dropped) = (Arc::clone(&kept), Arc::clone(&dropped));
        move || {
            let count = if scenario().is_some() {
                &kept
            } else {
                &dropped
            };
            count.fetch_add(1, Relaxed);
        }
    });
    verified(&report)?;
    let (kept, dropped) = (kept.load(Relaxed), dropped.load(Relaxed));
    if report.executions() != kept + dropped {
        return Err(format!(
            "{} executions are reported, and {} came to their end",
            report.executions(),
            kept + dropped
        ));
    }
    if kept != expected {
        return Err(format!(
            "{kept} executions, not {expected} ({dropped} not counted, {} blocked)",
            report.blocked()
        ));
    }
    Ok(())
}

fn passes(scenario: Scenario) -> Result<(), String> {
    verified(&explore(move || {
        scenario();
    }))
}

fn verified(report: &Report) -> Result<(), String> {
    match report.verdict() {
        Verdict::Verified => Ok(()),
        _ => Err(format!("not verified: {report}")),
    }
}

fn fails(
    kind: FailureKind,
    scenario: impl Fn() -> Option<()> + Send + Sync + 'static,
) -> Result<(), String> {
    let report = explore(move || {
        scenario();
    });
    match report.failure() {
        Some(failure) if failure.kind() == kind => Ok(()),
        Some(failure) => Err(format!("{}, not {kind}: {report}", failure.kind())),
        None => Err(format!("no {kind}: {report}")),
    }
}
