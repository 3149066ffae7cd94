//! The thread pool at the lecture's work: prime factors and factorials, one task a number, results in order.

use std::io::IsTerminal;
use std::mem::ManuallyDrop;
use std::ops::RangeInclusive;
use std::thread::available_parallelism;
use std::time::Instant;

use racecourse::pool::ThreadPool;
use racecourse::workload::factor;
use racecourse::workload::factorial::{self, DEFAULT_LIMIT_BYTES};
use serde_json::json;

use crate::args::{Factor, Factorial, Pool};
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
    let threads = threads(options.threads.as_deref())?;
    let method = if options.naive {
        factor::naive
    } else {
        factor::factor
    };
    let total = numbers.len() as u64;
    let work = move |number: u128| (number, method(number));
    each(
        threads,
        numbers,
        total,
        work,
        options.json,
        screen,
        |(number, factors)| Line {
            text: factor::sentence(*number, factors).to_string(),
            json: json!({
                "number": number.to_string(),
                "factors": factors.iter().map(u128::to_string).collect::<Vec<_>>(),
            }),
        },
    )
}

fn factorials(options: &Factorial, screen: &mut Screen) -> Result<Status, Stop> {
    let range = range(&options.range)?;
    let limit = options.memory.map_or(DEFAULT_LIMIT_BYTES, |megabytes| {
        megabytes.saturating_mul(1_000_000)
    });
    // The largest is the last: refused now, not after hours of work on the others.
    factorial::check_size(*range.end(), limit)
        .map_err(|error| Stop::usage(format!("{error} (--memory, in megabytes)")))?;
    let threads = threads(options.threads.as_deref())?;
    let total = (range.end() - range.start()).saturating_add(1);
    // Writing the digits is most of the work, so it is the task's as well.
    let work = |n: u64| (n, factorial::factorial(n).to_string());
    each(
        threads,
        range,
        total,
        work,
        options.json,
        screen,
        |(n, digits)| Line {
            text: format!("{n}! = {digits}"),
            json: json!({ "number": n.to_string(), "factorial": digits }),
        },
    )
}

/// What is written of one result.
struct Line {
    text: String,
    json: serde_json::Value,
}

/// Runs `work` on the items in a pool, and writes each result in its turn as soon as it is there.
fn each<I, R>(
    threads: usize,
    items: I,
    total: u64,
    work: impl Fn(I::Item) -> R + Send + Sync + 'static,
    json: bool,
    screen: &mut Screen,
    line: impl Fn(&R) -> Line,
) -> Result<Status, Stop>
where
    I: IntoIterator<Item: Send + 'static>,
    R: Send + 'static,
{
    let start = Instant::now();
    // Not dropped: when the reader of the output goes away, nobody waits for numbers half done.
    let pool = ManuallyDrop::new(ThreadPool::try_new(threads).map_err(Stop::failed)?);
    let bar = stop::bar(total, "{bar:30} {pos}/{len}, {elapsed}");
    let mut results = pool.imap(work, items);
    let mut first = true;
    while let Some(result) = results.try_next() {
        let line = line(&result.map_err(Stop::failed)?);
        bar.inc(1);
        stop::beside(&bar, || {
            let text = if json {
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
    if json {
        screen.text(if first { "[]\n" } else { "\n]\n" })?;
    }
    screen.flush()?;
    if std::io::stderr().is_terminal() {
        let took = time(start.elapsed().as_secs_f64());
        let numbers = if total == 1 {
            "1 number".to_owned()
        } else {
            format!("{} numbers", grouped(total))
        };
        screen.complain(&format!(
            "{numbers}, {threads} thread{}, {took}",
            if threads == 1 { "" } else { "s" }
        ));
    }
    Ok(Status::Good)
}

/// Long before the memory for their stacks ends, threads use up what the system maps, and std aborts.
const MOST_THREADS: usize = 4_096;

fn threads(asked: Option<&str>) -> Result<usize, Stop> {
    let Some(text) = asked else {
        return Ok(available_parallelism().map_or(1, usize::from));
    };
    match text.trim().parse::<usize>() {
        Ok(0) => Err(Stop::usage(
            "--threads 0: a pool without threads never does anything; give at least 1",
        )),
        Ok(threads) if threads > MOST_THREADS => Err(Stop::usage(format!(
            "--threads {threads}: at most {MOST_THREADS} are taken; more than there are processors seldom helps"
        ))),
        Ok(threads) => Ok(threads),
        Err(_) => Err(Stop::usage(format!(
            "--threads {text:?} is not a number of threads: give a whole number from 1"
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
    fn threads_are_counted_from_one() {
        assert!(threads(None).expect("a default") >= 1);
        assert_eq!(threads(Some("3")).expect("3"), 3);
        for text in ["0", "-2", "two", "1.5", ""] {
            assert!(matches!(threads(Some(text)), Err(Stop::Usage(_))), "{text}");
        }
    }
}
