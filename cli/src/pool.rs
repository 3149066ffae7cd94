//! The pools at the lecture's work: prime factors and factorials, one task a number, results in order.

use std::io::IsTerminal;
use std::mem::ManuallyDrop;
use std::ops::RangeInclusive;
use std::thread::available_parallelism;
use std::time::Instant;

#[cfg(unix)]
use racecourse::pool::ProcessPool;
use racecourse::pool::{Accepts, Call, Executor, Function, ThreadPool};
use racecourse::workload::factorial::{self, DEFAULT_LIMIT_BYTES};
use racecourse::workload::{self, factor};
use serde_json::json;

use crate::args::{self, Factor, Factorial, Pool};
use crate::screen::Screen;
use crate::stop::{self, Status, Stop};
use crate::words::{grouped, time};

pub fn run(command: &Pool, screen: &mut Screen) -> Result<Status, Stop> {
    match command {
        Pool::Factor(options) => factors(options, screen),
        Pool::Factorial(options) => factorials(options, screen),
    }
}

fn factors(options: &Factor, screen: &mut Screen) -> Result<Status, Stop> {
    let parsed: Vec<_> = options
        .numbers
        .iter()
        .map(|text| factor::parse(text))
        .collect();
    // All that is wrong is said at once.
    let wrong: Vec<String> = parsed
        .iter()
        .filter_map(|number| number.as_ref().err())
        .map(ToString::to_string)
        .collect();
    if !wrong.is_empty() {
        return Err(Stop::usage(wrong.join("\nerror: ")));
    }
    let numbers: Vec<u128> = parsed.into_iter().flatten().collect();
    let job = Job {
        workers: workers(&options.workers)?,
        total: numbers.len() as u64,
        json: options.json,
    };
    let line = |number: u128, factors: &Vec<u128>| Line {
        text: factor::sentence(number, factors).to_string(),
        json: json!({
            "number": number.to_string(),
            "factors": factors.iter().map(u128::to_string).collect::<Vec<_>>(),
        }),
    };
    if options.naive {
        job.run(numbers, workload::NaiveFactor, screen, line)
    } else {
        job.run(numbers, workload::Factor, screen, line)
    }
}

fn factorials(options: &Factorial, screen: &mut Screen) -> Result<Status, Stop> {
    let range = range(&options.range)?;
    let limit = options.memory.map_or(DEFAULT_LIMIT_BYTES, |megabytes| {
        megabytes.saturating_mul(1_000_000)
    });
    // The largest is the last: refused now, not after hours of work on the others.
    factorial::check_size(*range.end(), limit)
        .map_err(|error| Stop::usage(format!("{error} (--memory, in megabytes)")))?;
    let job = Job {
        workers: workers(&options.workers)?,
        total: (range.end() - range.start()).saturating_add(1),
        json: options.json,
    };
    job.run(range, Digits, screen, |n, digits| Line {
        text: format!("{n}! = {digits}"),
        json: json!({ "number": n.to_string(), "factorial": digits }),
    })
}

/// Writing the digits is most of the work, so it is the task's as well.
fn digits(n: u64) -> String {
    factorial::factorial(n).to_string()
}

racecourse::remote!(Digits = digits(u64) -> String);

/// What is written of one result.
struct Line {
    text: String,
    json: serde_json::Value,
}

/// What is to be done, but for the numbers.
struct Job {
    workers: Workers,
    total: u64,
    json: bool,
}

impl Job {
    /// Applies `function` to the items in a pool, and writes each result in its turn as soon as it is there.
    fn run<I, F>(
        &self,
        items: I,
        function: F,
        screen: &mut Screen,
        line: impl Fn(I::Item, &F::Output) -> Line,
    ) -> Result<Status, Stop>
    where
        I: IntoIterator<Item: Copy> + Clone,
        F: Function<I::Item>,
        ThreadPool: Accepts<Call<F, I::Item>>,
        AnyProcessPool: Accepts<Call<F, I::Item>>,
    {
        // Neither is dropped: when the reader of the output goes away, nobody waits for numbers half done.
        match self.workers {
            Workers::Threads(threads) => {
                let pool = ManuallyDrop::new(ThreadPool::try_new(threads).map_err(Stop::failed)?);
                self.on(&*pool, items, function, screen, line)
            }
            #[cfg(unix)]
            Workers::Processes(processes) => {
                let pool = ProcessPool::try_new(processes).map_err(Stop::failed)?;
                self.on(&*ManuallyDrop::new(pool), items, function, screen, line)
            }
        }
    }

    fn on<E, I, F>(
        &self,
        pool: &E,
        items: I,
        function: F,
        screen: &mut Screen,
        line: impl Fn(I::Item, &F::Output) -> Line,
    ) -> Result<Status, Stop>
    where
        I: IntoIterator<Item: Copy> + Clone,
        F: Function<I::Item>,
        E: Accepts<Call<F, I::Item>>,
    {
        let start = Instant::now();
        let bar = stop::bar(self.total, "{bar:30} {pos}/{len}, {elapsed}");
        let mut results = Executor::imap(pool, function, items.clone());
        let mut first = true;
        for item in items {
            let Some(result) = results.try_next() else {
                break;
            };
            let line = line(item, &result.map_err(Stop::failed)?);
            bar.inc(1);
            stop::beside(&bar, || {
                let text = if self.json {
                    let before = if first { "[\n  " } else { ",\n  " };
                    format!("{before}{}", line.json)
                } else {
                    format!("{}\n", line.text)
                };
                screen
                    .text(&text)
                    .map_err(Stop::from)
                    .and_then(|()| screen.flush())
            })?;
            first = false;
        }
        bar.finish_and_clear();
        if self.json {
            screen.text(if first { "[]\n" } else { "\n]\n" })?;
        }
        screen.flush()?;
        if std::io::stderr().is_terminal() {
            let took = time(start.elapsed().as_secs_f64());
            let numbers = counted(self.total, "number", "numbers");
            screen.complain(&format!("{numbers}, {}, {took}", self.workers.counted()));
        }
        Ok(Status::Good)
    }
}

/// A pool of processes, where there are any.
#[cfg(unix)]
type AnyProcessPool = ProcessPool;
#[cfg(not(unix))]
type AnyProcessPool = ThreadPool;

fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// Long before the memory for their stacks ends, threads use up what the system maps, and std aborts.
const MOST_THREADS: usize = 4_096;

/// On what the tasks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Workers {
    Threads(usize),
    #[cfg(unix)]
    Processes(usize),
}

impl Workers {
    fn counted(self) -> String {
        match self {
            Self::Threads(n) => counted(n as u64, "thread", "threads"),
            #[cfg(unix)]
            Self::Processes(n) => counted(n as u64, "process", "processes"),
        }
    }
}

fn workers(asked: &args::Workers) -> Result<Workers, Stop> {
    if let Some(text) = asked.processes.as_deref() {
        #[cfg(unix)]
        return number_of("processes", text).map(Workers::Processes);
        #[cfg(not(unix))]
        return Err(Stop::usage(format!(
            "--processes {text}: pools of processes need Unix; use --threads here"
        )));
    }
    match asked.threads.as_deref() {
        None => Ok(Workers::Threads(
            available_parallelism().map_or(1, usize::from),
        )),
        Some(text) => number_of("threads", text).map(Workers::Threads),
    }
}

fn number_of(what: &str, text: &str) -> Result<usize, Stop> {
    match text.trim().parse::<usize>() {
        Ok(0) => Err(Stop::usage(format!(
            "--{what} 0: a pool without {what} never does anything; give at least 1"
        ))),
        Ok(n) if n > MOST_THREADS => Err(Stop::usage(format!(
            "--{what} {n}: at most {MOST_THREADS} are taken; more than there are processors seldom helps"
        ))),
        Ok(n) => Ok(n),
        Err(_) => Err(Stop::usage(format!(
            "--{what} {text:?} is not a number of {what}: give a whole number from 1"
        ))),
    }
}

/// `48`, `1..=48` or `1..49`.
fn range(text: &str) -> Result<RangeInclusive<u64>, Stop> {
    let number = |text: &str| factorial::parse(text).map_err(Stop::usage);
    let empty = |text: &str| {
        Stop::usage(format!(
            "{text:?} is an empty range: the first number must not be above the last"
        ))
    };
    let Some((first, last)) = text.split_once("..") else {
        let n = number(text)?;
        return Ok(n..=n);
    };
    let first = number(first)?;
    let last = match last.strip_prefix('=') {
        Some(last) => number(last)?,
        None => number(last)?.checked_sub(1).ok_or_else(|| empty(text))?,
    };
    if first > last {
        Err(empty(text))
    } else {
        Ok(first..=last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_rust_writes_them() {
        let ok = |text: &str| range(text).expect(text);
        assert_eq!(
            [ok("48"), ok("1..=48"), ok("1..49"), ok(" 3 ..= 3 ")],
            [48..=48, 1..=48, 1..=48, 3..=3]
        );
        for (text, part) in [
            ("2..=1", "empty"),
            ("5..5", "empty"),
            ("0..0", "empty"),
            ("-1", "negative"),
            ("..=3", "no number was given"),
            ("1..", "no number was given"),
            ("1...3", "not whole"),
        ] {
            let Err(Stop::Usage(message)) = range(text) else {
                panic!("{text} is taken")
            };
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn workers_are_counted_from_one() {
        assert_eq!(number_of("threads", "3").expect("3"), 3);
        for text in ["0", "-2", "two", "1.5", ""] {
            let refused = number_of("processes", text);
            assert!(matches!(refused, Err(Stop::Usage(_))), "{text}");
        }
    }
}
