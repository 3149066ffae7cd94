//! The Markdown table, which is also plain text with straight columns.

use std::fmt::Write;

use crate::contest::{Contestant, Row, Unit};
use crate::rounds::Results;
use crate::statistics::Summary;
use crate::verdict::{Verdict, verdicts};

/// How the columns are to be read.
pub(crate) const LEGEND: &str = "\
- the figure is the median over the rounds, then the quartiles
- × floor: so many times as long as the floor of the row takes, which is named there
- to best peer: more than 1 is faster than the fastest peer of the row (for a peer: than the fastest of them); median of
  the rounds' ratios, which were measured within a second each
- goal: so many times as fast as the best peer, or as the peers that are named
";

/// The floors that were measured, one line.
pub(crate) fn floors(results: &Results) -> String {
    let mut text = String::new();
    for (floor, measured) in &results.floors {
        if let Some(time) = Summary::of(&measured.times) {
            let separator = if text.is_empty() {
                "- floors: "
            } else {
                " · "
            };
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "{separator}{} {}",
                floor.name(),
                duration(time.median)
            );
        }
    }
    if text.is_empty() {
        return "- floors: not measured\n".to_owned();
    }
    text + "\n"
}

pub(crate) fn table(rows: &[Row], results: &Results) -> String {
    let fair = results
        .rows
        .iter()
        .flatten()
        .any(|measured| !measured.fairness.is_empty());
    let mut titles = vec!["row", "who", "figure", "quartiles"];
    titles.extend(fair.then_some("fairness"));
    titles.extend(["× floor", "to best peer", "goal"]);
    let mut lines = vec![titles.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for (row, measured) in rows.iter().zip(&results.rows) {
        let floor = row.floor.and_then(|floor| results.floor(floor));
        let mut title = row.name.clone();
        if let Some(floor) = row.floor {
            title += &format!(" (floor: {})", floor.name());
        }
        for (contestant, verdict) in row.contestants.iter().zip(verdicts(row, measured, floor)) {
            lines.push(cells(
                row.unit,
                std::mem::take(&mut title),
                contestant,
                &verdict,
                fair,
            ));
        }
    }
    lay_out(&lines)
}

fn cells(
    unit: Unit,
    title: String,
    contestant: &Contestant,
    verdict: &Verdict,
    fair: bool,
) -> Vec<String> {
    let or_dash = |number: Option<f64>| number.map_or("–".to_owned(), three_digits);
    let name = match contestant.is_ours() {
        true => format!("**{}**", contestant.name),
        false => contestant.name.clone(),
    };
    let mut cells = vec![title, name];
    match verdict.time {
        Some(time) => {
            let (low, high) = match unit {
                Unit::Rate => (time.high, time.low),
                Unit::Time => (time.low, time.high),
            };
            cells.push(figure(unit, time.median));
            cells.push(format!("{}–{}", figure(unit, low), figure(unit, high)));
        }
        None => cells.extend(["not measured".to_owned(), "–".to_owned()]),
    }
    if fair {
        cells.push(or_dash(verdict.fairness));
    }
    cells.push(or_dash(verdict.floors));
    cells.push(or_dash(verdict.to_best));
    let goals: Vec<_> = verdict
        .goals
        .iter()
        .map(|reached| {
            let against = match reached.goal.peers {
                [] => String::new(),
                _ => format!(" × {}: {}", reached.peer, three_digits(reached.reached)),
            };
            let word = if reached.met() { "met" } else { "**missed**" };
            let at_least = (reached.goal.at_least * 1000.0).round() / 1000.0;
            format!("≥ {at_least}{against} {word}")
        })
        .collect();
    cells.push(goals.join("; "));
    cells
}

fn figure(unit: Unit, nanoseconds: f64) -> String {
    match unit {
        Unit::Rate => format!("{} M/s", three_digits(1e3 / nanoseconds)),
        Unit::Time => duration(nanoseconds),
    }
}

/// 4.70 ns
fn duration(nanoseconds: f64) -> String {
    let (number, unit) = match nanoseconds {
        n if n < 999.5 => (n, "ns"),
        n if n < 999.5e3 => (n / 1e3, "µs"),
        n if n < 999.5e6 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    format!("{} {unit}", three_digits(number))
}

/// 0.0123, 1.23, 12.3, 123, 12345
pub(crate) fn three_digits(number: f64) -> String {
    // Four places would show nothing of it.
    if number != 0.0 && number.abs() < 0.00095 {
        return format!("{number:.1e}");
    }
    let digits = match number.abs() {
        n if n >= 99.95 => 0,
        n if n >= 9.995 => 1,
        n if n >= 0.0995 => 2,
        n if n >= 0.00995 => 3,
        _ => 4,
    };
    format!("{number:.digits$}")
}

fn lay_out(lines: &[Vec<String>]) -> String {
    let wide = |text: &String| text.chars().count();
    let widths: Vec<usize> = (0..lines[0].len())
        .map(|column| {
            lines
                .iter()
                .map(|line| wide(&line[column]))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let words = |column: usize| ["row", "who", "goal"].contains(&lines[0][column].as_str());
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        for (column, (cell, &width)) in line.iter().zip(&widths).enumerate() {
            let pad = " ".repeat(width - wide(cell));
            text += &match words(column) {
                true => format!("| {cell}{pad} "),
                false => format!("| {pad}{cell} "),
            };
        }
        text += "|\n";
        if number == 0 {
            for (column, width) in widths.iter().enumerate() {
                let end = if words(column) { '-' } else { ':' };
                text += &format!("|{}{end}", "-".repeat(width + 1));
            }
            text += "|\n";
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{duration, table, three_digits};
    use crate::contest::{Contestant, Row, Sample, Unit};
    use crate::rounds::{Measured, Results};

    #[test]
    fn three_digits_count() {
        let said = [0.0, 0.00123, 0.0123, 0.123, 1.234, 12.34, 123.4, 12345.6].map(three_digits);
        assert_eq!(
            said,
            [
                "0.0000", "0.0012", "0.012", "0.12", "1.23", "12.3", "123", "12346"
            ]
        );
        let said = [0.00094, 0.000_003_42].map(three_digits);
        assert_eq!(said, ["9.4e-4", "3.4e-6"]);
        let said = [2.345, 999.6, 29_000.0, 1e6, 2.5e9].map(duration);
        assert_eq!(said, ["2.35 ns", "1.00 µs", "29.0 µs", "1.00 ms", "2.50 s"]);
    }

    #[test]
    fn a_row_is_told_with_its_ratios() {
        let none = |_| Sample::FAILED;
        let rows = [Row::new("hand over", Unit::Rate)
            .with(Contestant::ours("ours", none).goal(1.5))
            .with(Contestant::peer("theirs", "x", none))
            .with(Contestant::peer("absent", "x", none))];
        let measured = |times: &[f64], fairness: &[f64]| Measured {
            times: times.to_vec(),
            fairness: fairness.to_vec(),
        };
        let results = Results {
            floors: Vec::new(),
            rows: vec![vec![
                measured(&[10.0, 20.0, 30.0], &[0.5]),
                measured(&[20.0, 40.0, 60.0], &[]),
                measured(&[], &[]),
            ]],
            interrupted: false,
        };
        let said = table(&rows, &results);
        let lines: Vec<Vec<&str>> = said
            .lines()
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        assert_eq!(
            lines[2],
            [
                "hand over",
                "**ours**",
                "50.0 M/s",
                "40.0 M/s–66.7 M/s",
                "0.50",
                "–",
                "2.00",
                "≥ 1.5 met",
            ]
        );
        assert_eq!(
            lines[3],
            [
                "",
                "theirs",
                "25.0 M/s",
                "20.0 M/s–33.3 M/s",
                "–",
                "–",
                "1.00",
                ""
            ]
        );
        assert_eq!(
            lines[4],
            ["", "absent", "not measured", "–", "–", "–", "–", ""]
        );
    }
}
