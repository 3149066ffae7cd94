//! The program as it is run: what it lists, prints, writes, refuses. Nothing is said of times.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_racecourse-bench"));
    command.args(arguments).output().unwrap()
}

#[track_caller]
fn said(arguments: &[&str]) -> String {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn without_a_group_it_lists_them() {
    let text = said(&[]);
    for name in ["floors", "queues", "spsc"] {
        assert!(
            text.lines().any(|line| line.trim().starts_with(name)),
            "{text}"
        );
    }
}

#[test]
fn floors_are_measured() {
    let text = said(&["floors", "--quick", "--rounds=1"]);
    let row = text.lines().find(|line| line.starts_with("| fetch_add "));
    assert!(row.is_some_and(|row| row.contains(" ns ")), "{text}");
    assert!(!text.contains("not measured"), "{text}");
}

#[test]
fn a_row_is_compared_and_written() {
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (markdown, svg) = (directory.join("row.md"), directory.join("row.svg"));
    let (to_markdown, to_svg) = (markdown.display().to_string(), svg.display().to_string());
    let arguments = [
        "queues",
        "--quick",
        "--row=one thread",
        "--who=Bounded",
        "--who=kanal",
    ];
    let files = ["--markdown", &to_markdown, "--svg", &to_svg];
    let text = said(&[&arguments[..], &files].concat());
    let peer = text
        .lines()
        .find(|line| line.contains(" kanal ") && line.starts_with('|'));
    assert!(peer.is_some_and(|peer| peer.contains(" 1.00 ")), "{text}");
    assert_eq!(std::fs::read_to_string(markdown).unwrap(), text);
    assert!(std::fs::read_to_string(svg).unwrap().starts_with("<svg "));
}

#[test]
fn bad_arguments_are_refused_with_the_remedy() {
    for (arguments, words) in [
        (&["nonsense"][..], "possible values: floors, queues, "),
        (&["floors", "--rounds=0"], "0 is not in 1..=1000"),
        (
            &["floors", "--row=nonsense"],
            "the rows of floors are: fetch_add; ",
        ),
    ] {
        let output = run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(words), "{arguments:?}: {errors}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}
