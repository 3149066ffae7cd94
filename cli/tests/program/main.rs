//! The program as a shell sees it: what it prints, and how it ends.
//!
//! | File | What |
//! |---|---|
//! | `input` | names that are not known, numbers that cannot be taken |
//! | `found` | what is found, for people and as JSON |
//! | `drawn` | pages and pictures |
//! | `matrix` | which tool catches which bug |
//! | `merged` | searches in parts, and with several workers |
//! | `looks` | help, colour, ASCII |
//! | `streams` | streams that are closed, interrupts, threads that are refused |

mod drawn;
mod found;
mod input;
mod looks;
mod matrix;
mod merged;
#[cfg(unix)]
mod streams;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_racecourse"));
    // What the person who runs the tests has set must not decide them.
    for name in [
        "NO_COLOR",
        "LC_ALL",
        "LC_CTYPE",
        "LANG",
        "CARGO_PKG_NAME",
        "COLUMNS",
    ] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    program()
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Refused with status 2, nothing on standard output, and each of `parts` on standard error.
#[track_caller]
fn refused(arguments: &[&str], parts: &[&str]) {
    let output = run(arguments);
    let said = err(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert_eq!(out(&output), "", "{arguments:?}");
    for part in parts {
        assert!(
            said.contains(part),
            "{arguments:?} says {said:?}, without {part:?}"
        );
    }
    assert!(
        said.starts_with("error: ") && !said.contains("panicked"),
        "{said}"
    );
}

/// Ended with status 0 and nothing on standard error; what it printed.
#[track_caller]
fn good(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{arguments:?}: {}{}",
        out(&output),
        err(&output)
    );
    assert_eq!(err(&output), "", "{arguments:?}");
    out(&output)
}

/// An empty directory for one test.
fn directory(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a directory for the test");
    path
}
