//! The lecture's own tools beside ours: the same work in Python and in Rust, by the same algorithms.
//!
//! ```text
//! cargo run --release --example beside_python
//! ```
//!
//! | Python | here |
//! |---|---|
//! | a loop | a loop |
//! | `threading`: a thread for each task | `std::thread`, the same |
//! | `concurrent.futures.ThreadPoolExecutor` | `racecourse::pool::ThreadPool` |
//! | `concurrent.futures.ProcessPoolExecutor` | |
//! | `multiprocessing.Pool` | `racecourse::pool::ProcessPool` |
//!
//! Python stays one process, `lecture.py`, which gets one request after the other: its pools are started once, as ours.
//! In each round every way has its turn in Python and then in Rust, so that a busy moment of the machine hits both.

#[path = "../common/mod.rs"]
mod common;
mod python;

use common::{End, cores, grouped, note, print_line, value, whole};
use lexopt::Arg::{Long, Short};
use num_bigint::BigUint;
use python::Python;
#[cfg(unix)]
use racecourse::pool::ProcessPool;
use racecourse::pool::process::RemoteFunction;
use racecourse::pool::{Executor, ThreadPool};
use racecourse::workload::{factor, factorial};
use serde_json::Value;
use std::hint::black_box;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

const HELP: &str = "
Does the lecture's work with the lecture's tools, in Python, and with ours, and prints the times
side by side. The results of both are compared.

Usage: beside_python [OPTIONS]

Options:
  --work WHAT       only this: factor, factorial, squares, or nothing (empty tasks)
  --rounds N        how often each is measured; the fastest counts [3]
  --threads N       how many workers each pool has [one for each core]
  --quick           smaller work, for a look
  --python PROGRAM  the Python to run, 3.8 or newer [python3]
  -h, --help        this text

All of it takes some minutes, in which the machine should do nothing else:
cargo run --release --example beside_python. Ctrl-C stops it.
Without a Python the exit status is 3.
";

// ---- the work ----

/// The numbers that the lecture factored.
const NUMBERS: [u64; 20] = [
    5_999_312, 27_175_366, 13_193_645, 11_026_294, 30_474_659, 11_600_878, 12_645_941, 20_106_508,
    25_179_463, 15_382_779, 49_595_626, 6_147_277, 44_304_094, 41_354_114, 17_934_710, 39_763_829,
    38_295_778, 11_053_859, 6_658_471, 4_971_588,
];

#[derive(Clone, Copy, PartialEq)]
enum Work {
    Factor,
    Factorial,
    Squares,
    Nothing,
}

impl Work {
    const ALL: [Self; 4] = [Self::Factor, Self::Factorial, Self::Squares, Self::Nothing];

    /// As on the command line and in `lecture.py`.
    fn name(self) -> &'static str {
        match self {
            Self::Factor => "factor",
            Self::Factorial => "factorial",
            Self::Squares => "squares",
            Self::Nothing => "nothing",
        }
    }

    /// The arguments of its tasks.
    fn items(self, workers: usize, quick: bool) -> Vec<u64> {
        match self {
            // Without a large prime factor, which is what takes the time.
            Self::Factor if quick => NUMBERS
                .into_iter()
                .filter(|n| factor::factor((*n).into()).iter().all(|f| *f < 20_000))
                .collect(),
            Self::Factor => NUMBERS.to_vec(),
            Self::Factorial => (1..=48).collect(),
            Self::Squares => vec![if quick { 200_000 } else { 20_000_000 }; workers],
            Self::Nothing => (0..if quick { 200 } else { 2_000 }).collect(),
        }
    }

    /// How many items a task may have; the first is 1.
    fn chunk_sizes(self) -> &'static [usize] {
        match self {
            // 3 is what `Pool.map` chooses on two cores.
            Self::Factor => &[1, 3],
            Self::Factorial => &[1, 4, 12, 24],
            Self::Squares => &[1],
            Self::Nothing => &[1, 10, 100, 500],
        }
    }

    fn title(self, items: &[u64]) -> String {
        let count = items.len();
        match self {
            Self::Factor => {
                format!("Factors of {count} numbers of the lecture's, by trial division")
            }
            Self::Factorial => format!("Factorials, 1! to {count}!"),
            Self::Squares => format!("Squares: {count} task(s) of {} each", grouped(items[0])),
            Self::Nothing => format!("Empty tasks: the cost of one of {}", grouped(count as u64)),
        }
    }
}

fn factors(n: u64) -> Vec<u64> {
    // The number has at most 64 bits, and so have its factors.
    factor::naive(n.into()).iter().map(|f| *f as u64).collect()
}
racecourse::remote!(Factors = factors(u64) -> Vec<u64>);

racecourse::remote!(Product = product(u64) -> BigUint);
use factorial::naive as product;

fn squares(count: u64) -> u128 {
    (0..count)
        // Unknown to the compiler, which else replaces the loop by a formula.
        .map(|n| black_box(u128::from(n) * u128::from(n)))
        .sum()
}
racecourse::remote!(Squares = squares(u64) -> u128);

fn nothing(n: u64) -> u64 {
    black_box(n)
}
racecourse::remote!(Nothing = nothing(u64) -> u64);

// ---- the ways to do it ----

/// The ways of both, those that correspond side by side.
const WAYS: [(&str, Option<Rust>); 5] = [
    (LOOP, Some(Rust::Loop)),
    ("threading", Some(Rust::Threads)),
    ("ThreadPoolExecutor", Some(Rust::ThreadPool)),
    ("ProcessPoolExecutor", None),
    ("multiprocessing.Pool", PROCESSES),
];

const LOOP: &str = "for loop";

#[cfg(unix)]
const PROCESSES: Option<Rust> = Some(Rust::ProcessPool);
#[cfg(not(unix))]
const PROCESSES: Option<Rust> = None;

#[derive(Clone, Copy, PartialEq)]
enum Rust {
    Loop,
    Threads,
    ThreadPool,
    #[cfg(unix)]
    ProcessPool,
}

/// Started once, as Python's are.
struct Pools {
    threads: ThreadPool,
    #[cfg(unix)]
    processes: ProcessPool,
}

impl Pools {
    fn new(workers: usize) -> Result<Self, End> {
        Ok(Self {
            threads: ThreadPool::try_new(workers)?,
            #[cfg(unix)]
            processes: ProcessPool::try_new(workers)?,
        })
    }
}

impl Rust {
    fn name(self) -> &'static str {
        match self {
            Self::Loop => "for loop",
            Self::Threads => "std::thread",
            Self::ThreadPool => "ThreadPool",
            #[cfg(unix)]
            Self::ProcessPool => "ProcessPool",
        }
    }

    /// Does the work in this way; how long it took, and the results as `lecture.py` would write them.
    fn run(self, work: Work, items: &[u64], chunk: usize, pools: &Pools) -> Result<Measured, End> {
        let text = |number: &dyn ToString| Value::from(number.to_string());
        match work {
            Work::Factor => self.apply(Factors, Value::from, items, chunk, pools),
            Work::Factorial => self.apply(Product, |n| text(&n), items, chunk, pools),
            Work::Squares => self.apply(Squares, |n| text(&n), items, chunk, pools),
            Work::Nothing => self.apply(Nothing, Value::from, items, chunk, pools),
        }
    }

    /// Applies `function` to each item, `chunk` of them in a task. This is what is timed.
    fn apply<F>(
        self,
        function: F,
        written: impl Fn(F::Output) -> Value,
        items: &[u64],
        chunk: usize,
        pools: &Pools,
    ) -> Result<Measured, End>
    where
        F: RemoteFunction<u64> + Copy + Send + Sync + 'static,
        F::Output: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
    {
        let start = Instant::now();
        let results = match self {
            Self::Loop => items.iter().map(|item| function.call(*item)).collect(),
            Self::ThreadPool => {
                Executor::map_chunked(&pools.threads, function, items.iter().copied(), chunk)
            }
            #[cfg(unix)]
            Self::ProcessPool => {
                pools
                    .processes
                    .map_chunked(function, items.iter().copied(), chunk)
            }
            Self::Threads => thread::scope(|scope| {
                let threads = items
                    .chunks(chunk)
                    .map(|part| {
                        let run = move || part.iter().map(|n| function.call(*n)).collect::<Vec<_>>();
                        thread::Builder::new().spawn_scoped(scope, run)
                    })
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|error| {
                        End::Failed(format!(
                            "cannot start a thread for each task: {error}; leave that work out with --work, or raise the limit (ulimit -u)"
                        ))
                    })?;
                let join = |thread: thread::ScopedJoinHandle<'_, Vec<_>>| thread.join();
                let parts = threads.into_iter().map(join);
                let parts: Result<Vec<_>, _> = parts.collect();
                let parts = parts.map_err(|_| End::Failed("a thread panicked".into()))?;
                Ok::<_, End>(parts.into_iter().flatten().collect())
            })?,
        };
        Ok(Measured {
            seconds: start.elapsed().as_secs_f64(),
            results: results.into_iter().map(written).collect(),
        })
    }
}

// ---- the measuring ----

struct Measured {
    seconds: f64,
    results: Vec<Value>,
}

/// The best time of a way in tasks of one item, and the best of all with its chunk size.
#[derive(Clone, Copy)]
struct Best {
    single: f64,
    best: f64,
    chunk: usize,
}

impl Best {
    const NONE: Self = Self {
        single: f64::INFINITY,
        best: f64::INFINITY,
        chunk: 1,
    };

    fn take(&mut self, seconds: f64, chunk: usize) {
        if chunk == 1 {
            self.single = self.single.min(seconds);
        }
        if seconds < self.best {
            (self.best, self.chunk) = (seconds, chunk);
        }
    }

    /// Two columns: in tasks of one item; the best, and the chunk size.
    fn columns(self, items: f64) -> String {
        let time = |seconds: f64| Duration::from_secs_f64(seconds / items);
        let single = format!("{:>8.1?}", time(self.single));
        if self.chunk == 1 {
            return format!("{single:23}");
        }
        let chunk = format!("({})", self.chunk);
        format!("{single} {:>8.1?} {chunk:<5}", time(self.best))
    }
}

/// The first result that differs, as an error.
fn compare(work: Work, items: &[u64], python: &[Value], rust: &[Value]) -> Result<(), End> {
    let same = python.len() == rust.len() && items.len() == rust.len();
    let differ = items
        .iter()
        .zip(python.iter().zip(rust))
        .find(|(_, (p, r))| p != r);
    match differ {
        Some((item, (python, rust))) => Err(End::Failed(format!(
            "{} of {item} is {python} in Python and {rust} in Rust: one of the two is wrong; please report it",
            work.name()
        ))),
        None if !same => Err(End::Failed(format!(
            "{}: {} results in Python, {} in Rust, for {} items; please report it",
            work.name(),
            python.len(),
            rust.len(),
            items.len()
        ))),
        None => Ok(()),
    }
}

/// Measures one kind of work in every way, and prints the table.
fn measure(work: Work, options: &Options, python: &mut Python, pools: &Pools) -> Result<(), End> {
    let items = work.items(options.threads, options.quick);
    let title = work.title(&items);
    let mut python_best = [Best::NONE; WAYS.len()];
    let mut rust_best = [Best::NONE; WAYS.len()];
    // What every other way must find too.
    let expected = Rust::Loop.run(work, &items, 1, pools)?.results;
    for round in 1..=options.rounds {
        note(format_args!("{title}: round {round} of {}", options.rounds));
        for (i, (way, rust)) in WAYS.into_iter().enumerate() {
            // A loop has no tasks.
            let sizes = if way == LOOP {
                &[1]
            } else {
                work.chunk_sizes()
            };
            for &chunk in sizes {
                let measured = python.run(work.name(), way, &items, chunk)?;
                compare(work, &items, &measured.results, &expected)?;
                python_best[i].take(measured.seconds, chunk);
                if let Some(rust) = rust {
                    let measured = rust.run(work, &items, chunk, pools)?;
                    compare(work, &items, &expected, &measured.results)?;
                    rust_best[i].take(measured.seconds, chunk);
                }
            }
        }
    }

    let each = if work == Work::Nothing {
        items.len() as f64
    } else {
        1.0
    };
    print_line(format_args!("\n{title}"))?;
    let columns = " 1 item     best (chunk)";
    print_line(format_args!(
        "{:<20} {columns}  {:<11} {columns}",
        "Python", "Rust"
    ))?;
    for (i, (way, rust)) in WAYS.into_iter().enumerate() {
        let rust = rust.map_or(String::new(), |rust| {
            format!("{:<11} {}", rust.name(), rust_best[i].columns(each))
        });
        let line = format!("{way:<20} {}  {rust}", python_best[i].columns(each));
        print_line(line.trim_end())?;
    }
    claim(work, each, &python_best, &rust_best)
}

/// What the lecture said of this work, and what was measured.
fn claim(work: Work, each: f64, python: &[Best], rust: &[Best]) -> Result<(), End> {
    let [looped, _, threads, futures, pool] = python else {
        unreachable!("these are the ways");
    };
    let processes = futures.best.min(pool.best);
    if work == Work::Nothing {
        print_line(
            "The lecture: calling a pool of processes looks like calling a function, but each argument\n\
             and each result goes through a pipe.",
        )?;
        return print_line(format_args!(
            "Measured: a task costs {:.1?} in Python's processes, {:.1?} in its threads; {:.1?} in ProcessPool,\n\
             {:.1?} in ThreadPool.",
            Duration::from_secs_f64(futures.single.min(pool.single) / each),
            Duration::from_secs_f64(threads.single / each),
            // There is none on this system: as if endless.
            Duration::try_from_secs_f64(rust[4].single / each).unwrap_or(Duration::MAX),
            Duration::from_secs_f64(rust[2].single / each)
        ));
    }
    print_line(
        "The lecture: Python's threads compute no faster than a loop; its processes do, if the work is\n\
         large.",
    )?;
    print_line(format_args!(
        "Measured: against their own loops, Python's threads are {:.2} times as fast, its processes\n\
         {:.2} times; ThreadPool {:.2} times, ProcessPool {:.2} times. Rust's loop is {:.1} times as\n\
         fast as Python's.",
        looped.best / threads.best,
        looped.best / processes,
        rust[0].best / rust[2].best,
        rust[0].best / rust[4].best,
        looped.best / rust[0].best
    ))
}

struct Options {
    work: Option<Work>,
    rounds: u32,
    threads: usize,
    quick: bool,
    python: String,
}

fn options(mut arguments: lexopt::Parser) -> Result<Options, End> {
    let mut options = Options {
        work: None,
        rounds: 3,
        threads: cores(),
        quick: false,
        python: if cfg!(windows) { "python" } else { "python3" }.into(),
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("quick") => options.quick = true,
            Long("threads") => options.threads = common::threads(&mut arguments)?,
            Long("rounds") => {
                options.rounds = whole(&mut arguments, "--rounds", 1..=1000)?;
            }
            Long("work") => {
                let expected = "factor, factorial, squares or nothing";
                let known = |name: &String| Work::ALL.iter().any(|work| work.name() == name);
                let name = value(&mut arguments, "--work", expected, known)?;
                options.work = Work::ALL.into_iter().find(|work| work.name() == name);
            }
            Long("python") => {
                let named = |name: &String| !name.is_empty();
                options.python = value(&mut arguments, "--python", "a program", named)?;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

fn beside_python(arguments: lexopt::Parser) -> Result<(), End> {
    let options = options(arguments)?;
    let pools = Pools::new(options.threads)?;
    let mut python = Python::start(&options.python, options.threads)?;
    let build = if cfg!(debug_assertions) {
        "debug; --release is faster"
    } else {
        "release"
    };
    print_line(format_args!(
        "Python {} ({}) against Rust ({build}), {} worker(s) on {} core(s), best of {}",
        python.version,
        if python.gil {
            "with its global lock"
        } else {
            "without a global lock"
        },
        options.threads,
        cores(),
        options.rounds
    ))?;
    for work in Work::ALL {
        if options.work.is_none_or(|only| only == work) {
            measure(work, &options, &mut python, &pools)?;
        }
    }
    print_line("\nThe results of both were the same everywhere.")?;
    python.end()
}

fn main() -> ExitCode {
    racecourse::pool::process::enter();
    common::run(HELP, beside_python)
}
