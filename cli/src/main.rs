//! `racecourse`: watch races being found, and the course on them.

#![allow(
    unreachable_pub,
    reason = "nothing outside of a program: `pub` means, for its other modules"
)]

mod args;
mod catalogue;
mod child;
mod code;
mod in_order;
mod list;
mod markdown;
mod matrix;
mod merge;
mod orderings;
mod picture;
mod pool;
mod race;
mod screen;
mod show;
mod stop;
mod table;
mod verify;
mod weakest;
mod welcome;
mod words;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use screen::Screen;
use stop::{Status, Stop};

fn main() -> ExitCode {
    // For `pool --processes`, whose workers are this program.
    racecourse::pool::process::enter();
    let arguments = Arguments::parse();
    let mut screen = Screen::new(&arguments.look);
    stop::on_interrupt();
    let ended = run(arguments, &mut screen).and_then(|status| screen.flush().map(|()| status));
    match ended {
        Ok(status) => status.into(),
        Err(stop) => stop.report(&screen),
    }
}

fn run(arguments: Arguments, screen: &mut Screen) -> Result<Status, Stop> {
    match arguments.command {
        Some(Command::Verify(options)) => verify::run(&options, screen),
        Some(Command::List(options)) => list::run(&options, screen),
        Some(Command::Show(options)) => show::run(&options, screen),
        Some(Command::Race(options)) => race::run(&options, screen),
        Some(Command::Weakest(options)) => weakest::run(&options, screen),
        Some(Command::Orderings(options)) => orderings::run(&options, screen),
        Some(Command::Merge(options)) => merge::run(&options, screen),
        Some(Command::Matrix(options)) => matrix::run(&options, screen),
        Some(Command::Pool(command)) => pool::run(&command, screen),
        Some(Command::Check(options)) => child::answer(&options),
        None if std::io::stdout().is_terminal() => welcome::run(screen),
        None => verify::run(&args::Verify::default(), screen),
    }
}
