//! 1! to 48!, computed on a thread pool and printed one a line.
//!
//! ```text
//! cargo run --release --example factorials
//! cargo run --release --example factorials -- --upto 1000 | tail -n 1
//! ```

mod common;

use common::{End, note, print_line, value};
use lexopt::Arg::{Long, Short};
use racecourse::pool::ThreadPool;
use racecourse::workload::factorial;
use std::process::ExitCode;
use std::time::Instant;

const HELP: &str = "
Computes 1!, 2!, 3!, … exactly on a pool of threads and prints each as `n n!`.

Usage: factorials [OPTIONS]

Options:
  --upto N        the last number [48]
  --naive         each by the running product, instead of by a product tree
  --limit BYTES   refuse when the last factorial would take more memory [4194304]
  --threads N     how many threads [one for each core]
  -h, --help      this text

The time goes to standard error, so the numbers can be piped. Ctrl-C stops it.
";

struct Options {
    upto: u64,
    naive: bool,
    threads: usize,
}

fn options(mut arguments: lexopt::Parser) -> Result<Options, End> {
    let mut options = Options {
        upto: 48,
        naive: false,
        threads: common::cores(),
    };
    let mut limit = factorial::DEFAULT_LIMIT_BYTES;
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("naive") => options.naive = true,
            Long("threads") => options.threads = common::threads(&mut arguments)?,
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
    let pool = ThreadPool::builder()
        .threads(options.threads)
        .build()
        .map_err(|error| End::Failed(error.to_string()))?;
    let method = if options.naive {
        factorial::naive
    } else {
        factorial::factorial
    };

    let start = Instant::now();
    // `imap` computes only a few ahead of the printing, so memory holds a few numbers and not all. The digits are
    // made by the workers too: for a long number that is the larger part of the work.
    let numbers = pool.imap(move |n| method(n).to_string(), 1..=options.upto);
    for (n, digits) in (1..=options.upto).zip(numbers) {
        print_line(format_args!("{n} {digits}"))?;
    }
    note(format_args!(
        "{} factorial(s) in {:.3} seconds on {} thread(s)",
        options.upto,
        start.elapsed().as_secs_f64(),
        options.threads
    ));
    Ok(())
}

fn main() -> ExitCode {
    common::run(HELP, factorials)
}
