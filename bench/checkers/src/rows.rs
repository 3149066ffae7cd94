//! Rows of measurements, and the rounds that fill them.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::checkers::{ALL, Checker};
use crate::child::{Run, median};
use crate::stop::Stop;

/// A checker on a program.
#[derive(Debug, Serialize)]
pub struct Row {
    #[serde(skip)]
    pub number: usize,
    pub program: &'static str,
    pub title: &'static str,
    /// How many executions there are, and how many different results.
    pub graphs: u64,
    pub graph_results: u64,
    pub checker: Checker,
    /// Whether the dev profile had the two lines; null in the other mode.
    pub optimised: Option<bool>,
    /// Over the rounds.
    pub seconds: Spread,
    pub first: Spread,
    /// Executions a second, by the median.
    pub rate: f64,
    pub runs: Vec<Run>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Spread {
    fn of(numbers: impl Iterator<Item = f64>) -> Self {
        let mut numbers: Vec<f64> = numbers.collect();
        Self {
            median: median(&mut numbers),
            least: numbers[0],
            most: numbers[numbers.len() - 1],
        }
    }
}

impl Row {
    pub fn new(number: usize, checker: Checker, optimised: Option<bool>) -> Self {
        let program = &ALL[number];
        Self {
            number,
            program: program.name,
            title: program.title,
            graphs: program.graphs,
            graph_results: program.results,
            checker,
            optimised,
            seconds: Spread::default(),
            first: Spread::default(),
            rate: 0.0,
            runs: Vec::new(),
        }
    }

    /// The last run; none is unlike another but in its time.
    pub fn last(&self) -> Run {
        self.runs.last().cloned().unwrap_or_default()
    }

    /// Whether another run would tell anything.
    fn worth_repeating(&self) -> bool {
        self.runs
            .iter()
            .all(|run| run.finished && run.failure.is_none())
    }

    fn add(&mut self, run: Run) {
        self.runs.push(run);
        self.seconds = Spread::of(self.runs.iter().map(|run| run.seconds));
        self.first = Spread::of(self.runs.iter().map(|run| run.first));
        if self.seconds.median > 0.0 {
            self.rate = self.last().executions as f64 / self.seconds.median;
        }
    }
}

/// Fills the rows, all of them once before any is filled again.
pub fn fill(
    rows: &mut [Row],
    rounds: u32,
    mut measure: impl FnMut(&Row) -> Result<Run, Stop>,
) -> Result<(), Stop> {
    // Hidden if standard error is no terminal.
    let bar = ProgressBar::new(u64::from(rounds) * rows.len() as u64);
    let style = ProgressStyle::with_template("{spinner} {pos}/{len} {elapsed} {wide_msg}");
    bar.set_style(style.map_err(|error| Stop::failed("progress line", error))?);
    bar.enable_steady_tick(Duration::from_millis(200));
    for round in 1..=rounds {
        for row in &mut *rows {
            let name = row.checker.name();
            bar.set_message(format!("round {round} of {rounds}: {name}, {}", row.title));
            if row.worth_repeating() {
                let run = measure(row)?;
                row.add(run);
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(())
}
