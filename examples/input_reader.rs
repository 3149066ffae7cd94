//! A thread blocks on the keyboard while the main thread goes on computing squares.
//!
//! ```text
//! cargo run --release --example input_reader
//! cargo run --release --example input_reader -- --run
//! (sleep 1; echo hello) | cargo run --release --example input_reader
//! ```
//!
//! The reading function is the same both times. *Started* as a thread, it waits beside main; *called*, which is
//! what Python's `run()` is instead of `start()`, it is main that waits, and nothing is computed meanwhile.

mod common;

use common::{End, grouped, note, print_line};
use lexopt::Arg::{Long, Short};
use racecourse::thread;
use std::hint::black_box;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::process::ExitCode;

const HELP: &str = "
Squares 1, 2, 3, … on the main thread while another thread waits for you to type a line. Then
prints what you typed, and the largest square reached meanwhile.

Usage: input_reader [OPTIONS]

Options:
  --run           call the reading function, instead of starting a thread for it: main waits
  -h, --help      this text

A line on a pipe does too, and so does the end of input (Ctrl-D). Ctrl-C stops it.
";

/// The longest line taken, in bytes: whoever sends a file without line ends gets an answer, and does not fill
/// the memory.
const LONGEST: u64 = 1 << 20;

/// So many squares are computed between two looks at the reader; some microseconds of work.
const STEP: u64 = 10_000;

/// Blocks until a line is there, and returns it without its line end; `None` is the end of the input.
fn read_line() -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let input = io::stdin().lock();
    if input.take(LONGEST + 1).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() as u64 > LONGEST {
        let message = format!("the line is longer than {LONGEST} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    let text = String::from_utf8_lossy(&line);
    Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
}

/// Squares 1, 2, 3, … until `done` says so, some of them at least, and returns the last number squared, with its square.
fn square_until(mut done: impl FnMut() -> bool) -> (u64, u128) {
    // A billion numbers a second would need centuries to come to the end of u64, and the square of any u64 is a u128:
    // nothing here can overflow.
    let (mut n, mut square) = (0_u64, 0_u128);
    loop {
        for _ in 0..STEP {
            n += 1;
            // Unknown to the compiler, which else computes only the last one.
            square = black_box(u128::from(n) * u128::from(n));
        }
        if done() {
            return (n, square);
        }
    }
}

fn input_reader(mut arguments: lexopt::Parser) -> Result<(), End> {
    let mut run = false;
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("run") => run = true,
            other => return Err(other.unexpected().into()),
        }
    }

    let asked = io::stdin().is_terminal();
    if asked {
        // Nothing is left to be done if standard error is closed.
        let _ = write!(io::stderr(), "Type a line and press Enter: ");
    }
    let (line, squared) = if run {
        // Main is inside of this call until the line is there, and then there is nothing left to do something meanwhile.
        (read_line(), None)
    } else {
        let reader = thread::Builder::new()
            .name("reader".into())
            .spawn(read_line)
            .map_err(|error| {
                End::Failed(format!(
                    "cannot start the reader thread: {error}; close other programs, or raise the limit on threads (ulimit -u)"
                ))
            })?;
        let squared = Some(square_until(|| reader.is_finished()));
        let line = reader
            .join()
            .map_err(|_| End::Failed("the reader thread panicked".into()))?;
        (line, squared)
    };
    let line = line.map_err(|error| {
        End::Failed(format!(
            "cannot read the input: {error}; give one line of text, typed or on a pipe"
        ))
    })?;

    match line {
        // As a literal, so that what was typed cannot command the terminal.
        Some(text) => print_line(format_args!("You typed {text:?}."))?,
        None => {
            // Ctrl-D leaves the cursor behind the question.
            if asked {
                note("");
            }
            print_line("The input ended, and nothing was typed.")?;
        }
    }
    match squared {
        None => print_line(
            "Meanwhile main squared nothing: it called the reading function, and waited inside of it.",
        ),
        Some((n, square)) => print_line(format_args!(
            "Meanwhile main squared 1 to {}: the largest square is {}.",
            grouped(n),
            grouped(square)
        )),
    }
}

fn main() -> ExitCode {
    common::run(HELP, input_reader)
}
