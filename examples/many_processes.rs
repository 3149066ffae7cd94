//! As many processes as there are cores, each computing squares; against threads, and against one thread.
//!
//! ```text
//! cargo run --release --example many_processes
//! cargo run --release --example many_processes -- --squares 1000000000
//! ```
//!
//! A child is this program again, with an argument that nobody types. Nothing is shared with it but two pipes:
//!
//! ```text
//!        ┌──────── stdin, never written to ───────▶ child 1 ──── stdout ────┐
//! parent ┤                                                                  ├──▶ events ──▶ parent
//!        └──────── stdin, never written to ───────▶ child 2 ──── stdout ────┘      ▲
//!                                                                         Ctrl-C ──┘
//! ```
//!
//! No child outlives its parent, however that one ends: the system then closes the children's standard input,
//! which each of them watches.

mod common;
#[path = "common/interrupt.rs"]
mod interrupt;

use common::squares::{squares, sum_of_squares_below};
use common::{End, cores, grouped, print_line, value, whole};
use interrupt::on_interrupt;
use lexopt::Arg::{Long, Short};
use racecourse::queue::{BoundedQueue, Shutdown};
use racecourse::sync::Arc;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{self, Child, Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const HELP: &str = "
Starts as many processes as there are cores. Each says its process id and the name of its main
module, and computes squares. Then the same work is done by as many threads, and by one.

Usage: many_processes [OPTIONS]

Options:
  --processes N   how many processes, and then threads [one for each core]
  --squares N     how many squares each of them computes [20000000]
  -h, --help      this text

A release build measures best: cargo run --release --example many_processes. If a process fails
or is killed, the others are stopped and the exit status is 1. Ctrl-C ends all of them.

Try:
  many_processes --squares 1000000000       starting a process is little, beside long work
  many_processes --squares 1000             and much, beside short work
";

/// The argument that makes this program a child, followed by its number.
const CHILD: &str = "child";

const MORE_PROCESSES: &str = "ask for fewer with --processes, close other programs, or raise the limit on processes and threads (ulimit -u)";

// ---- the child ----

fn child(number: usize, count: u64) -> Result<(), End> {
    // Ctrl-C on a terminal reaches every process there. What becomes of the children is for the parent to say.
    let ignored = ctrlc::set_handler(|| ());
    ignored.map_err(|error| cannot("watch for Ctrl-C, which takes a thread", &error))?;
    let watch = || {
        // Nothing ever comes: the read ends when the parent has.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(1);
    };
    thread::Builder::new()
        .spawn(watch)
        .map_err(|error| cannot("watch the parent, which takes a thread", &error))?;
    // Python's `__name__` is `__main__` in the program that was started; here that is the name of its crate.
    print_line(format_args!(
        "  process {}: main module `{}`, child {number}",
        process::id(),
        module_path!()
    ))?;
    print_line(squares(0, count))
}

// ---- the parent ----

enum Event {
    /// The child with this index printed a line.
    Line(usize, String),
    /// The child with this index has closed its output: it has ended.
    Closed(usize),
    /// Ctrl-C.
    Interrupt,
}

/// Running children. None of them is left when this is dropped.
struct Children(Vec<Child>);

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // One that has ended already cannot be killed, and need not.
            let _ = child.kill();
        }
        for child in &mut self.0 {
            let _ = child.wait();
        }
    }
}

fn cannot(what: &str, error: &dyn std::error::Error) -> End {
    End::Failed(format!("cannot {what}: {error}; {MORE_PROCESSES}"))
}

/// How a child ended that did not end well.
fn fate(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return format!("was killed by signal {signal}");
        }
    }
    match status.code() {
        Some(0) => "ended without a result".into(),
        Some(code) => format!("failed with status {code}"),
        None => format!("ended with {status}"),
    }
}

/// Starts a process, and a thread that makes events of what it prints.
fn start(
    children: &mut Children,
    index: usize,
    count: u64,
    events: &Arc<BoundedQueue<Event>>,
) -> Result<(), End> {
    let what = format!("start process {}", index + 1);
    let mut child = std::env::current_exe()
        .and_then(|program| {
            Command::new(program)
                .args([CHILD, &(index + 1).to_string(), &count.to_string()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
        })
        .map_err(|error| cannot(&what, &error))?;
    let output = child.stdout.take().expect("it is piped");
    children.0.push(child);
    let events = Arc::clone(events);
    let read = move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if events.put(Event::Line(index, line)).is_err() {
                return; // Nobody listens any more.
            }
        }
        let _ = events.put(Event::Closed(index));
    };
    thread::Builder::new()
        .spawn(read)
        .map_err(|error| cannot(&format!("{what}, whose output takes a thread"), &error))?;
    Ok(())
}

/// Has `processes` processes compute; how long that took, and how long until all had started.
fn on_processes(
    processes: usize,
    count: u64,
    events: &Arc<BoundedQueue<Event>>,
) -> Result<(Duration, Duration), End> {
    let start_of_all = Instant::now();
    let mut children = Children(Vec::new());
    for index in 0..processes {
        start(&mut children, index, count, events)?;
    }
    let (mut said, mut sums) = (vec![false; processes], vec![None; processes]);
    let (mut running, mut starting) = (processes, Duration::ZERO);
    while running > 0 {
        match events.get() {
            // A child prints two lines: who it is, and its result.
            Ok(Event::Line(index, line)) if !said[index] => {
                said[index] = true;
                starting = start_of_all.elapsed();
                print_line(line)?;
            }
            Ok(Event::Line(index, line)) => sums[index] = line.parse().ok(),
            Ok(Event::Closed(index)) => {
                running -= 1;
                let child = &mut children.0[index];
                let status = child.wait().map_err(|error| cannot("wait", &error))?;
                if !status.success() || sums[index].is_none() {
                    return Err(End::Failed(format!(
                        "process {} (child {}) {}, so its squares are lost, and the others were stopped; run it again",
                        child.id(),
                        index + 1,
                        fate(status)
                    )));
                }
            }
            Ok(Event::Interrupt) | Err(_) => {
                drop(children);
                return Err(End::Interrupted(format!(
                    "stopped by Ctrl-C, and with it its {processes} process(es)"
                )));
            }
        }
    }
    let time = start_of_all.elapsed();
    check(sums.into_iter().flatten(), count);
    Ok((time, starting))
}

/// The same on `threads` threads.
fn on_threads(threads: usize, count: u64) -> Result<Duration, End> {
    let start = Instant::now();
    let workers = (0..threads)
        .map(|_| thread::Builder::new().spawn(move || squares(0, count)))
        .collect::<io::Result<Vec<_>>>()
        .map_err(|error| cannot(&format!("start {threads} thread(s)"), &error))?;
    let sums: Vec<u64> = workers
        .into_iter()
        .map(|worker| worker.join().expect("a sum does not panic"))
        .collect();
    let time = start.elapsed();
    check(sums, count);
    Ok(time)
}

/// The same on this thread, one after the other.
fn on_one_thread(times: usize, count: u64) -> Duration {
    let start = Instant::now();
    let sums: Vec<u64> = (0..times).map(|_| squares(0, count)).collect();
    let time = start.elapsed();
    check(sums, count);
    time
}

fn check(sums: impl IntoIterator<Item = u64>, count: u64) {
    for sum in sums {
        assert_eq!(sum, sum_of_squares_below(count), "a sum is wrong");
    }
}

struct Options {
    processes: usize,
    squares: u64,
    /// The number of the child that this process is.
    child: Option<usize>,
}

fn options(mut arguments: lexopt::Parser) -> Result<Options, End> {
    let mut options = Options {
        processes: cores(),
        squares: 20_000_000,
        child: None,
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("processes") => {
                options.processes = whole(&mut arguments, "--processes", 1..=256)?;
            }
            Long("squares") => {
                options.squares = whole(&mut arguments, "--squares", 1..=1_000_000_000_000)?;
            }
            lexopt::Arg::Value(text) if text == CHILD => {
                let number = value(&mut arguments, CHILD, "a number", |_| true)?;
                options.child = Some(number);
                options.squares = whole(&mut arguments, CHILD, 1..=1_000_000_000_000)?;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

fn many_processes(arguments: lexopt::Parser) -> Result<(), End> {
    let Options {
        processes,
        squares: count,
        child: number,
    } = options(arguments)?;
    if let Some(number) = number {
        return child(number, count);
    }

    // Closed when no child is left: then there is nothing to clean up.
    let events = Arc::new(BoundedQueue::new(16));
    on_interrupt(&events, || Event::Interrupt)
        .map_err(|error| cannot("watch for Ctrl-C, which takes a thread", &error))?;

    print_line(format_args!(
        "Process {} starts {processes} process(es), {} squares each.",
        process::id(),
        grouped(count)
    ))?;
    let (by_processes, starting) = on_processes(processes, count, &events)?;
    events.shutdown(Shutdown::Immediate);
    let seconds = |time: Duration| format!("{:.6}", time.as_secs_f64());
    print_line(format_args!(
        "work took {} seconds, of which {} until the last process had started\n",
        seconds(by_processes),
        seconds(starting)
    ))?;

    print_line("The same work again:")?;
    let alone = on_one_thread(processes, count);
    let by_threads = on_threads(processes, count)?;
    for (who, time) in [
        ("one thread".to_owned(), alone),
        (format!("{processes} thread(s)"), by_threads),
        (format!("{processes} process(es)"), by_processes),
    ] {
        print_line(format_args!(
            "  {who:<15} {:>11} s  {:5.2} times as fast as one thread",
            seconds(time),
            alone.as_secs_f64() / time.as_secs_f64()
        ))?;
    }
    print_line(
        "\nPython needs processes for this, since its threads take turns under one lock (example `gil`).\n\
         Threads have no such lock here, share their memory, and start sooner.",
    )
}

fn main() -> ExitCode {
    common::run(HELP, many_processes)
}
