//! Interleaved rounds: everything once, before anything again.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::contest::{Contestant, Row};
use crate::floors::Floor;
use crate::stop::{Stop, interrupted};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: u32,
    /// About how long one measurement takes.
    pub(crate) sample: Duration,
    /// Whether the machine's own steps are measured too.
    pub(crate) floors: bool,
}

/// What was measured of one contestant: a number a round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    /// Nanoseconds an operation.
    pub(crate) times: Vec<f64>,
    pub(crate) fairness: Vec<f64>,
}

/// What was measured of all.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) floors: Vec<(Floor, Measured)>,
    /// As the rows, and their contestants.
    pub(crate) rows: Vec<Vec<Measured>>,
    pub(crate) interrupted: bool,
}

impl Results {
    pub(crate) fn floor(&self, floor: Floor) -> Option<&Measured> {
        let found = self.floors.iter().find(|(which, _)| *which == floor)?;
        Some(&found.1)
    }
}

/// Measures the floors and the rows. The order of a row's contestants moves on by one from round to round, so that none always
/// follows the same other.
pub(crate) fn measure(rows: &mut [Row], effort: Effort) -> Result<Results, Stop> {
    let possible = Floor::ALL
        .into_iter()
        .filter(|floor| effort.floors && floor.possible());
    let floors: Vec<Floor> = possible.collect();
    let mut contests = vec![floors.iter().map(|floor| floor.contestant()).collect()];
    let mut names = vec!["floors".to_owned()];
    for row in &mut *rows {
        contests.push(std::mem::take(&mut row.contestants));
        names.push(row.name.clone());
    }
    let mut results = fill(&mut contests, &names, effort)?;
    for (row, contestants) in rows.iter_mut().zip(contests.drain(1..)) {
        row.contestants = contestants;
    }
    let of_floors = results.remove(0);
    Ok(Results {
        floors: floors.into_iter().zip(of_floors).collect(),
        rows: results,
        interrupted: interrupted(),
    })
}

fn fill(
    contests: &mut [Vec<Contestant>],
    names: &[String],
    effort: Effort,
) -> Result<Vec<Vec<Measured>>, Stop> {
    let mut results: Vec<Vec<Measured>> = contests
        .iter()
        .map(|contestants| vec![Measured::default(); contestants.len()])
        .collect();
    let mut amounts: Vec<Vec<u64>> = contests
        .iter()
        .map(|contestants| vec![0; contestants.len()])
        .collect();
    let all: usize = contests.iter().map(Vec::len).sum();
    // Hidden if standard error is no terminal.
    let bar = ProgressBar::new(u64::from(effort.rounds + 1) * all as u64);
    let style = ProgressStyle::with_template("{spinner} {pos}/{len} {elapsed} {wide_msg}");
    bar.set_style(style.map_err(|error| Stop::failed("progress line", error))?);
    // Round 0 finds out how many operations a measurement takes, and warms up.
    'rounds: for round in 0..=effort.rounds as usize {
        for (contest, contestants) in contests.iter_mut().enumerate() {
            for place in 0..contestants.len() {
                let which = (place + round) % contestants.len();
                let contestant = &mut contestants[which];
                bar.set_message(format!(
                    "round {round} of {}: {}, {}",
                    effort.rounds, names[contest], contestant.name
                ));
                if interrupted() {
                    break 'rounds;
                }
                if round == 0 {
                    amounts[contest][which] = amount(contestant, effort.sample);
                } else {
                    let sample = contestant.run(amounts[contest][which]);
                    let measured = &mut results[contest][which];
                    // A sample that an interrupt may have cut is none.
                    if !interrupted() {
                        measured.times.extend(sample.nanoseconds());
                        measured.fairness.extend(sample.fairness);
                    }
                }
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();
    Ok(results)
}

/// How many operations take about so long.
fn amount(contestant: &mut Contestant, sample: Duration) -> u64 {
    let mut operations = 16;
    while operations < 1 << 40 && !interrupted() {
        let found = contestant.run(operations);
        if found.operations == 0 {
            return operations;
        }
        // What takes but a moment says little of what more of it takes.
        let share = found.elapsed.as_secs_f64() / sample.as_secs_f64();
        if share > 0.2 {
            return ((found.operations as f64 / share).round() as u64).max(1);
        }
        operations = operations.saturating_mul(if share > 0.02 { 4 } else { 16 });
    }
    operations
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Duration;

    use super::{Effort, fill};
    use crate::contest::{Contestant, Sample};

    #[test]
    fn rounds_are_interleaved_and_the_amount_is_found() {
        let asked = Rc::new(RefCell::new(Vec::new()));
        let contestant = |name: char, nanoseconds: u64| {
            let asked = Rc::clone(&asked);
            Contestant::ours(name, move |operations| {
                asked.borrow_mut().push((name, operations));
                Sample::new(Duration::from_nanos(operations * nanoseconds), operations)
            })
        };
        let mut contests = vec![vec![contestant('a', 1000), contestant('b', 10)]];
        let effort = Effort {
            rounds: 3,
            sample: Duration::from_millis(1),
            floors: false,
        };
        let results = fill(&mut contests, &["row".to_owned()], effort).unwrap();
        let asked = asked.borrow();
        let rounds: String = asked[asked.len() - 6..]
            .iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(rounds, "baabba");
        assert!(asked[asked.len() - 6..].iter().all(|&(name, operations)| {
            operations == if name == 'a' { 1_000 } else { 100_000 }
        }));
        assert_eq!(results[0][0].times, [1000.0; 3]);
        assert_eq!(results[0][1].times, [10.0; 3]);
    }
}
