//! Futures: handles of results that are still to come. One program, over threads and over processes.
//!
//! ```text
//! cargo run --release --example futures
//! cargo run --release --example futures -- --processes 2
//! ```

mod common;

use common::{End, Workers, on_pool, print_line, value};
use lexopt::Arg::{Long, Short};
use racecourse::pool::{Accepts, Call, Executor, Shutdown, Task, TaskError, as_completed};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

const HELP: &str = "
Submits work, and does with the handles what handles are for: takes results as they come,
looks without waiting, waits for a limited time, cancels. The same code runs on threads and
on processes.

Usage: futures [OPTIONS]

Options:
  --threads N     how many threads [2]
  --processes N   so many processes in place of threads
  --unit MS       how long a piece of work is, in milliseconds [50]
  -h, --help      this text

Ctrl-C stops it. What work that panics says goes to standard error.
";

/// Work that takes so many milliseconds; the name of it comes back.
fn work((name, milliseconds): (String, u64)) -> String {
    std::thread::sleep(Duration::from_millis(milliseconds));
    assert!(name != "wrong", "there is no such work");
    name
}
racecourse::remote!(Work = work((String, u64)) -> String);

fn futures(mut arguments: lexopt::Parser) -> Result<(), End> {
    let (mut workers, mut unit) = (Workers::Threads(2), 50);
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("threads") => workers = Workers::Threads(common::threads(&mut arguments)?),
            Long("processes") => workers = Workers::processes(&mut arguments)?,
            Long("unit") => {
                let expected = "a whole number of milliseconds from 1 to 10000";
                unit = value(&mut arguments, "--unit", expected, |n| {
                    (1..=10_000).contains(n)
                })?;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    print_line(format_args!("on {workers}"))?;
    on_pool!(workers, |pool| on(&pool, unit))
}

/// The whole program, for whichever pool.
fn on<E: Accepts<Call<Work, (String, u64)>>>(pool: &E, unit: u64) -> Result<(), End> {
    let submit = |name: &str, units: u64| -> Task<String> {
        pool.submit(Call {
            function: Arc::new(Work),
            argument: (name.to_owned(), units * unit),
        })
    };

    print_line("in the order in which they end, not in that of submission:")?;
    let names = ["slow", "quick", "middling", "wrong"];
    let tasks = names
        .iter()
        .zip([8, 1, 3, 1])
        .map(|(name, units)| submit(name, units));
    for ended in as_completed(tasks) {
        match ended.join() {
            Ok(name) => print_line(format_args!("  {name}"))?,
            // It is its own task's, and nobody else's.
            Err(TaskError::Panicked(panic)) => {
                print_line(format_args!("  one panicked: {}", panic.message()))?;
            }
            Err(other) => return Err(other.into()),
        }
    }

    print_line("a look does not wait, and a limited wait gives the handle back:")?;
    let task = submit("patience", 6);
    let task = match task.try_join() {
        Ok(ended) => return Err(End::Failed(format!("it was there at once: {ended:?}"))),
        Err(pending) => {
            print_line("  not yet")?;
            pending.into_inner()
        }
    };
    let task = match task.join_timeout(Duration::from_millis(unit)) {
        // A loaded machine may take its time to look.
        Ok(ended) => {
            print_line("  there already")?;
            return finish(pool, ended?, &submit);
        }
        Err(pending) => {
            print_line(format_args!("  not after {unit} ms either"))?;
            pending.into_inner()
        }
    };
    let name = task.join()?;
    finish(pool, name, &submit)
}

fn finish<E: Executor>(
    pool: &E,
    name: String,
    submit: &dyn Fn(&str, u64) -> Task<String>,
) -> Result<(), End> {
    print_line(format_args!("  {name}"))?;

    print_line("what has not begun can be taken back:")?;
    let busy: Vec<_> = (0..pool.parallelism()).map(|_| submit("busy", 4)).collect();
    let unwanted = submit("unwanted", 1);
    let cancelled = unwanted.cancel();
    print_line(format_args!("  cancelled: {cancelled}"))?;
    if let Err(error) = unwanted.join() {
        print_line(format_args!("  {error}"))?;
    }

    print_line("and the end of the pool is an end for what is queued:")?;
    let queued = submit("too late", 1);
    pool.shutdown(Shutdown::Immediate);
    match queued.join() {
        Err(error) => print_line(format_args!("  {error}"))?,
        Ok(name) => print_line(format_args!("  {name} had begun"))?,
    }
    for task in busy {
        match task.join() {
            // Begun, or too late as well.
            Ok(_) | Err(TaskError::Shutdown) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    racecourse::pool::process::enter();
    common::run(HELP, futures)
}
