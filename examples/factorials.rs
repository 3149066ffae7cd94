//! 1! to 48!, computed on a pool of threads or of processes and printed one a line.
//!
//! ```text
//! cargo run --release --example factorials
//! cargo run --release --example factorials -- --processes 2
//! cargo run --release --example factorials -- --upto 1000 | tail -n 1
//! ```

mod common;

use common::{End, Workers, note, on_pool, print_line, value};
use lexopt::Arg::{Long, Short};
use racecourse::pool::{Accepts, Call, Executor, Function};
use racecourse::workload::factorial;
use std::process::ExitCode;
use std::time::Instant;

const HELP: &str = "
Computes 1!, 2!, 3!, … exactly on a pool of threads, or of processes, and prints each as `n n!`.

Usage: factorials [OPTIONS]

Options:
  --upto N        the last number [48]
  --naive         each by the running product, instead of by a product tree
  --limit BYTES   refuse when the last factorial would take more memory [4194304]
  --threads N     how many threads [one for each core]
  --processes N   so many processes in place of threads
  -h, --help      this text

The time goes to standard error, so the numbers can be piped. Ctrl-C stops it.
";

// The digits are made by the workers too: for a long number that is the larger part of the work.
fn digits(n: u64) -> String {
    factorial::factorial(n).to_string()
}

fn naive_digits(n: u64) -> String {
    factorial::naive(n).to_string()
}

racecourse::remote!(Digits = digits(u64) -> String);
racecourse::remote!(NaiveDigits = naive_digits(u64) -> String);

struct Options {
    upto: u64,
    naive: bool,
    workers: Workers,
}

fn options(mut arguments: lexopt::Parser) -> Result<Options, End> {
    let mut options = Options {
        upto: 48,
        naive: false,
        workers: Workers::usual(),
    };
    let mut limit = factorial::DEFAULT_LIMIT_BYTES;
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("naive") => options.naive = true,
            Long("threads") => options.workers = Workers::Threads(common::threads(&mut arguments)?),
            Long("processes") => options.workers = Workers::processes(&mut arguments)?,
            Long("limit") => {
                limit = value(
                    &mut arguments,
                    "--limit",
                    "a number of bytes, from 1",
                    |n| *n > 0,
                )?;
            }
            Long("upto") => {
                let text = arguments.value()?;
                options.upto = match factorial::parse(&text.to_string_lossy()) {
                    Ok(0) => {
                        return Err(End::Usage(
                            "--upto 0: the first factorial printed is 1!, give at least 1".into(),
                        ));
                    }
                    Ok(n) => n,
                    Err(error) => return Err(End::Usage(format!("--upto: {error}"))),
                };
            }
            other => return Err(other.unexpected().into()),
        }
    }
    factorial::check_size(options.upto, limit)
        .map_err(|error| End::Usage(format!("--upto: {error} with --limit")))?;
    Ok(options)
}

fn factorials(arguments: lexopt::Parser) -> Result<(), End> {
    let options = options(arguments)?;
    // The time is that of the work: a pool is made once, however often it is used.
    let start = on_pool!(options.workers, |pool| on(&pool, &options)?);
    note(format_args!(
        "{} factorial(s) in {:.3} seconds on {}",
        options.upto,
        start.elapsed().as_secs_f64(),
        options.workers
    ));
    Ok(())
}

/// Prints every factorial, and returns when the work began.
fn on<E>(pool: &E, options: &Options) -> Result<Instant, End>
where
    E: Accepts<Call<Digits, u64>> + Accepts<Call<NaiveDigits, u64>>,
{
    let start = Instant::now();
    if options.naive {
        print_all(pool, NaiveDigits, options.upto)?;
    } else {
        print_all(pool, Digits, options.upto)?;
    }
    Ok(start)
}

fn print_all<E, F>(pool: &E, method: F, upto: u64) -> Result<(), End>
where
    F: Function<u64, Output = String>,
    E: Accepts<Call<F, u64>>,
{
    // `imap` computes only a few ahead of the printing, so memory holds a few numbers and not all.
    let mut numbers = Executor::imap(pool, method, 1..=upto);
    for n in 1..=upto {
        if let Some(digits) = numbers.try_next() {
            print_line(format_args!("{n} {}", digits?))?;
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    racecourse::pool::process::enter();
    common::run(HELP, factorials)
}
