//! racecourse's primitives and pools beside what one would pick instead, measured in one run.
//!
//! | File | What it does |
//! |---|---|
//! | `contest` | groups of rows, rows of contestants, goals |
//! | `groups/…` | what is measured, a group a file |
//! | `floors` | the machine's own steps |
//! | `rounds` | interleaved rounds |
//! | `statistics`, `verdict` | medians, quartiles, ratios; goals met or missed |
//! | `table`, `chart`, `machine` | what is printed |
//! | `threads`, `process` | threads that begin together; peers that are not written in Rust |
//!
//! A new group: a file in `groups`, which has a `GROUP` as the others, and its entry in `groups::ALL`.

mod args;
mod chart;
mod contest;
mod floors;
mod groups;
mod machine;
mod process;
mod rounds;
mod statistics;
mod stop;
mod table;
mod threads;
mod verdict;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use args::Arguments;
use contest::{Group, Row};
use machine::Load;
use rounds::Effort;
use stop::Stop;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => stop.report(),
    }
}

fn run(arguments: &Arguments) -> Result<(), Stop> {
    match arguments.group.as_deref().and_then(groups::find) {
        Some(group) => measure(group, arguments),
        None => print(&list()),
    }
}

fn list() -> String {
    let mut text = "Groups; give one, or --help:\n".to_owned();
    for group in groups::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:12} {}", group.name, group.about);
    }
    text
}

fn measure(group: &Group, arguments: &Arguments) -> Result<(), Stop> {
    let mut rows = chosen(group, arguments)?;
    let effort = Effort {
        rounds: arguments
            .rounds
            .unwrap_or(if arguments.quick { 3 } else { 9 }),
        sample: Duration::from_millis(if arguments.quick { 1 } else { 20 }),
        floors: !arguments.no_floors,
    };
    stop::on_interrupt();
    let load = Load::now();
    let results = rounds::measure(&mut rows, effort)?;

    let crates: BTreeSet<_> = rows
        .iter()
        .flat_map(|row| {
            row.contestants
                .iter()
                .filter_map(|contestant| contestant.of)
        })
        .filter(|name| !["python3", "coreutils"].contains(name))
        .collect();
    let mut text = format!("## {}\n\n{}.\n\n", group.name, group.about);
    text += &machine::describe(&crates);
    let _ = writeln!(
        text,
        "- rounds: {}, of about {} ms a measurement; {}",
        effort.rounds,
        effort.sample.as_millis(),
        load.describe()
    );
    text += &table::floors(&results);
    text += table::LEGEND;
    if results.interrupted {
        text += "- **interrupted**: what follows is of fewer rounds\n";
    }
    let skipped: BTreeSet<_> = rows.iter().flat_map(|row| &row.skipped).collect();
    for why in skipped {
        let _ = writeln!(text, "- {why}");
    }
    let _ = write!(text, "\n{}", table::table(&rows, &results));
    if let Some(file) = &arguments.svg {
        let machine = machine::short();
        write(file, &chart::chart(group.name, &machine, &rows, &results))?;
    }
    if let Some(file) = &arguments.markdown {
        write(file, &text)?;
    }
    print(&text)?;
    match results.interrupted {
        true => Err(Stop::Interrupted),
        false => Ok(()),
    }
}

/// The rows and contestants that are asked for.
fn chosen(group: &Group, arguments: &Arguments) -> Result<Vec<Row>, Stop> {
    let mut rows = (group.rows)();
    rows.retain(|row| args::wanted(&row.name, &arguments.row));
    for row in &mut rows {
        row.contestants
            .retain(|contestant| args::wanted(&contestant.name, &arguments.who));
    }
    rows.retain(|row| !row.contestants.is_empty());
    if rows.is_empty() {
        let names: Vec<_> = (group.rows)().into_iter().map(|row| row.name).collect();
        let message = format!(
            "no contestant in any row is asked for; the rows of {} are: {}",
            group.name,
            names.join("; ")
        );
        return Err(Stop::Usage(message));
    }
    Ok(rows)
}

fn write(file: &Path, text: &str) -> Result<(), Stop> {
    let what = format!("cannot write {}", file.display());
    std::fs::write(file, text).map_err(|error| Stop::failed(&what, error))
}

fn print(text: &str) -> Result<(), Stop> {
    let mut output = std::io::stdout().lock();
    write!(output, "{text}")
        .and_then(|()| output.flush())
        .map_err(Stop::Output)
}
