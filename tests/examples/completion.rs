//! Answers as they are ready.

#![cfg(unix)]

use crate::process::{end_of, program};
use std::io::{BufRead, BufReader, Read};
use std::process::Command;

#[test]
fn ctrl_c_ends_the_answers_and_tells_how_many_there_were() {
    let mut child = program("completion")
        .args(["--count", "20000"])
        .spawn()
        .expect("the example starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let first = lines.next().expect("an answer").expect("UTF-8");
    assert!(first.starts_with("The factors of "), "{first}");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill exists").success());
    let printed = 1 + lines.count();
    assert!(end_of(&mut child).success());
    let mut said = String::new();
    let mut stderr = child.stderr.take().expect("piped");
    stderr.read_to_string(&mut said).expect("UTF-8");
    let last = said.lines().last().expect("how many");
    assert!(
        last.starts_with(&format!("{printed} of 20000 factored in ")) && printed < 20_000,
        "{said}"
    );
}
