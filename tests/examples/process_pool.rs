//! LECTURE 8: a pool of processes.

use crate::process::{PATIENCE, end_of, output, program, rest_of};
use std::io::{BufRead, BufReader};
use std::process::Command;

#[test]
fn a_tour_of_the_pool_names_its_workers_its_costs_and_four_faults() {
    let printed = output(
        "process_pool",
        &["--processes", "2", "--tasks", "50", "--megabytes", "1"],
    );
    for part in [
        "2 worker process(es) in ",
        "It looks like a function call: [1, 4, 9, 16, 25, 36, 49, 64]",
        "of 100 tasks each ran {",
        "1 MB there and back",
        "panics: the task panicked: a bad input",
        "exits: worker process ",
        "(exit status: 3)",
        "crashes: worker process ",
        "(signal: 6 (SIGABRT)",
        "hangs: worker process ",
        "took longer than 500ms",
    ] {
        assert!(printed.contains(part), "{part:?} is missing: {printed}");
    }
    assert_eq!(
        printed
            .matches("the other 20 tasks gave their results")
            .count(),
        4,
        "{printed}"
    );
}

/// The workers hold the output, too: it ends when the last of them has ended.
#[test]
fn ctrl_c_leaves_no_worker() {
    let mut child = program("process_pool")
        .args(["--tasks", "1000000"])
        .spawn()
        .expect("the example starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    while !line.starts_with("What sending costs") {
        line.clear();
        assert!(stdout.read_line(&mut line).expect("UTF-8") > 0);
    }
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill exists").success());
    let status = end_of(&mut child);
    assert!(!status.success(), "{status} within {PATIENCE:?}");
    rest_of(stdout);
}
