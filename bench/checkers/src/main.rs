//! racecourse's explorer, loom and shuttle on the same programs, side by side: executions, time, rate.
//!
//! | File | What it does |
//! |---|---|
//! | `checkers/programs` | the programs, one text for all checkers |
//! | `checkers/…` | each checker, asked by its own interface |
//! | `child` | one checker on one program, in a process of its own |
//! | `rows` | interleaved rounds, medians |
//! | `outside` | the same as an outside crate's `cargo test` sees it |
//! | `table`, `machine` | what is printed |

mod args;
mod checkers;
mod child;
mod machine;
mod outside;
mod process;
mod rows;
mod stop;
mod table;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use serde_json::json;

use args::Arguments;
use checkers::Checker;
use machine::Machine;
use outside::Outside;
use rows::Row;
use stop::Stop;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => stop.report(),
    }
}

fn run(arguments: &Arguments) -> Result<(), Stop> {
    let programs = arguments.programs();
    if let Some(checker) = arguments.child {
        let run = child::measure(checker, programs[0], arguments.limit);
        return print(&json!(run).to_string());
    }
    stop::on_interrupt();
    let rows = if arguments.as_dependency {
        as_dependency(arguments, &programs)?
    } else {
        side_by_side(arguments, &programs)?
    };
    let mut machine = Machine::here();
    if arguments.as_dependency {
        machine.profile = "dev of an outside crate, without and with the two lines";
    }
    if arguments.json {
        let limit = arguments.limit.as_secs_f64();
        return print(
            &json!({"machine": machine, "limit": limit, "rounds": arguments.rounds, "rows": rows})
                .to_string(),
        );
    }
    let notes = format!(
        "- limit {} a search; rounds: {}; times are of one check, medians over the rounds\n\
         - results: how many different ones the executions had; `4 of 3` if only 3 are possible\n",
        table::duration(arguments.limit.as_secs_f64()),
        arguments.rounds
    );
    let heading = table::heading(&machine) + &notes + &table::failures(&rows);
    print(&format!("{heading}\n{}", table::table(&rows).trim_end()))
}

fn side_by_side(arguments: &Arguments, programs: &[usize]) -> Result<Vec<Row>, Stop> {
    let checkers = arguments.checkers(&Checker::ALL);
    let of = |&program: &usize| {
        checkers
            .iter()
            .map(move |&checker| Row::new(program, checker, None))
    };
    let mut rows: Vec<Row> = programs.iter().flat_map(of).collect();
    rows::fill(&mut rows, arguments.rounds, |row| {
        child::start(row.checker, row.number, arguments.limit)
    })?;
    Ok(rows)
}

fn as_dependency(arguments: &Arguments, programs: &[usize]) -> Result<Vec<Row>, Stop> {
    let checkers = arguments.checkers(&[Checker::Explorer, Checker::Loom]);
    if checkers.contains(&Checker::Shuttle) {
        let message = "--as-dependency measures explorer and loom; leave out `--checker shuttle`";
        return Err(Stop::Usage(message.to_owned()));
    }
    let mut rows = outside::rows(programs, arguments.program.is_empty(), &checkers);
    let outside = Outside::build()?;
    rows::fill(&mut rows, arguments.rounds, |row| {
        outside.measure(row, arguments.limit)
    })?;
    Ok(rows)
}

fn print(text: &str) -> Result<(), Stop> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}")
        .and_then(|()| output.flush())
        .map_err(Stop::Output)
}
