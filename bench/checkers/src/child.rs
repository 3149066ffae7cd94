//! One checker on one program, in a process of its own.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::checkers::{ALL, Checker, Tally};
use crate::process;
use crate::stop::Stop;

/// A short check is repeated for so long, or its time would be that of a cold start.
const AT_LEAST: Duration = Duration::from_millis(200);
/// A checker that does not look at the time is cut after this much more.
const GRACE: Duration = Duration::from_secs(2);

/// What a process says of a checker on a program.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Run {
    pub executions: u64,
    pub blocked: u64,
    /// Different results.
    pub results: u64,
    pub finished: bool,
    /// Seconds that the first check took.
    pub first: f64,
    /// Seconds that a check took: the median of its repetitions.
    pub seconds: f64,
    pub repetitions: usize,
    /// The most memory that the process ever had, in KiB.
    pub peak_kib: Option<u64>,
    /// What was objected to, or what the process died of.
    pub failure: Option<String>,
}

/// Measures, in this process.
pub fn measure(checker: Checker, program: usize, limit: Duration) -> Run {
    let current = Arc::new(Mutex::new((Instant::now(), Arc::new(Tally::default()))));
    watch(&current, limit + GRACE);
    let mut run = Run::default();
    let mut times = Vec::new();
    let start = Instant::now();
    while times.is_empty() || start.elapsed() < AT_LEAST.min(limit) {
        let tally = Arc::new(Tally::default());
        let before = Instant::now();
        *current.lock().unwrap_or_else(PoisonError::into_inner) = (before, Arc::clone(&tally));
        let check = AssertUnwindSafe(|| checker.check(program, limit, &tally));
        let answer = catch_unwind(check).unwrap_or_else(|panic| Err(words(&*panic)));
        times.push(before.elapsed().as_secs_f64());
        run.results = tally.counts().1;
        match answer {
            Ok(answer) => {
                run.executions = answer.executions;
                run.blocked = answer.blocked;
                run.finished = answer.finished;
            }
            Err(failure) => {
                run.executions = tally.counts().0;
                run.finished = false;
                run.failure = Some(failure);
            }
        }
        if !run.finished {
            break;
        }
    }
    run.first = times[0];
    run.repetitions = times.len();
    run.seconds = median(&mut times);
    run.peak_kib = peak();
    run
}

/// Ends the process with what is known so far, after this time.
fn watch(current: &Arc<Mutex<(Instant, Arc<Tally>)>>, most: Duration) {
    let current = Arc::clone(current);
    thread::spawn(move || {
        thread::sleep(most);
        let (since, tally) = current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let (executions, results) = tally.counts();
        let seconds = since.elapsed().as_secs_f64();
        let run = Run {
            executions,
            results,
            first: seconds,
            seconds,
            repetitions: 1,
            peak_kib: peak(),
            ..Run::default()
        };
        println!("{}", serde_json::json!(run));
        std::process::exit(0);
    });
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("without words"))
}

pub fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 {
        numbers[middle]
    } else {
        (numbers[middle - 1] + numbers[middle]) / 2.0
    }
}

/// From the process's own memory map, as Linux tells it: what `getrusage` says is inherited from the parent.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Starts a process that measures, and waits for what it says.
pub fn start(checker: Checker, program: usize, limit: Duration) -> Result<Run, Stop> {
    let myself =
        std::env::current_exe().map_err(|error| Stop::failed("cannot find myself", error))?;
    let mut command = Command::new(myself);
    command
        .args([
            "--child",
            checker.name(),
            "--limit",
            &limit.as_secs_f64().to_string(),
        ])
        .arg(ALL[program].name);
    let ended = process::run(&mut command, limit + 5 * GRACE)?;
    let said = ended
        .output
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok());
    Ok(said.unwrap_or_else(|| Run {
        failure: Some(ended.why()),
        ..Run::default()
    }))
}
