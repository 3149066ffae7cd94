//! An engineer's tests: the programs of the comparison, by the explorer and by loom.

mod explorer;
mod found;
mod loom;
mod program;

use std::sync::Arc;
use std::time::{Duration, Instant};

use found::{Answer, Tally};
use program::Program;

/// Which program, and how long, is said by the environment, for one build serves them all.
fn number(name: &str) -> f64 {
    let text = std::env::var(name).unwrap();
    text.parse().unwrap()
}

fn measure(check: fn(usize, Duration, &Arc<Tally>) -> Result<Answer, String>) {
    let limit = Duration::from_secs_f64(number("BENCH_LIMIT"));
    let tally = Arc::default();
    let start = Instant::now();
    let answer = check(number("BENCH_PROGRAM") as usize, limit, &tally).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let Answer {
        executions,
        blocked,
        finished,
    } = answer;
    let results = tally.counts().1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak
        .and_then(|line| line.split_whitespace().next())
        .unwrap_or("null");
    println!(
        "measured: {{\"executions\": {executions}, \"blocked\": {blocked}, \"results\": {results}, \
         \"finished\": {finished}, \"first\": {seconds}, \"seconds\": {seconds}, \"repetitions\": 1, \
         \"peak_kib\": {peak}, \"failure\": null}}"
    );
}

#[test]
fn explorer() {
    measure(explorer::check);
}

#[test]
fn loom() {
    measure(loom::check);
}
