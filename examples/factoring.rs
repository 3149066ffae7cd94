//! Twenty random numbers, factored on a pool of threads or of processes; the answers come in the order of the numbers.
//!
//! ```text
//! cargo run --release --example factoring
//! cargo run --release --example factoring -- --processes 2
//! cargo run --release --example factoring -- --fast 340282366920938463463374607431768211455
//! ```

mod common;

use common::{End, Random, Workers, note, on_pool, print_line, whole};
use lexopt::Arg::{Long, Short, Value};
use racecourse::pool::{Accepts, Call, Executor, Function};
use racecourse::workload::{Factor, NaiveFactor, factor};
use std::process::ExitCode;
use std::time::Instant;

const HELP: &str = "
Factors whole numbers on a pool of threads, or of processes, and prints a line for each, in
input order.

Usage: factoring [OPTIONS] [NUMBER]...

  NUMBER          what to factor, from 0 to 340282366920938463463374607431768211455;
                  without any, random numbers from 100000 to 50000000

Options:
  --count N       how many random numbers [20]
  --seed N        the seed of the random numbers [another one in each run, told at the end]
  --fast          Pollard's rho and what comes after it, instead of trial division by every number
  --threads N     how many threads [one for each core]
  --processes N   so many processes in place of threads
  -h, --help      this text

The time goes to standard error, so the answers can be piped. Ctrl-C stops it.

Try:
  factoring --threads 1         and compare the time
  factoring --processes 2       and see what a process costs in place of a thread
  factoring --fast              and compare again
  factoring --fast 170141183460469231731687303715884105727
";

struct Options {
    numbers: Vec<u128>,
    seed: Option<u64>,
    fast: bool,
    workers: Workers,
}

fn options(mut arguments: lexopt::Parser) -> Result<Options, End> {
    let (mut numbers, mut count, mut seed) = (Vec::new(), None, None);
    let (mut fast, mut workers) = (false, Workers::usual());
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("fast") => fast = true,
            Long("threads") => workers = Workers::Threads(common::threads(&mut arguments)?),
            Long("processes") => workers = Workers::processes(&mut arguments)?,
            Long("seed") => {
                seed = Some(whole(&mut arguments, "--seed", 0..=u64::MAX)?);
            }
            Long("count") => {
                count = Some(whole(&mut arguments, "--count", 1..=1_000_000)?);
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
        workers,
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
    // The time is that of the work: a pool is made once, however often it is used.
    let start = on_pool!(options.workers, |pool| on(&pool, &options)?);
    note(format_args!(
        "{} number(s) in {:.3} seconds on {}{}",
        options.numbers.len(),
        start.elapsed().as_secs_f64(),
        options.workers,
        options
            .seed
            .map(|seed| format!(", --seed {seed}"))
            .unwrap_or_default()
    ));
    Ok(())
}

/// Prints every answer, and returns when the work began.
fn on<E>(pool: &E, options: &Options) -> Result<Instant, End>
where
    E: Accepts<Call<Factor, u128>> + Accepts<Call<NaiveFactor, u128>>,
{
    let start = Instant::now();
    if options.fast {
        print_all(pool, Factor, &options.numbers)?;
    } else {
        print_all(pool, NaiveFactor, &options.numbers)?;
    }
    Ok(start)
}

fn print_all<E, F>(pool: &E, method: F, numbers: &[u128]) -> Result<(), End>
where
    F: Function<u128, Output = Vec<u128>>,
    E: Accepts<Call<F, u128>>,
{
    // `imap` hands over each answer as soon as those before it are there.
    let mut answers = Executor::imap(pool, method, numbers.to_vec());
    for n in numbers {
        if let Some(factors) = answers.try_next() {
            print_line(factor::sentence(*n, &factors?))?;
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    racecourse::pool::process::enter();
    common::run(HELP, factoring)
}
