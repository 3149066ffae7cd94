//! A pool's process that is killed outright leaves nobody behind.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use racecourse::pool::{Executor as _, ProcessPool};

use crate::jobs::{Harm, Hold};
use crate::system::{Gate, eventually, runs};

const ALONE: &str = "RACECOURSE_TEST_ALONE";

/// Whether this process runs one test only, by [`run_alone`].
pub(crate) fn is_alone() -> bool {
    std::env::var_os(ALONE).is_some()
}

fn alone(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture"])
        .env(ALONE, "yes");
    command
}

/// Runs a test of this program in a process of its own, and passes on how it ends.
pub(crate) fn run_alone(test: &str) {
    let output = alone(test).stdin(Stdio::null()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{printed}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn workers_end_with_their_pools_process_whatever_they_do() {
    let mut parent = alone("orphans::a_process_with_an_idle_a_busy_and_a_deaf_worker")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pids: Vec<u32> = BufReader::new(parent.stdout.take().unwrap())
        .lines()
        .find_map(|line| {
            let line = line.unwrap();
            let (_, pids) = line.split_once("workers: ")?;
            Some(pids.split(' ').map(|pid| pid.parse().unwrap()).collect())
        })
        .expect("the process says who its workers are");
    assert_eq!(pids.len(), 3);
    assert!(pids.iter().all(|&pid| runs(pid)));
    parent.kill().unwrap();
    parent.wait().unwrap();
    for pid in pids {
        eventually("the worker ends", || !runs(pid));
    }
    Gate::sweep(parent.id());
}

/// What is killed above.
#[test]
fn a_process_with_an_idle_a_busy_and_a_deaf_worker() {
    if !is_alone() {
        return;
    }
    let pool = ProcessPool::new(3);
    let gate = Gate::new();
    let busy = pool.submit(Hold(gate.path()));
    gate.wait_until_held();
    // It exits, and a child that it forked keeps the socket: the pool's end must be seen by the others all the same.
    let _ = pool.submit(Harm::ForkAndExit).join();
    eventually("three workers", || pool.pids().len() == 3);
    let pids: Vec<String> = pool.pids().iter().map(u32::to_string).collect();
    println!("workers: {}", pids.join(" "));
    // For ever: the gate's file is gone only after the test.
    busy.join().unwrap();
}
