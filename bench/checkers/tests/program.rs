//! The program as it is run: what it counts, what it prints, what it refuses. Nothing is said of times.

use std::process::{Command, Output};

use serde_json::Value;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_racecourse-bench-checkers"));
    command.args(arguments).output().unwrap()
}

#[track_caller]
fn json(arguments: &[&str]) -> Value {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Programs that a debug build ends in time too.
const SMALL: [&str; 8] = [
    "add-3x1",
    "add-3x2",
    "mutex-2x1",
    "queue-2x1",
    "readers-3",
    "corr",
    "sb-seqcst",
    "treiber",
];

#[test]
fn the_explorer_finds_each_execution_once() {
    let mut arguments = vec!["--json", "--rounds=1", "--checker=explorer"];
    arguments.extend(SMALL);
    let said = json(&arguments);
    let rows = said["rows"].as_array().unwrap();
    assert_eq!(rows.len(), SMALL.len());
    for row in rows {
        let run = &row["runs"][0];
        assert_eq!(run["failure"], Value::Null, "{row}");
        assert_eq!(run["finished"], true, "{row}");
        assert_eq!(run["executions"], row["graphs"], "{row}");
        assert_eq!(run["results"], row["graph_results"], "{row}");
    }
}

#[test]
fn all_three_run_the_same_program() {
    let said = json(&["--json", "--rounds=2", "add-3x1"]);
    let rows = said["rows"].as_array().unwrap();
    let checkers: Vec<_> = rows.iter().map(|row| &row["checker"]).collect();
    assert_eq!(checkers, ["explorer", "loom", "shuttle"]);
    for row in rows {
        let runs = row["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 2, "{row}");
        for run in runs {
            assert_eq!(run["finished"], true, "{row}");
            assert_eq!(run["results"], 1, "{row}");
        }
    }
    let versions = &said["machine"];
    assert_ne!(versions["loom"], "unknown");
    assert_ne!(versions["shuttle"], "unknown");
}

#[test]
fn what_the_limit_cuts_says_so_and_is_not_repeated() {
    let arguments = ["--rounds=3", "--limit=0.3", "--checker=loom", "add-4x3"];
    let said = json(&[&arguments[..], &["--json"]].concat());
    let runs = said["rows"][0]["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1, "{said}");
    assert_eq!(runs[0]["finished"], false, "{said}");
    let table = String::from_utf8(run(&arguments).stdout).unwrap();
    let row = table.lines().last().unwrap();
    assert!(row.contains("| > ") && row.contains("| no "), "{table}");
}

#[test]
fn bad_arguments_are_refused_with_the_remedy() {
    for (arguments, words) in [
        (&["nonsense"][..], "possible values: add-3x1, "),
        (&["--limit=0"], "give a number of seconds from 0.01"),
        (&["--rounds=0"], "0 is not in 1..=1000"),
        (
            &["--checker=genmc"],
            "possible values: explorer, loom, shuttle",
        ),
        (
            &["--as-dependency", "--checker=shuttle"],
            "leave out `--checker shuttle`",
        ),
    ] {
        let output = run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(words), "{arguments:?}: {errors}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}
