//! The same as Markdown, for the README.

use std::fmt::Write;

use super::form::{Matrix, State};
use super::{COMMAND, LEGEND};
use crate::words::time;

pub fn markdown(matrix: &Matrix) -> String {
    let mut out = String::new();
    write(matrix, &mut out).expect("a string takes everything");
    out
}

fn write(matrix: &Matrix, out: &mut String) -> std::fmt::Result {
    let labs = matrix.classes().count();
    writeln!(
        out,
        "{labs} classes of bugs, each a lab's; measured on {} on {}.\n",
        matrix.made, matrix.machine
    )?;
    writeln!(
        out,
        "| Detector | Caught | Missed | False alarm | Cannot judge | Alone it would miss | What it was given |\n|---|---|---|---|---|---|---|"
    )?;
    for detector in &matrix.detectors {
        let name = format!("{} ({})", detector.name, detector.version);
        if let Some(why) = &detector.unmeasured {
            writeln!(out, "| {name} | not measured: {why} | | | | | |")?;
            continue;
        }
        let count = |state| matrix.count(detector, state);
        writeln!(
            out,
            "| {name} | {} | {} | {} | {} | {} of {labs} | {} |",
            count(State::Caught),
            count(State::Missed),
            count(State::FalseAlarm),
            count(State::CannotJudge),
            labs - count(State::Caught),
            detector.how
        )?;
    }
    writeln!(out, "\n{LEGEND} A time is that to the first failure.\n")?;
    let names: Vec<&str> = matrix
        .detectors
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    writeln!(out, "| Lab | {} |", names.join(" | "))?;
    writeln!(out, "|---|{}", "---|".repeat(names.len()))?;
    for row in matrix.classes() {
        write!(out, "| {} |", row.lab)?;
        for detector in &matrix.detectors {
            let cell = row.cell(detector);
            let state = cell.map_or(State::NotMeasured, |cell| cell.state);
            write!(out, " {}", state.symbol())?;
            // That of clippy is of all labs together.
            let seconds = cell
                .and_then(|cell| cell.caught_in())
                .filter(|_| detector.name != "clippy");
            if let Some(seconds) = seconds {
                write!(out, " {}", time(seconds))?;
            }
            out.push_str(" |");
        }
        out.push('\n');
    }
    writeln!(out)?;
    if let Some(text) = matrix.without_bug() {
        writeln!(out, "{text}")?;
    }
    writeln!(out, "{}\n", matrix.wrong())?;
    writeln!(
        out,
        "Why a bug is missed, a fix blamed, a lab not judged:\n"
    )?;
    writeln!(out, "| Detector | | Labs | Why |\n|---|---|---|---|")?;
    for reason in matrix.reasons() {
        let labs = match reason.labs.as_slice() {
            few if few.len() <= 6 => few.join(", "),
            many => many.len().to_string(),
        };
        let line = reason.line.replace('|', "\\|");
        writeln!(
            out,
            "| {} | {} | {labs} | {line} |",
            reason.detector,
            reason.state.words()
        )?;
    }
    writeln!(out, "\n`{COMMAND}` measures all of it again.")
}
