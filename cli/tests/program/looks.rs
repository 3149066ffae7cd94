//! How it looks.

use super::{good, out, program, refused};

#[test]
fn help_teaches() {
    let text = good(&["--help"]);
    for part in [
        "racecourse show lost-update",
        "Exit status:",
        "141",
        "one column a thread",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(good(&["race", "--help"]).contains("racecourse race abba --engine sampler --seed 7"));
    assert!(!text.contains("__check"), "{text}");
}

#[test]
fn colour_only_where_it_is_asked_for() {
    assert!(!good(&["race", "abba"]).contains('\u{1b}'), "not on a pipe");
    let coloured = good(&["race", "abba", "--color", "always"]);
    assert!(
        coloured.contains("\u{1b}[1;31mfailed:\u{1b}[0m"),
        "{coloured}"
    );
    refused(
        &["list", "--color", "sometimes"],
        &["'sometimes'", "auto, always, never"],
    );
}

#[test]
fn ascii_is_only_ascii() {
    for arguments in [
        &["race", "abba", "--ascii"][..],
        &["verify", "--lab", "abba", "--ascii"],
        &["show", "lost-update", "--ascii"],
        &["list", "--ascii"],
    ] {
        let text = good(arguments);
        assert!(text.is_ascii(), "{arguments:?}: {text}");
    }
    let output = program()
        .args(["list"])
        .env("LC_ALL", "C")
        .output()
        .expect("it starts");
    assert!(out(&output).is_ascii());
}
