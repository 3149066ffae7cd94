//! The Markdown table, which is also plain text with straight columns.

use std::fmt::Write;

use crate::child::Run;
use crate::machine::Machine;
use crate::rows::Row;

/// What was measured with, as a list.
pub fn heading(machine: &Machine) -> String {
    let Machine {
        processor,
        cores,
        system,
        rustc,
        profile,
        racecourse,
        loom,
        shuttle,
    } = machine;
    format!(
        "- racecourse {racecourse}, loom {loom}, shuttle {shuttle} (depth-first, sequentially consistent only)\n\
         - {rustc}, profile {profile}\n\
         - {processor}, {cores} cores, {system}\n"
    )
}

pub fn table(rows: &[Row]) -> String {
    let outside = rows.iter().any(|row| row.optimised.is_some());
    let mut lines = vec![titles(outside)];
    let mut before = None;
    for row in rows {
        let again = before.replace(row.number) == Some(row.number);
        lines.push(cells(row, again, outside));
    }
    lay_out(&lines)
}

fn titles(outside: bool) -> Vec<String> {
    let mut titles = vec!["program", "there are", "checker"];
    titles.extend(outside.then_some("two lines"));
    titles.extend(["executions", "results", "finished", "time", "least–most"]);
    if !outside {
        titles.push("first");
    }
    titles.extend(["executions/s", "peak MiB"]);
    titles.into_iter().map(str::to_owned).collect()
}

fn cells(row: &Row, again: bool, outside: bool) -> Vec<String> {
    let run = row.last();
    let mut cells = match again {
        true => vec![String::new(), String::new()],
        false => vec![row.title.to_owned(), grouped(row.graphs)],
    };
    cells.push(row.checker.name().to_owned());
    if outside {
        let with = if row.optimised == Some(true) {
            "with"
        } else {
            "without"
        };
        cells.push(with.to_owned());
    }
    cells.push(at_least(&run, grouped(run.executions)));
    cells.push(results(row, run.results, run.finished));
    cells.push(match (&run.failure, run.finished) {
        (Some(_), _) => "failed".to_owned(),
        (None, true) => "yes".to_owned(),
        (None, false) => "no".to_owned(),
    });
    cells.push(at_least(&run, duration(row.seconds.median)));
    cells.push(match row.runs.len() {
        0 | 1 => "–".to_owned(),
        _ => format!(
            "{}–{}",
            duration(row.seconds.least),
            duration(row.seconds.most)
        ),
    });
    if !outside {
        cells.push(at_least(&run, duration(row.first.median)));
    }
    cells.push(grouped(row.rate.round() as u64));
    cells.push(match run.peak_kib {
        Some(peak) => format!("{:.1}", peak as f64 / 1024.0),
        None => "–".to_owned(),
    });
    cells
}

/// What a search took or found, which may have been cut or have failed.
fn at_least(run: &Run, what: String) -> String {
    match (&run.failure, run.finished) {
        (Some(_), _) => "–".to_owned(),
        (None, true) => what,
        (None, false) => format!("> {what}"),
    }
}

/// More than there are, or fewer in a finished search: a wrong answer.
fn results(row: &Row, found: u64, finished: bool) -> String {
    let wrong = found > row.graph_results || finished && found < row.graph_results;
    match wrong {
        true => format!("{found} of {}", row.graph_results),
        false => found.to_string(),
    }
}

/// Whatever failed, in full.
pub fn failures(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let name = row.checker.name();
        for failure in row.runs.iter().filter_map(|run| run.failure.as_ref()) {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "- {name}, {}: {}", row.title, failure.trim());
        }
    }
    text
}

fn lay_out(lines: &[Vec<String>]) -> String {
    let columns = lines[0].len();
    let wide = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns)
        .map(|column| wide(column).unwrap_or(0))
        .collect();
    let words = |column: usize| {
        ["program", "checker", "two lines", "finished"].contains(&lines[0][column].as_str())
    };
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        for (column, (cell, &width)) in line.iter().zip(&widths).enumerate() {
            text += "| ";
            let pad = " ".repeat(width - cell.chars().count());
            text += &if words(column) {
                format!("{cell}{pad} ")
            } else {
                format!("{pad}{cell} ")
            };
        }
        text += "|\n";
        if number == 0 {
            for (column, width) in widths.iter().enumerate() {
                let dashes = "-".repeat(width + 1);
                text += &if words(column) {
                    format!("|-{dashes}")
                } else {
                    format!("|{dashes}:")
                };
            }
            text += "|\n";
        }
    }
    text
}

/// Three digits that count.
pub fn duration(seconds: f64) -> String {
    let (number, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "µs"),
    };
    let digits = match number {
        n if n >= 99.95 => 0,
        n if n >= 9.995 => 1,
        _ => 2,
    };
    format!("{number:.digits$} {unit}")
}

/// 1,234,567
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{duration, grouped};

    #[test]
    fn numbers_are_readable() {
        let said = [0, 999, 1_000, 1_234_567].map(grouped);
        assert_eq!(said, ["0", "999", "1,000", "1,234,567"]);
        let said = [4.56e-5, 3.6e-4, 0.0205, 0.123_4, 20.004].map(duration);
        assert_eq!(said, ["45.6 µs", "360 µs", "20.5 ms", "123 ms", "20.0 s"]);
    }
}
