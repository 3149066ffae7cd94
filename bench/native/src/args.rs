//! The command line.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser};

use crate::groups::ALL;

const AFTER: &str = "\
How it measures: every contestant of every row once a round, the order within
a row moved on by one each round; each measurement takes about 20 ms, of as
many operations as that takes. Floors, what the machine's own steps take, are
measured in the same rounds. Only figures of one run compare, and they do best
as ratios: what else runs on the machine changes the figures more than it
changes the ratios.

Examples, after `cargo run --release -p racecourse-bench --`:
  floors                       what this machine takes for an atomic, a wake-up
  queues --row 'cap 16'        only the rows with this in their names
  queues --who Ring --who kanal  only contestants with one of these in theirs
  queues --markdown queues.md --svg queues.svg
  queues --quick               whether it runs; the figures are worth little

Where the time goes, after a build with `cargo build --release -p racecourse-bench`:
  perf record target/release/racecourse-bench queues --row 'one thread' --who Ring --no-floors

Status: 0 measured, whatever goals were met; 1 could not; 2 bad arguments;
130 interrupted, after what was measured was told.";

/// Measures racecourse's primitives and pools beside what one would pick instead.
///
/// Prints a Markdown table of a group: median and quartiles, multiples of the floor, ratio to the best peer, and goals
/// met or missed. Without a group, lists the groups. Progress is on standard error, if that is a terminal; Ctrl-C
/// ends it with what was measured.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER, max_term_width = 110)]
pub(crate) struct Arguments {
    /// What to measure; lists what there is if none is given
    #[arg(value_parser = names())]
    pub(crate) group: Option<String>,

    /// Three rounds of a millisecond each: whether it runs
    #[arg(long)]
    pub(crate) quick: bool,

    /// How often everything is measured [default: 9, or 3 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rounds: Option<u32>,

    /// Only rows with this in their name; can be repeated
    #[arg(long, value_name = "TEXT")]
    pub(crate) row: Vec<String>,

    /// Only contestants with this in their name; can be repeated
    #[arg(long, value_name = "TEXT")]
    pub(crate) who: Vec<String>,

    /// Without the machine's own steps: for a profiler, which then sees the contestants alone
    #[arg(long)]
    pub(crate) no_floors: bool,

    /// Write what is printed into this file too
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,

    /// Write a bar chart of the ratios into this file
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

/// Whether a name is among those that were asked for.
pub(crate) fn wanted(name: &str, asked: &[String]) -> bool {
    asked.is_empty() || asked.iter().any(|text| name.contains(text.as_str()))
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(
        ALL.iter()
            .map(|group| PossibleValue::new(group.name).help(group.about)),
    )
}
