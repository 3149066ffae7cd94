//! Every lab, variant and engine: found against declared.

use std::thread;
use std::time::{Duration, Instant};

use console::truncate_str;
use racecourse::check::{FailureKind, Location, Verdict};
use racecourse::labs::{self, Expect, Lab, Variant};
use serde::Serialize;

use crate::args::{EngineName, Verify};
use crate::catalogue::{self, How};
use crate::child::{self, Loss};
use crate::in_order::in_order;
use crate::screen::{Screen, Tone, pad, wrap};
use crate::stop::{self, Status, Stop};
use crate::words::{self, declared, found, grouped, time};

/// How long a check may take unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(300);

/// One lab and variant, and who judges it.
#[derive(Clone, Copy)]
struct Case {
    lab: &'static Lab,
    variant: &'static Variant,
    /// `None` if no engine can run it, and the system is driven.
    engine: Option<EngineName>,
}

impl Case {
    fn judge(&self) -> &'static str {
        self.engine.map_or("driven", EngineName::name)
    }

    fn declared(&self) -> Expect {
        match self.engine {
            Some(engine) => engine.expects(self.variant),
            None => self
                .variant
                .expect_driven()
                .unwrap_or(self.variant.declared.truth),
        }
    }
}

/// What came of it. This is also the form of one check in the JSON.
#[derive(Debug, Serialize)]
struct Check {
    number: u32,
    lab: &'static str,
    variant: &'static str,
    /// `driven` if no engine can run it.
    engine: &'static str,
    declared: Expect,
    /// `fails: deadlock`, `verified`, `passes`, `incomplete`, `measured`, `died`.
    found: String,
    as_declared: bool,
    /// What differs, in words.
    difference: Option<String>,
    /// Of a wrong fix: why it is none.
    why: Option<&'static str>,
    /// An engine's.
    verdict: Option<Verdict>,
    failure: Option<Found>,
    executions: Option<u64>,
    seconds: Option<f64>,
}

/// A failure without its timeline; `race` shows that.
#[derive(Debug, Serialize)]
struct Found {
    kind: FailureKind,
    message: String,
    location: Option<Location>,
    /// `None` where the system was driven.
    preemptions: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Summary<'c> {
    version: &'static str,
    checks: &'c [Check],
    as_declared: usize,
    different: usize,
    seconds: f64,
}

pub fn run(options: &Verify, screen: &mut Screen) -> Result<Status, Stop> {
    let labs = match options.lab.as_slice() {
        [] => labs::all().iter().collect(),
        names => names
            .iter()
            .map(|name| catalogue::lab(name))
            .collect::<Result<Vec<_>, _>>()?,
    };
    let cases = cases(&labs, options.engine);
    if cases.is_empty() {
        return Err(Stop::usage(format!(
            "no engine runs {}, which drives real processes; leave out `--engine`",
            labs_named(&labs)
        )));
    }
    let jobs = options.jobs.map_or_else(
        || thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    );
    let timeout = options.timeout.map_or(TIMEOUT, Duration::from_secs);
    let columns = Columns::of(&cases, screen.width);
    let start = Instant::now();

    if !options.json {
        let plan = format!(
            "{} checks: every variant and wrong fix of {} under {}",
            cases.len(),
            labs_named(&labs),
            judges_named(&cases, options.engine)
        );
        screen.line(plan)?;
        screen.line(screen.paint(&columns.line(" ", HEADS), Tone::Heading))?;
    }
    let bar = stop::bar(
        cases.len() as u64,
        "{bar:30} {pos}/{len} checks, {elapsed}  {msg}",
    );
    let mut checks = Vec::with_capacity(cases.len());
    let mut outcome = Ok(());
    let ran = in_order(
        &cases,
        jobs.min(cases.len().max(1)),
        |case| check(case, timeout),
        |check| {
            bar.inc(1);
            bar.set_message(format!("{} {}", check.lab, check.variant));
            if !options.json && outcome.is_ok() {
                outcome = stop::beside(&bar, || {
                    columns.row(&check, screen).and_then(|()| screen.flush())
                });
            }
            checks.push(check);
            outcome.is_ok()
        },
    );
    bar.finish_and_clear();
    ran.map_err(|error| {
        Stop::failed(format!(
            "no thread could be started for the checks ({error}); raise the limit (`ulimit -u`)"
        ))
    })?;
    outcome?;

    let different = checks.iter().filter(|check| !check.as_declared).count();
    let summary = Summary {
        version: env!("CARGO_PKG_VERSION"),
        as_declared: checks.len() - different,
        different,
        seconds: start.elapsed().as_secs_f64(),
        checks: &checks,
    };
    if options.json {
        screen.line(serde_json::to_string_pretty(&summary).map_err(Stop::failed)?)?;
    } else {
        footer(&summary, screen)?;
    }
    Ok(if different == 0 {
        Status::Good
    } else {
        Status::Different
    })
}

fn cases(labs: &[&'static Lab], engine: Option<EngineName>) -> Vec<Case> {
    let mut cases = Vec::new();
    for &lab in labs {
        for variant in lab.all_variants() {
            let case = |engine| Case {
                lab,
                variant,
                engine,
            };
            match (variant.drive, engine) {
                (Some(_), None) => cases.push(case(None)),
                (Some(_), Some(_)) => {}
                (None, Some(_)) => cases.push(case(engine)),
                (None, None) => cases.extend(EngineName::ALL.map(|engine| case(Some(engine)))),
            }
        }
    }
    cases
}

fn check(case: &Case, timeout: Duration) -> Check {
    let Case { lab, variant, .. } = *case;
    let mut check = Check {
        number: lab.number,
        lab: lab.slug,
        variant: variant.name,
        engine: case.judge(),
        declared: case.declared(),
        found: "measured".to_owned(),
        as_declared: true,
        difference: None,
        why: variant.why,
        verdict: None,
        failure: None,
        executions: None,
        seconds: None,
    };
    if check.declared == Expect::Measured {
        // It has no verdict; `race` takes the measurement.
        return check;
    }
    let start = Instant::now();
    let told = match case.engine {
        Some(engine) => under(engine, case, timeout, &mut check),
        None => driven(case, timeout, &mut check),
    };
    if let Err(loss) = told {
        check.found = "died".to_owned();
        check.difference = Some(loss.to_string());
        check.seconds = Some(start.elapsed().as_secs_f64());
    }
    check.as_declared = check.difference.is_none();
    check
}

/// What an engine says of it.
fn under(
    engine: EngineName,
    case: &Case,
    timeout: Duration,
    check: &mut Check,
) -> Result<(), Loss> {
    let how = How::of(engine);
    let report = child::check(case.lab, case.variant, &how, Some(timeout), None)?;
    let judged = case.lab.judge(case.variant, how.engine(), &report);
    check.found = found(&report);
    check.difference = judged.err().map(|difference| difference.to_string());
    check.executions = Some(report.executions());
    check.seconds = Some(report.elapsed().as_secs_f64());
    check.failure = report.failure().map(|failure| Found {
        kind: failure.kind(),
        message: failure.message().to_owned(),
        location: failure.location().cloned(),
        preemptions: Some(failure.preemptions()),
    });
    check.verdict = Some(report.verdict().clone());
    Ok(())
}

/// What driving the system comes to.
fn driven(case: &Case, timeout: Duration, check: &mut Check) -> Result<(), Loss> {
    let driven = child::drive(case.lab, case.variant, Some(timeout))?;
    let judged = case.lab.judge_driven(case.variant, &driven);
    check.found = words::driven(&driven);
    check.difference = judged.err().map(|difference| difference.to_string());
    check.seconds = Some(driven.seconds);
    check.failure = driven.failure().map(|kind| Found {
        kind,
        message: driven.timeline.sentence.clone(),
        location: driven.failing_step().and_then(|step| step.location.clone()),
        preemptions: None,
    });
    Ok(())
}
/// The columns of the table.
struct Columns {
    widths: [usize; 7],
    /// In a narrow terminal a check that is as declared does not say twice what it is.
    narrow: bool,
}

const HEADS: [&str; 7] = [
    "lab",
    "variant",
    "engine",
    "declared",
    "found",
    "executions",
    "time",
];
const VARIANT: usize = 1;
const DECLARED: usize = 3;
const FOUND: usize = 4;
/// Columns that a variant's name keeps, however narrow the terminal.
const SHORTEST: usize = 8;

/// A verdict without the word that its kind implies.
fn brief(verdict: &str) -> &str {
    verdict.strip_prefix("fails: ").unwrap_or(verdict)
}

impl Columns {
    fn of(cases: &[Case], width: usize) -> Self {
        let mut widths = HEADS.map(str::len);
        for case in cases {
            let verdict = declared(case.declared());
            let cells = [
                case.lab.slug.len(),
                case.variant.name.len(),
                case.judge().len(),
                verdict.len(),
                brief(&verdict).len(),
            ];
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = cell.max(*width);
            }
        }
        widths[6] = "999 ms".len() + 1;
        let mut columns = Self {
            widths,
            narrow: false,
        };
        columns.narrow = columns.line(" ", HEADS).chars().count() > width;
        if columns.narrow {
            columns.widths[DECLARED] = HEADS[DECLARED].len().max(columns.widths[FOUND]);
            let excess = columns
                .line(" ", HEADS)
                .chars()
                .count()
                .saturating_sub(width);
            let variant = &mut columns.widths[VARIANT];
            *variant = variant.saturating_sub(excess).max(SHORTEST);
        }
        columns
    }

    /// One row. Numbers stand at the right of their columns.
    fn line(&self, mark: &str, cells: [&str; 7]) -> String {
        let mut line = mark.to_owned();
        for (i, (cell, width)) in cells.into_iter().zip(self.widths).enumerate() {
            line.push(' ');
            match i {
                FOUND if self.narrow => line.truncate(line.len() - 1),
                FOUND => line.push_str(&pad(brief(cell), width)),
                DECLARED if self.narrow => line.push_str(&pad(brief(cell), width)),
                VARIANT => line.push_str(&pad(&truncate_str(cell, width, "…"), width)),
                0..=DECLARED => line.push_str(&pad(cell, width)),
                _ => line.push_str(&format!("{cell:>width$}")),
            }
        }
        line.trim_end().to_owned()
    }

    fn row(&self, check: &Check, screen: &mut Screen) -> Result<(), Stop> {
        let executions = check.executions.map_or_else(String::new, grouped);
        let seconds = check.seconds.map_or_else(String::new, time);
        let declared = declared(check.declared);
        let cells = [
            check.lab,
            check.variant,
            check.engine,
            &declared,
            &check.found,
            &executions,
            &seconds,
        ];
        if check.as_declared {
            screen.line(self.line(&screen.paint("✓", Tone::Good), cells))?;
        } else {
            screen.line(screen.paint(&self.line("✗", cells), Tone::Bad))?;
        }
        for part in check
            .difference
            .iter()
            .flat_map(|difference| difference.lines())
        {
            for line in wrap(&format!("    {}", part.trim_end()), screen.width) {
                screen.line(line)?;
            }
        }
        Ok(())
    }
}

fn footer(summary: &Summary<'_>, screen: &mut Screen) -> Result<(), Stop> {
    let total = summary.checks.len();
    let took = time(summary.seconds);
    if summary.different == 0 {
        let line = format!("all {total} as declared, in {took}");
        return Ok(screen.line(screen.paint(&line, Tone::Good))?);
    }
    let line = format!(
        "{} of {total} differ from what is declared, in {took}",
        summary.different
    );
    screen.line(screen.paint(&line, Tone::Bad))?;
    for check in summary.checks.iter().filter(|check| !check.as_declared) {
        let mut command = format!("race {} --variant {}", check.lab, check.variant);
        if check.engine != "driven" {
            command.push_str(&format!(" --engine {}", check.engine));
        }
        screen.line(format!("  {}", crate::welcome::command(&command)))?;
    }
    Ok(())
}

fn labs_named(labs: &[&Lab]) -> String {
    match labs {
        [lab] => lab.slug.to_owned(),
        _ => format!("{} labs", labs.len()),
    }
}

fn judges_named(cases: &[Case], engine: Option<EngineName>) -> String {
    let [first, second, third] = EngineName::ALL.map(EngineName::name);
    let driven = cases.iter().filter(|case| case.engine.is_none()).count();
    match engine {
        Some(engine) => engine.name().to_owned(),
        None if driven == cases.len() => "no engine: this system is driven".to_owned(),
        None if driven > 0 => {
            format!("{first}, {second} and {third}, or driven on this system")
        }
        None => format!("{first}, {second} and {third}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_whole_catalogue_fit_the_terminal() {
        let labs: Vec<_> = labs::all().iter().collect();
        let row = [
            "lab",
            "variant",
            "explorer",
            "fails: panic",
            "fails: panic",
            "1,000,000",
            "59.9 s",
        ];
        let wide = Columns::of(&cases(&labs, None), 120);
        let line = wide.line("✓", row);
        assert!(
            !wide.narrow && line.chars().count() <= 120,
            "{} columns: {line}",
            line.chars().count()
        );
        let narrow = Columns::of(&cases(&labs, None), 80);
        let line = narrow.line("✓", row);
        assert!(
            narrow.narrow && line.chars().count() <= 80,
            "{} columns: {line}",
            line.chars().count()
        );
    }
}
