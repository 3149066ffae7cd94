//! The command line.

use std::time::Duration;

use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser};

use crate::checkers::{ALL, Checker, Program};

const AFTER: &str = "\
What is compared:
  explorer  racecourse's own, by Checker; as the peers, without spurious
            wakeups and weak failures
  loom      by loom::model::Builder, without a preemption bound; main is
            one of its five threads
  shuttle   by Runner with DfsScheduler, its exhaustive search; it takes
            every ordering for SeqCst

Each run is a process of its own, which repeats a short check for 0.2 s and
tells its median, the time of the first, and its peak memory. Rounds are
interleaved: every checker on every program, then all of it again. What the
limit cuts, or what fails, is not run again. Compare only times of one run.

The column `results` is how many different results the executions had, with
how many there are if it is not as many: a checker that allows too much, or
too little.

Examples, after `cargo run --release --manifest-path bench/checkers/Cargo.toml --`:
  add-3x2 queue-2x1                  two programs
  --checker explorer --rounds 9      one checker, more rounds
  --limit 60 --json > checkers.json  for machines
  --as-dependency                    as an outside crate's `cargo test` sees it

Status: 0 measured, whatever was found; 1 could not measure; 2 bad arguments.";

/// Compares racecourse's explorer, loom and shuttle on the same programs, side by side.
///
/// Prints a Markdown table: executions, different results, time, rate, peak memory, and whether the search was
/// finished. Progress is on standard error, if that is a terminal.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER, max_term_width = 110)]
pub struct Arguments {
    /// Which programs; all if none is given, or three with --as-dependency
    #[arg(value_parser = names())]
    pub program: Vec<String>,

    /// Only this checker; can be repeated
    #[arg(long, value_enum, value_name = "CHECKER")]
    pub checker: Vec<Checker>,

    /// Seconds after which a search is cut
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub limit: Duration,

    /// How often everything is measured
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,

    /// Measure from an outside crate, built by `cargo test` in the dev profile, with and without
    /// `[profile.dev.package] racecourse.opt-level = 3, loom.opt-level = 3`
    #[arg(long)]
    pub as_dependency: bool,

    /// One JSON object instead of the table
    #[arg(long)]
    pub json: bool,

    /// Be the process that measures
    #[arg(long, hide = true, value_enum)]
    pub child: Option<Checker>,
}

impl Arguments {
    /// The numbers of the programs that are named, in the order of the table.
    pub fn programs(&self) -> Vec<usize> {
        let named = |&program: &usize| self.program.iter().any(|name| name == ALL[program].name);
        (0..ALL.len())
            .filter(|program| self.program.is_empty() || named(program))
            .collect()
    }

    /// The checkers that are named, or these.
    pub fn checkers(&self, otherwise: &[Checker]) -> Vec<Checker> {
        let named = |checker: &Checker| self.checker.contains(checker);
        if self.checker.is_empty() {
            return otherwise.to_vec();
        }
        Checker::ALL.into_iter().filter(named).collect()
    }
}

fn names() -> PossibleValuesParser {
    let value = |program: &Program| {
        let title = format!("{} ({} executions)", program.title, program.graphs);
        PossibleValue::new(program.name).help(title)
    };
    PossibleValuesParser::new(ALL.iter().map(value))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text
        .parse::<f64>()
        .ok()
        .filter(|number| (0.01..=86_400.0).contains(number));
    let number = number.ok_or("give a number of seconds from 0.01 to 86400")?;
    Ok(Duration::from_secs_f64(number))
}
