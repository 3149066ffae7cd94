//! What one global lock does to computing threads: CPython's global interpreter lock (GIL), rebuilt and measured.
//!
//! CPython's threads take turns: whoever executes bytecode holds one lock for the whole interpreter and gives it up every
//! few milliseconds. Threads that wait for the disk or the network do not mind. Threads that compute do: together
//! they are no faster than one. Here the same sum is computed with and without such a lock.
//!
//! ```text
//! cargo run --release --example gil
//! ```

mod common;

use common::squares::{squares, sum_of_squares_below};
use common::{End, cores, grouped, print_line, whole};
use lexopt::Arg::{Long, Short};
use std::io;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const HELP: &str = "
Measures how the same computation speeds up with more threads: free, and under one global lock
as in CPython. The bars show the speed-up against one free thread.

Usage: gil [OPTIONS]

Options:
  --threads N     up to how many threads [the number of cores, at least 2]
  --squares N     how many squares to sum in each run [500000000]
  --repeat N      how often each run is repeated; the fastest counts [3]
  --ascii         bars of `#` [on a pipe, or where the terminal is not UTF-8]
  -h, --help      this text

A release build measures best: cargo run --release --example gil. Ctrl-C stops it.
";

/// The lock that every thread needs for every step, in the runs under the lock.
static GIL: Mutex<()> = Mutex::new(());

/// So many squares are summed in one go under the lock; some tens of microseconds of work.
const STEP: u64 = 50_000;

/// As [`squares`], but holding the global lock for each step.
fn squares_under_lock(start: u64, end: u64) -> u64 {
    let mut sum = 0u64;
    let mut step = start;
    while step < end {
        let next = end.min(step + STEP);
        let turn = GIL.lock().unwrap_or_else(PoisonError::into_inner);
        sum = sum.wrapping_add(squares(step, next));
        drop(turn);
        step = next;
    }
    sum
}

/// Sums `count` squares on `threads` threads, each a part of equal length; how long that takes.
fn run(threads: u64, count: u64, sum: fn(u64, u64) -> u64) -> io::Result<Duration> {
    let bound = |i: u64| (u128::from(count) * u128::from(i) / u128::from(threads)) as u64;
    let start = Instant::now();
    let total = thread::scope(|scope| -> io::Result<u64> {
        let workers = (0..threads)
            .map(|i| {
                thread::Builder::new().spawn_scoped(scope, move || sum(bound(i), bound(i + 1)))
            })
            .collect::<io::Result<Vec<_>>>()?;
        Ok(workers
            .into_iter()
            .map(|w| w.join().expect("a sum does not panic"))
            .fold(0, u64::wrapping_add))
    })?;
    let time = start.elapsed();
    assert_eq!(
        total,
        sum_of_squares_below(count),
        "the threads' sum is wrong"
    );
    Ok(time)
}

fn best(repeat: u64, threads: u64, count: u64, sum: fn(u64, u64) -> u64) -> Result<Duration, End> {
    let mut times = Vec::new();
    for _ in 0..repeat {
        let time = run(threads, count, sum).map_err(|error| {
            End::Failed(format!(
                "cannot start {threads} thread(s): {error}; ask for fewer with --threads, or raise the limit (ulimit -u)"
            ))
        })?;
        times.push(time);
    }
    Ok(times.into_iter().min().unwrap_or_default())
}

/// A bar of `length` cells out of `width`, to an eighth of a cell in Unicode.
fn bar(length: f64, width: usize, ascii: bool) -> String {
    let eighths = (length.clamp(0.0, width as f64) * 8.0).round() as usize;
    let text = if ascii {
        "#".repeat((eighths + 4) / 8)
    } else {
        let last = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
        format!("{}{last}", "█".repeat(eighths / 8))
    };
    format!("{text:<width$}")
}

/// 1, 2, 3, … up to 8, then doubling, and `most` itself.
fn thread_counts(most: u64) -> Vec<u64> {
    let mut counts: Vec<u64> = (1..=most.min(8)).collect();
    let mut n = 16;
    while n < most {
        counts.push(n);
        n *= 2;
    }
    if most > 8 {
        counts.push(most);
    }
    counts
}

struct Options {
    threads: u64,
    squares: u64,
    repeat: u64,
    ascii: bool,
}

fn options(mut arguments: lexopt::Parser) -> Result<Options, End> {
    let mut options = Options {
        threads: cores().max(2) as u64,
        squares: 500_000_000,
        repeat: 3,
        ascii: !common::unicode_terminal(),
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("ascii") => options.ascii = true,
            Long("threads") => options.threads = common::threads(&mut arguments)? as u64,
            Long("squares") => {
                options.squares = whole(&mut arguments, "--squares", 1..=1_000_000_000_000)?;
            }
            Long("repeat") => {
                options.repeat = whole(&mut arguments, "--repeat", 1..=1000)?;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

fn gil(arguments: lexopt::Parser) -> Result<(), End> {
    const WIDTH: usize = 40;
    let Options {
        threads,
        squares: count,
        repeat,
        ascii,
    } = options(arguments)?;
    let cores = cores();
    print_line(format_args!(
        "The sum of {} squares on {cores} core(s), best of {repeat}; speed-up against one free thread\n",
        grouped(count)
    ))?;

    let one = best(repeat, 1, count, squares)?.max(Duration::from_nanos(1));
    // The longest bar that can be hoped for fills the width.
    let cell = WIDTH as f64 / (threads.min(cores as u64).max(1) as f64 * 1.1);
    let row = |threads: &str, name: &str, time: Duration| {
        let speed_up = one.as_secs_f64() / time.max(Duration::from_nanos(1)).as_secs_f64();
        let bar = bar(speed_up * cell, WIDTH, ascii);
        print_line(format_args!(
            "{threads:>10}  {name:<10} {bar} {speed_up:5.2} x  {:.3} s",
            time.as_secs_f64()
        ))?;
        Ok::<f64, End>(speed_up)
    };
    let mut last = (1.0, 1.0);
    for n in thread_counts(threads) {
        let free = if n == 1 {
            one
        } else {
            best(repeat, n, count, squares)?
        };
        let label = if n == 1 {
            "1 thread".to_owned()
        } else {
            format!("{n} threads")
        };
        last.0 = row(&label, "free", free)?;
        last.1 = row("", "one lock", best(repeat, n, count, squares_under_lock)?)?;
    }

    print_line("")?;
    if cores == 1 {
        print_line("This machine has one core, so no thread can compute beside another.")
    } else if threads == 1 {
        print_line("One thread shares with nobody: try --threads 2 or more.")
    } else {
        let (free, locked) = last;
        print_line(format_args!(
            "{threads} threads are {free:.2} times as fast as one when free, and {locked:.2} times under one global lock."
        ))
    }
}

fn main() -> ExitCode {
    common::run(HELP, gil)
}
