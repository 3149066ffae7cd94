//! Twenty random numbers, factored on a thread pool; the answers come in the order of the numbers.
//!
//! ```text
//! cargo run --release --example factoring
//! cargo run --release --example factoring -- --fast 340282366920938463463374607431768211455
//! ```

mod common;

use common::{End, Random, note, print_line, value};
use lexopt::Arg::{Long, Short, Value};
use racecourse::pool::ThreadPool;
use racecourse::workload::factor;
use std::process::ExitCode;
use std::time::Instant;

const HELP: &str = "
Factors whole numbers on a pool of threads and prints a line for each, in input order.

Usage: factoring [OPTIONS] [NUMBER]...

  NUMBER          what to factor, from 0 to 340282366920938463463374607431768211455;
                  without any, random numbers from 100000 to 50000000

Options:
  --count N       how many random numbers [20]
  --seed N        the seed of the random numbers [another one in each run, told at the end]
  --fast          a quadratic sieve, instead of trial division by every number
  --threads N     how many threads [one for each core]
  -h, --help      this text

The time goes to standard error, so the answers can be piped. Ctrl-C stops it.

Try:
  factoring --threads 1         and compare the time
  factoring --fast              and compare again
  factoring --fast 170141183460469231731687303715884105727
";

struct Options {
    numbers: Vec<u128>,
    seed: Option<u64>,
    fast: bool,
    threads: usize,
}

fn options(mut arguments: lexopt::Parser) -> Result<Options, End> {
    let (mut numbers, mut count, mut seed) = (Vec::new(), None, None);
    let (mut fast, mut threads) = (false, common::cores());
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("fast") => fast = true,
            Long("threads") => threads = common::threads(&mut arguments)?,
            Long("seed") => {
                let expected = "a whole number from 0 to 18446744073709551615";
                seed = Some(value(&mut arguments, "--seed", expected, |_| true)?);
            }
            Long("count") => {
                let expected = "a whole number from 1 to 1000000";
                count = Some(value(&mut arguments, "--count", expected, |n| {
                    (1..=1_000_000).contains(n)
                })?);
            }
            Value(text) => {
                let text = text.to_string_lossy();
                numbers.push(factor::parse(&text).map_err(|error| End::Usage(error.to_string()))?);
            }
            // "-12" is meant as a number, not as an option.
            Short(digit) if digit.is_ascii_digit() => {
                let rest = arguments.optional_value().unwrap_or_default();
                let text = format!("-{digit}{}", rest.to_string_lossy());
                let error = factor::parse(&text).expect_err("it is negative");
                return Err(End::Usage(error.to_string()));
            }
            other => return Err(other.unexpected().into()),
        }
    }
    if !numbers.is_empty() && (count.is_some() || seed.is_some()) {
        let message = "--count and --seed are for random numbers: leave them out, or the numbers";
        return Err(End::Usage(message.into()));
    }
    if numbers.is_empty() {
        let mut random = Random::new(*seed.get_or_insert_with(Random::seed));
        numbers = (0..count.unwrap_or(20))
            .map(|_| random.between(100_000, 50_000_000).into())
            .collect();
    }
    Ok(Options {
        numbers,
        seed,
        fast,
        threads,
    })
}

/// So many divisions take the naive method about a minute.
const A_MINUTE: u128 = 10_000_000_000;

fn factoring(arguments: lexopt::Parser) -> Result<(), End> {
    let options = options(arguments)?;
    if !options.fast
        && let Some(n) = options
            .numbers
            .iter()
            .find(|n| factor::naive_cost(**n) > A_MINUTE)
    {
        note(format_args!(
            "{n} may take the naive method very long: try --fast, or stop it with Ctrl-C"
        ));
    }
    let pool = ThreadPool::builder()
        .threads(options.threads)
        .build()
        .map_err(|error| End::Failed(error.to_string()))?;
    let method = if options.fast {
        factor::factor
    } else {
        factor::naive
    };

    let start = Instant::now();
    // `imap` hands over each answer as soon as those before it are there.
    let answers = pool.imap(method, options.numbers.clone());
    for (n, factors) in options.numbers.iter().zip(answers) {
        print_line(factor::sentence(*n, &factors))?;
    }
    note(format_args!(
        "{} number(s) in {:.3} seconds on {} thread(s){}",
        options.numbers.len(),
        start.elapsed().as_secs_f64(),
        options.threads,
        options
            .seed
            .map(|seed| format!(", --seed {seed}"))
            .unwrap_or_default()
    ));
    Ok(())
}

fn main() -> ExitCode {
    common::run(HELP, factoring)
}
