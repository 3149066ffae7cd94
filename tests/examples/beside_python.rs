//! The lecture's own tools beside ours.

use crate::process::{end_of, program, rest_of, run, text};
use std::process::Command;

/// Whether this machine can run the other side of the comparison.
fn has_python() -> bool {
    let python = if cfg!(windows) { "python" } else { "python3" };
    let version = Command::new(python).arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

#[test]
fn both_find_the_same_in_every_way_and_are_timed() {
    let arguments = ["--quick", "--rounds", "2", "--threads", "2"];
    let output = run("beside_python", &arguments, "");
    let said = text(&output.stderr);
    if !has_python() {
        assert_eq!(output.status.code(), Some(3), "{said}");
        return;
    }
    assert!(output.status.success(), "{said}");
    let printed = text(&output.stdout);
    assert!(printed.starts_with("Python 3."), "{printed}");
    for (title, compared) in [
        ("Factors of 6 numbers of the lecture's, ", true),
        ("Factorials, 1! to 48!", true),
        ("Squares: 2 task(s) of 200,000 each", true),
        ("Empty tasks: the cost of one of 200", false),
    ] {
        let rest = printed.split_once(title).expect(title).1;
        let rows: Vec<&str> = rest.lines().skip(2).take(5).collect();
        for (row, (python, rust)) in rows.iter().zip([
            ("for loop ", "  for loop "),
            ("threading ", "  std::thread "),
            ("ThreadPoolExecutor ", "  ThreadPool "),
            ("ProcessPoolExecutor ", ""),
            (
                "multiprocessing.Pool ",
                if cfg!(unix) { "  ProcessPool " } else { "" },
            ),
        ]) {
            assert!(row.starts_with(python) && row.contains(rust), "{row}");
            assert!(row.chars().count() <= 84, "{row}");
        }
        let claims: String = rest.lines().skip(7).take(4).collect();
        assert!(claims.starts_with("The lecture: "), "{claims}");
        assert!(claims.contains("Measured: "), "{claims}");
        assert_eq!(claims.contains("times as fast"), compared, "{claims}");
    }
    assert!(printed.ends_with("\nThe results of both were the same everywhere.\n"));
}

#[test]
fn one_kind_of_work_can_be_chosen() {
    if !has_python() {
        return;
    }
    let arguments = ["--quick", "--rounds", "1", "--work", "factorial"];
    let output = run("beside_python", &arguments, "");
    let printed = text(&output.stdout);
    assert!(output.status.success());
    assert!(printed.contains("Factorials") && !printed.contains("Squares"));
}

#[test]
fn without_a_python_the_status_is_3_and_the_remedy_told() {
    let output = run("beside_python", &["--python", "no-such-python"], "");
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(
        said.starts_with("beside_python: cannot start Python as `no-such-python`: ")
            && said.ends_with("install Python 3, or say where it is with --python\n"),
        "{said}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn a_program_that_is_no_python_is_an_error() {
    // The test itself: a program that is there, and that does not answer.
    let program = std::env::current_exe().expect("a test knows its own file");
    let program = program.to_str().expect("UTF-8");
    let output = run("beside_python", &["--python", program], "");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("beside_python: Python failed ("), "{said}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_no_python_behind() {
    use std::io::{BufRead, BufReader};
    if !has_python() {
        return;
    }
    let mut child = program("beside_python")
        .args(["--work", "factor", "--rounds", "1000"])
        .spawn()
        .expect("the example starts");
    let mut head = BufReader::new(child.stdout.take().expect("piped"));
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    head.read_line(&mut line).expect("UTF-8");
    // It has begun: Python is at work, or soon will be.
    stderr.read_line(&mut line).expect("UTF-8");
    assert!(line.contains(": round 1 of 1000"), "{line}");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill exists").success());
    end_of(&mut child);
    // No Python is left, and no worker of its.
    assert_eq!(rest_of(stderr), "");
}

#[test]
fn an_output_that_is_closed_ends_it_and_its_python() {
    if !has_python() {
        return;
    }
    let mut child = program("beside_python")
        .args(["--work", "factor", "--rounds", "1000"])
        .spawn()
        .expect("the example starts");
    // Before there is anything to print.
    drop(child.stdout.take());
    assert!(end_of(&mut child).success());
    assert_eq!(rest_of(child.stderr.take().expect("piped")), "");
}
