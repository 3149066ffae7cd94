//! Programs that are no workers: said at once, with the remedy, and nothing is left running.

use std::path::Path;
use std::time::Duration;

use racecourse::pool::process::{StartError, enter};
use racecourse::pool::{Executor as _, ProcessPool};

use crate::jobs::Square;

fn refused<const N: usize>(program: &str, arguments: [&str; N], timeout: Duration) -> StartError {
    ProcessPool::builder()
        .processes(2)
        .program(program, arguments)
        .start_timeout(timeout)
        .build()
        .expect_err("no worker")
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_pool_of_nobody_is_refused() {
    let error = ProcessPool::try_new(0).unwrap_err();
    assert!(matches!(error, StartError::ZeroProcesses));
    assert!(error.to_string().contains("ask for 1 or more"));
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let error = refused("/nowhere/worker", [], LONG);
    assert!(
        matches!(&error, StartError::Spawn { program, .. } if program == Path::new("/nowhere/worker"))
    );
    assert!(error.to_string().contains("/nowhere/worker"), "{error}");
}

#[test]
fn a_program_that_ends_is_told_to_enter() {
    let error = refused("sh", ["-c", "exit 5"], LONG);
    assert!(matches!(error, StartError::EndedEarly { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("exit status: 5") && text.contains("enter()"),
        "{text}"
    );
}

#[test]
fn a_program_that_does_something_else_is_told_to_enter() {
    let error = refused("sleep", ["1000"], Duration::from_millis(300));
    assert!(matches!(error, StartError::Silent { .. }), "{error}");
    assert!(error.to_string().contains("enter()"));
}

#[test]
fn a_program_that_says_something_else_is_no_worker() {
    // It says what it is told.
    let error = refused("sh", ["-c", "cat >&0"], LONG);
    assert!(matches!(error, StartError::NoWorker { .. }), "{error}");
    let error = refused(
        "sh",
        [
            "-c",
            "echo a line that is long enough to be a header >&0; exec sleep 1000",
        ],
        LONG,
    );
    assert!(matches!(error, StartError::NoWorker { .. }), "{error}");
}

#[test]
fn another_program_can_be_the_worker() {
    let this = std::env::current_exe().unwrap();
    let pool = ProcessPool::builder()
        .processes(1)
        .program(this, ["racecourse_worker", "--exact", "--nocapture"])
        .build()
        .unwrap();
    assert_eq!(pool.map(Square, [3]), [9]);
}

#[test]
fn entering_in_a_test_is_too_late() {
    // The harness runs a test on a thread of its own, unless there is but one.
    let entered = std::thread::Builder::new()
        .name("a test".to_owned())
        .spawn(enter)
        .unwrap()
        .join();
    let text = *entered.unwrap_err().downcast::<String>().unwrap();
    assert!(
        text.contains("\"a test\"") && text.contains("enter_tests!"),
        "{text}"
    );
}

/// A task may start another program that has pools: what it inherits does not make that a worker.
#[test]
fn the_variable_alone_makes_no_worker() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "setup::a_pool_of_nobody_is_refused",
            "racecourse_worker",
            "--exact",
        ])
        .env("RACECOURSE_WORKER", format!("{}-0", std::process::id()))
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("2 passed"), "{printed}");
}
