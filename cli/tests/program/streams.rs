//! Streams that are closed, interrupts, and a system that gives no thread.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{err, program};

/// Runs `arguments`, reads one line and closes the pipe.
fn read_one_line(arguments: &[&str]) -> (Option<i32>, String) {
    let mut child = program()
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line");
    drop(reader);
    let mut said = String::new();
    child
        .stderr
        .take()
        .expect("a pipe")
        .read_to_string(&mut said)
        .expect("UTF-8");
    (child.wait().expect("it ends").code(), said)
}

#[test]
fn closed_stdout_is_quiet() {
    // More than a pipe holds, and numbers that come one by one.
    let (status, said) = read_one_line(&["pool", "factorial", "1..=3000"]);
    assert_eq!((status, said.as_str()), (Some(141), ""));
    let (status, said) = read_one_line(&["verify"]);
    assert_eq!((status, said.as_str()), (Some(141), ""));
}

#[test]
fn closed_stdout_does_not_wait_for_numbers_half_done() {
    closed_stdout_ends("--threads");
}

#[cfg(unix)]
#[test]
fn nor_for_processes_that_are_at_them() {
    closed_stdout_ends("--processes");
}

fn closed_stdout_ends(workers: &str) {
    let start = Instant::now();
    // The first is factored at once, the last not in a lifetime.
    let numbers = [
        "pool",
        "factor",
        "--naive",
        workers,
        "2",
        "6",
        "8",
        "9",
        "340282366920938463463374607431768211297",
    ];
    // Closed before it starts: a reader that went away later might have been given all that is quick, and nothing that
    // is printed would tell the program so.
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut child = program()
        .args(numbers)
        .stdout(writer)
        .spawn()
        .expect("it starts");
    while start.elapsed() < Duration::from_secs(10) {
        if let Some(status) = child.try_wait().expect("waiting works") {
            assert_eq!(status.code(), Some(141));
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    panic!("it went on dividing for nobody");
}

#[test]
fn closed_stdin_is_no_matter() {
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "exec \"$0\" race abba --variant fixed <&-",
        env!("CARGO_BIN_EXE_racecourse"),
    ]);
    let output = command.output().expect("sh starts");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
}

#[test]
fn closed_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else { return };
    let output = program()
        .arg("list")
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).starts_with("error: cannot write the output: "),
        "{}",
        err(&output)
    );
}

#[test]
fn interrupted_it_ends_at_once() {
    let mut child = program()
        .args([
            "pool",
            "factor",
            "--naive",
            "6",
            "340282366920938463463374607431768211297",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // Once it has answered, it is at the number that takes more than a lifetime.
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line");
    assert_eq!(line, "The factors of 6 are [2, 3]\n");
    let start = Instant::now();
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill starts");
    assert!(kill.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert!(start.elapsed() < Duration::from_secs(10));
    let mut said = String::new();
    child
        .stderr
        .take()
        .expect("a pipe")
        .read_to_string(&mut said)
        .expect("UTF-8");
    assert_eq!(said, "");
}

#[test]
fn interrupted_it_does_not_wait_for_its_reader() {
    let mut child = program()
        .args(["pool", "factorial", "1..=3000"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    // Nobody reads on: it prints until the pipe is full, and waits there.
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    reader.read_line(&mut String::new()).expect("a line");
    std::thread::sleep(Duration::from_millis(500));
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill starts");
    assert!(kill.success());
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(10) {
        if let Some(status) = child.try_wait().expect("waiting works") {
            assert_eq!(status.code(), Some(130));
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    panic!("it waits for a reader who does not read");
}

/// What each command says when the operating system gives it no thread.
#[test]
fn refused_threads_are_an_error_with_a_remedy() {
    for arguments in [
        &["race", "gil"][..],
        &["race", "gil", "--json"],
        &["pool", "factor", "12"],
        &["pool", "factorial", "12"],
        &["verify", "--lab", "abba"],
        &["race", "abba"],
    ] {
        let output = program()
            .args(arguments)
            // No stack of this size can be had, whoever runs the test: root has no limit on threads.
            .env("RUST_MIN_STACK", (1_u64 << 50).to_string())
            .output()
            .expect("it starts");
        let said = err(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(
            said.starts_with("error: ")
                && said.lines().count() == 1
                && said.contains("thread")
                && said.contains("`ulimit -u`"),
            "{arguments:?}: {said}"
        );
    }
}
