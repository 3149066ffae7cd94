//! Results as they are ready, a tick a second, and Ctrl-C: three sources, and one loop that waits for all
//! of them, with `select!` of crossbeam's channels beside the pool of this library.
//!
//! ```text
//! cargo run --release --example completion
//! ```

mod common;

use common::{End, Random, note, print_line, whole};
use crossbeam::channel::{self, select};
use lexopt::Arg::{Long, Short};
use racecourse::pool::{Shutdown, ThreadPool};
use racecourse::workload::factor;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const HELP: &str = "
Factors random numbers on a pool of threads and prints each answer as soon as it is there.

Usage: completion [OPTIONS]

Options:
  --count N       how many random numbers [200]
  --seed N        the seed of the random numbers [1]
  --threads N     how many threads [one for each core]
  -h, --help      this text

Progress goes to standard error. Ctrl-C ends it with what is done so far.
";

fn body(mut arguments: lexopt::Parser) -> Result<(), End> {
    let (mut count, mut seed, mut threads) = (200_usize, 1, common::cores());
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("threads") => threads = common::threads(&mut arguments)?,
            Long("seed") => {
                seed = whole(&mut arguments, "--seed", 0..=u64::MAX)?;
            }
            Long("count") => {
                count = whole(&mut arguments, "--count", 1..=1_000_000)?;
            }
            other => return Err(other.unexpected().into()),
        }
    }

    let (stop, stopped) = channel::bounded(1);
    let handled = ctrlc::set_handler(move || {
        // Full: the first one is still to be seen.
        let _ = stop.try_send(());
    });
    handled.map_err(|error| {
        End::Failed(format!(
            "cannot watch for Ctrl-C, which takes a thread: {error}; close other programs, or raise the limit on threads (ulimit -u)"
        ))
    })?;
    let ticks = channel::tick(Duration::from_secs(1));
    let (send, answers) = channel::unbounded();

    let pool = ThreadPool::builder()
        .threads(threads)
        .build()
        .map_err(|error| End::Failed(error.to_string()))?;
    let mut random = Random::new(seed);
    let start = Instant::now();
    for _ in 0..count {
        let n = u128::from(random.between(100_000, 50_000_000));
        let send = send.clone();
        // Dropping the task detaches it: its answer comes through the channel.
        drop(pool.submit(move || {
            // Nobody listens any more after Ctrl-C.
            let _ = send.send(factor::sentence(n, &factor::naive(n)).to_string());
        }));
    }
    drop(send);

    let mut done = 0;
    loop {
        select! {
            recv(answers) -> answer => match answer {
                Ok(sentence) => {
                    done += 1;
                    print_line(sentence)?;
                }
                // Every sender is gone, and so every task has ended.
                Err(_) => break,
            },
            recv(ticks) -> _ => note(format_args!("{done} of {count} after {:.0?}", start.elapsed())),
            recv(stopped) -> _ => {
                pool.shutdown(Shutdown::Immediate);
                break;
            }
        }
    }
    note(format_args!(
        "{done} of {count} factored in {:.2?} on {threads} threads",
        start.elapsed()
    ));
    Ok(())
}

fn main() -> ExitCode {
    common::run(HELP, body)
}
