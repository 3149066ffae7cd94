//! A pool of processes: it looks like a function call, costs what sending costs, and loses one task at a time.
//!
//! ```text
//! cargo run --release --example process_pool
//! ```

mod common;

#[cfg(unix)]
mod example {
    use super::common::{End, MOST_THREADS, cores, print_line, whole};
    use lexopt::Arg::{Long, Short};
    use racecourse::pool::{Accepts, Call, Executor, Job, ProcessPool, ThreadPool};
    use serde::{Deserialize, Serialize};
    use std::collections::BTreeMap;
    use std::time::{Duration, Instant};

    pub(crate) const HELP: &str = "
Starts a pool of processes and shows what it does, what it costs beside a pool of threads,
and what becomes of a task whose process ends, hangs or panics.

Usage: process_pool [OPTIONS]

Options:
  --processes N   how many worker processes, and threads to compare with [one for each core]
  --tasks N       how many small tasks to time [2000]
  --megabytes N   how large a text to send there and back [16]
  -h, --help      this text

Ctrl-C stops it, and with it the workers. What a task that panics says goes to standard error.

Try:
  process_pool --processes 1
  process_pool --tasks 20000 --megabytes 64
";

    // What a worker can do. It finds the work by its name: a closure could not leave this process.

    fn square(n: u64) -> u64 {
        n * n
    }
    racecourse::remote!(Square = square(u64) -> u64);

    fn who(_: u32) -> u32 {
        std::thread::sleep(Duration::from_millis(1));
        std::process::id()
    }
    racecourse::remote!(Who = who(u32) -> u32);

    fn echo(text: String) -> String {
        text
    }
    racecourse::remote!(Echo = echo(String) -> String);

    /// Ways in which a task can take its process with it.
    #[derive(Clone, Copy, Serialize, Deserialize)]
    enum Misbehave {
        Panic,
        Exit,
        Crash,
        Hang,
    }

    impl Job for Misbehave {
        type Output = ();

        fn run(self) {
            match self {
                Misbehave::Panic => panic!("a bad input"),
                Misbehave::Exit => std::process::exit(3),
                Misbehave::Crash => std::process::abort(),
                Misbehave::Hang => std::thread::sleep(Duration::from_secs(3600)),
            }
        }
    }
    racecourse::remote!(impl Job for Misbehave);

    pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), End> {
        let (mut processes, mut tasks, mut megabytes) = (cores(), 2000_u64, 16_usize);
        while let Some(argument) = arguments.next()? {
            match argument {
                Short('h') | Long("help") => return Err(End::Help),
                Long("processes") => {
                    processes = whole(&mut arguments, "--processes", 1..=MOST_THREADS)?;
                }
                Long("tasks") => {
                    tasks = whole(&mut arguments, "--tasks", 1..=1_000_000)?;
                }
                Long("megabytes") => {
                    megabytes = whole(&mut arguments, "--megabytes", 1..=1000)?;
                }
                other => return Err(other.unexpected().into()),
            }
        }

        let start = Instant::now();
        let pool = ProcessPool::builder()
            .processes(processes)
            .deadline(Duration::from_millis(500))
            .build()?;
        let started = start.elapsed();
        let threads = ThreadPool::try_new(processes)?;

        print_line(format_args!(
            "{processes} worker process(es) in {started:.1?}: {:?}; this is {}",
            pool.pids(),
            std::process::id()
        ))?;
        print_line(format_args!(
            "It looks like a function call: {:?}",
            pool.try_map(Square, 1..=8)?
        ))?;
        let mut shares = BTreeMap::new();
        for pid in pool.try_map(Who, 0..100)? {
            *shares.entry(pid).or_insert(0) += 1;
        }
        print_line(format_args!(
            "Which process runs what is its own business: of 100 tasks each ran {shares:?}"
        ))?;

        print_line("\nWhat sending costs, for each task:")?;
        print_line(format_args!(
            "  {:<34}{:>12}{:>12}",
            "", "processes", "threads"
        ))?;
        for (what, size) in [
            ("alone, the next when it is back", 0),
            ("all at once, one a message", 1),
        ] {
            let each = |elapsed: Duration| elapsed / u32::try_from(tasks).expect("checked above");
            print_line(format_args!(
                "  {what:<34}{:>12.1?}{:>12.1?}",
                each(small(&pool, tasks, size)?),
                each(small(&threads, tasks, size)?)
            ))?;
        }
        let text = "x".repeat(megabytes * 1_000_000);
        print_line(format_args!(
            "  {:<34}{:>12.1?}{:>12.1?}",
            format!("{megabytes} MB there and back"),
            large(&pool, &text)?,
            large(&threads, &text)?
        ))?;
        print_line(
            "A thread is handed a pointer; a process gets every byte, written and read again.",
        )?;

        print_line(
            "\nWhat becomes of a task that takes its process with it, with 20 others around it:",
        )?;
        // A panic is told on standard error by whoever panics, as in any program.
        for (what, task) in [
            ("panics", Misbehave::Panic),
            ("exits", Misbehave::Exit),
            ("crashes", Misbehave::Crash),
            ("hangs", Misbehave::Hang),
        ] {
            let submit = |n| {
                let function = std::sync::Arc::new(Square);
                pool.submit(Call {
                    function,
                    argument: n,
                })
            };
            let before: Vec<_> = (0..10).map(submit).collect();
            let bad = pool.submit(task);
            let behind: Vec<_> = (10..20).map(submit).collect();
            let error = bad.join().expect_err("it gives nothing");
            let mut unharmed = 0;
            for task in before.into_iter().chain(behind) {
                task.join()?;
                unharmed += 1;
            }
            print_line(format_args!("  {what}: {error}"))?;
            print_line(format_args!(
                "    the other {unharmed} tasks gave their results"
            ))?;
        }
        Ok(())
    }

    /// Runs small tasks, each by itself if `size` is 0.
    fn small<E: Accepts<Call<Square, u64>>>(
        pool: &E,
        tasks: u64,
        size: usize,
    ) -> Result<Duration, End> {
        let start = Instant::now();
        if size == 0 {
            let function = std::sync::Arc::new(Square);
            for argument in 0..tasks {
                let function = std::sync::Arc::clone(&function);
                pool.submit(Call { function, argument }).join()?;
            }
        } else {
            Executor::map_chunked(pool, Square, 0..tasks, size);
        }
        Ok(start.elapsed())
    }

    /// The best of three.
    fn large<E: Accepts<Call<Echo, String>>>(pool: &E, text: &str) -> Result<Duration, End> {
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let argument = text.to_owned();
            let function = std::sync::Arc::new(Echo);
            let start = Instant::now();
            let back = pool.submit(Call { function, argument }).join()?;
            best = best.min(start.elapsed());
            if back != text {
                return Err(End::Failed("another text came back".into()));
            }
        }
        Ok(best)
    }
}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    racecourse::pool::process::enter();
    common::run(example::HELP, example::run)
}

#[cfg(not(unix))]
fn main() -> std::process::ExitCode {
    common::run("process_pool needs Unix.", |_| {
        Err(common::End::Failed("pools of processes need Unix".into()))
    })
}
