//! Starting threads against calling their function: who did what, and when.
//!
//! ```text
//! cargo run --release --example start_and_run
//! ```
//!
//! A Python `Thread` has two methods that look alike: `start()` begins a thread that calls `run()`, and `run()` called
//! directly is a function like any other. The answers are the same, and so nobody notices, but for the time.

mod common;

use common::squares::{squares, sum_of_squares_below};
use common::{End, cores, print_line, value, whole};
use lexopt::Arg::{Long, Short};
use racecourse::thread;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const HELP: &str = "
Does the same jobs twice: called one after the other (run), and each on a thread of its own
(start). Charts which thread did which job, and when. First the jobs wait, as for a server; then
they compute.

Usage: start_and_run [OPTIONS]

Options:
  --threads N     how many jobs, each on a thread of its own when started [4]
  --wait SECONDS  how long a waiting job waits [0.25]
  --squares N     how many squares a computing job sums [200000000]
  --ascii         bars of `#` [on a pipe, or where the terminal is not UTF-8]
  -h, --help      this text

A release build measures best: cargo run --release --example start_and_run. Ctrl-C stops it.
";

#[derive(Clone, Copy)]
enum Job {
    /// Waits, as for a disk, a server, a person: needs no core.
    Wait(Duration),
    /// Sums so many squares: needs a core all the time.
    Compute(u64),
}

/// Who did a job, and when, from the beginning of all.
struct Done {
    who: String,
    from: Duration,
    to: Duration,
}

impl Job {
    /// The lecture's `run()`: whoever calls it does the work.
    fn run(self, beginning: Instant) -> Done {
        let from = beginning.elapsed();
        match self {
            Job::Wait(time) => thread::sleep(time),
            Job::Compute(count) => {
                let sum = squares(0, count);
                assert_eq!(sum, sum_of_squares_below(count), "the sum is wrong");
            }
        }
        Done {
            who: thread::current().name().unwrap_or("unnamed").to_owned(),
            from,
            to: beginning.elapsed(),
        }
    }

    /// The lecture's `start()`: another thread calls `run`, and whoever starts it goes on at once.
    fn start(self, number: usize, beginning: Instant) -> Result<thread::JoinHandle<Done>, End> {
        thread::Builder::new()
            .name(format!("thread {number}"))
            .spawn(move || self.run(beginning))
            .map_err(|error| {
                End::Failed(format!(
                    "cannot start thread {number}: {error}; ask for fewer with --threads, or raise the limit (ulimit -u)"
                ))
            })
    }
}

/// The job done `count` times by main, and how long all took.
fn run_all(job: Job, count: usize) -> (Vec<Done>, Duration) {
    let beginning = Instant::now();
    let done = (0..count).map(|_| job.run(beginning)).collect();
    (done, beginning.elapsed())
}

/// The job done `count` times by as many threads, and how long all took.
fn start_all(job: Job, count: usize) -> Result<(Vec<Done>, Duration), End> {
    let beginning = Instant::now();
    let threads = (1..=count)
        .map(|number| job.start(number, beginning))
        .collect::<Result<Vec<_>, End>>()?;
    let done = threads
        .into_iter()
        .map(|thread| thread.join())
        .collect::<Result<_, _>>()
        .map_err(|_| End::Failed("a thread panicked".into()))?;
    Ok((done, beginning.elapsed()))
}

/// A row for each job: the bar is when it was done, in `longest` for the whole width.
fn chart(done: &[Done], longest: Duration, bar: char) -> Result<(), End> {
    const WIDTH: f64 = 50.0;
    let cells =
        |time: Duration| (time.as_secs_f64() / longest.as_secs_f64() * WIDTH).round() as usize;
    for (i, Done { who, from, to }) in done.iter().enumerate() {
        let before = " ".repeat(cells(*from));
        let during = bar.to_string().repeat((cells(*to) - cells(*from)).max(1));
        print_line(format_args!(
            "  job {:<3} {who:<11} |{before}{during}",
            i + 1
        ))?;
    }
    Ok(())
}

struct Options {
    threads: usize,
    wait: Duration,
    squares: u64,
    ascii: bool,
}

fn options(mut arguments: lexopt::Parser) -> Result<Options, End> {
    let mut options = Options {
        threads: 4,
        wait: Duration::from_millis(250),
        squares: 200_000_000,
        ascii: !common::unicode_terminal(),
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("ascii") => options.ascii = true,
            Long("threads") => options.threads = common::threads(&mut arguments)?,
            Long("wait") => {
                let expected = "seconds from 0.001 to 3600, such as 0.25";
                let seconds = value(&mut arguments, "--wait", expected, |s| {
                    (0.001..=3600.0).contains(s)
                })?;
                options.wait = Duration::from_secs_f64(seconds);
            }
            Long("squares") => {
                options.squares = whole(&mut arguments, "--squares", 1..=1_000_000_000_000)?;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

fn start_and_run(arguments: lexopt::Parser) -> Result<(), End> {
    let Options {
        threads: count,
        wait,
        squares,
        ascii,
    } = options(arguments)?;
    let bar = if ascii { '#' } else { '█' };
    for (what, job) in [
        ("wait", Job::Wait(wait)),
        ("compute", Job::Compute(squares)),
    ] {
        print_line(format_args!("{count} jobs that {what}, called: run()"))?;
        let (called, one_by_one) = run_all(job, count);
        chart(&called, one_by_one, bar)?;
        print_line(format_args!("took {:.3} s\n", one_by_one.as_secs_f64()))?;

        print_line(format_args!("{count} jobs that {what}, started: start()"))?;
        let (started, together) = start_all(job, count)?;
        chart(&started, one_by_one.max(together), bar)?;
        print_line(format_args!(
            "took {:.3} s: {:.1} times as fast\n",
            together.as_secs_f64(),
            one_by_one.as_secs_f64() / together.as_secs_f64()
        ))?;
    }
    print_line("Called, every job is done by main, one after the other.")?;
    print_line(format_args!(
        "Started, all wait at the same time; of those that compute, {} at the same time on {} core(s).",
        count.min(cores()),
        cores()
    ))
}

fn main() -> ExitCode {
    common::run(HELP, start_and_run)
}
