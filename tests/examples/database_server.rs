//! LECTURE 5: the database server.

use crate::process::{end_of, program, run, text};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command};

const STOPPED: &str = "ada has requested the database server stop running.";

fn of_the_server(line: &str) -> bool {
    line.starts_with("Processing database request for ")
        || line == "Finished processing database request"
}

#[test]
fn the_user_is_answered_and_qqq_stops_the_server() {
    let output = run(
        "database_server",
        &[],
        "hello\r\nIs it ready? ja, schön\n\nqqq\nnot read any more\n",
    );
    assert!(output.status.success());
    let answers: Vec<&str> = text(&output.stdout)
        .lines()
        .filter(|line| !of_the_server(line))
        .collect();
    assert_eq!(
        answers,
        [
            "olleh deretne uoY",
            "nöhcs ,aj ?ydaer ti sI deretne uoY",
            " deretne uoY",
            STOPPED
        ]
    );
}

#[test]
fn the_end_of_input_stops_the_server() {
    for (input, answers) in [
        ("", &[STOPPED][..]),
        ("no line end", &["dne enil on deretne uoY", STOPPED]),
    ] {
        let output = run("database_server", &[], input);
        assert!(output.status.success());
        let lines: Vec<&str> = text(&output.stdout)
            .lines()
            .filter(|line| !of_the_server(line))
            .collect();
        assert_eq!(lines, answers);
    }
}

#[test]
fn requests_that_find_no_room_are_turned_away_and_the_rest_is_told() {
    // At this speed the server is busy with the first request for hours.
    let input = "again\n".repeat(9) + "qqq\n";
    let output = run(
        "database_server",
        &["--capacity", "3", "--speed", "0.001"],
        &input,
    );
    assert!(output.status.success());
    let turned_away = text(&output.stdout)
        .lines()
        .filter(|line| line.starts_with("The database server is busy: 3 "))
        .count();
    let not_begun: usize = text(&output.stderr)
        .trim_end()
        .strip_suffix(" request(s) were not begun.")
        .and_then(|count| count.parse().ok())
        .expect("how many were dropped");
    // The server had time for the first request, or had not.
    assert!(
        matches!(turned_away + not_begun, 8 | 9),
        "{turned_away} and {not_begun} of 9"
    );
    assert!(matches!(not_begun, 2 | 3), "{not_begun}");
}

/// A running database server, with its output as it comes.
struct Session {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Session {
    fn start(arguments: &[&str]) -> Self {
        let mut child = program("database_server")
            .args(arguments)
            .spawn()
            .expect("the example starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, lines }
    }

    fn type_line(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("piped");
        writeln!(stdin, "{line}").expect("the program reads");
    }

    fn next_line(&mut self) -> String {
        self.lines.next().expect("a line more").expect("UTF-8")
    }

    /// Brings the server to work on a request.
    fn make_it_busy(&mut self) {
        self.type_line("hello");
        let mut both = [self.next_line(), self.next_line()];
        both.sort_by_key(|line| of_the_server(line));
        assert_eq!(both[0], "olleh deretne uoY");
        assert!(
            both[1].starts_with("Processing database request for "),
            "{both:?}"
        );
    }
}

/// The first request of `--seed 12` takes 11 seconds; at this speed, 18 minutes.
const LONG: &[&str] = &["--seed", "12", "--speed", "0.01"];

#[test]
fn qqq_does_not_wait_for_the_servers_work() {
    let mut session = Session::start(LONG);
    session.make_it_busy();
    session.type_line("qqq");
    assert_eq!(session.next_line(), STOPPED);
    assert!(end_of(&mut session.child).success());
    assert!(
        session.lines.next().is_none(),
        "nothing comes after the end"
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_does_not_wait_for_the_server_nor_for_the_user() {
    let mut session = Session::start(LONG);
    session.make_it_busy();
    let id = session.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .expect("kill exists")
            .success()
    );
    assert_eq!(session.next_line(), STOPPED);
    assert!(end_of(&mut session.child).success());
    assert!(
        session.lines.next().is_none(),
        "nothing comes after the end"
    );
}

#[test]
fn left_alone_the_server_goes_on_working() {
    let mut session = Session::start(&["--seed", "12", "--speed", "1000"]);
    let lines: Vec<String> = (0..6).map(|_| session.next_line()).collect();
    drop(session.child.stdin.take());
    assert!(end_of(&mut session.child).success());
    // The seed fixes the seconds.
    assert_eq!(
        lines,
        [
            "Processing database request for 11 seconds",
            "Finished processing database request",
            "Processing database request for 11 seconds",
            "Finished processing database request",
            "Processing database request for 6 seconds",
            "Finished processing database request",
        ]
    );
}
