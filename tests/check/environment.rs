//! What environment variables ask of `racecourse::check`. Each runs in a process of its own, which is this program.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use racecourse::sync::atomic::{AtomicU32, Ordering::*};
use racecourse::thread;

const CHILD: &str = "RACECOURSE_TEST_CHILD";
const REPLAY: &str = "RACECOURSE_REPLAY";
const FAILURES: &str = "RACECOURSE_FAILURES";

/// Only does something in a process of its own.
#[test]
fn child() {
    let Ok(how) = std::env::var(CHILD) else {
        return;
    };
    let whole = how == "fixed";
    racecourse::check(move || {
        let counter = Arc::new(AtomicU32::new(0));
        let add = move |counter: &AtomicU32| {
            if whole {
                counter.fetch_add(1, Relaxed);
            } else {
                counter.store(counter.load(Relaxed) + 1, Relaxed);
            }
        };
        let theirs = Arc::clone(&counter);
        let other = thread::spawn(move || add(&theirs));
        add(&counter);
        other.join().unwrap();
        assert_eq!(counter.load(Relaxed), 2);
    });
}

/// Whether the test passes, and all that it says.
fn run(how: &str, variables: &[(&str, &str)]) -> (bool, String) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "environment::child",
            "--nocapture",
            "--test-threads=2",
        ])
        .env_remove(REPLAY)
        .env_remove(FAILURES)
        .env(CHILD, how)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

fn token() -> String {
    let (passes, text) = run("buggy", &[]);
    assert!(!passes, "{text}");
    let line = text.lines().find_map(|line| line.strip_prefix("replay: "));
    let command = line.unwrap_or_else(|| panic!("{text}"));
    let rest = command.strip_prefix("RACECOURSE_REPLAY=").unwrap();
    let (token, test) = rest.split_once(' ').unwrap();
    assert_eq!(test, "cargo test environment::child");
    token.to_owned()
}

#[test]
fn a_replay_runs_that_execution_only_and_says_so() {
    let token = token();
    let (passes, text) = run("buggy", &[(REPLAY, &token)]);
    assert!(!passes, "{text}");
    assert!(
        text.contains("racecourse: RACECOURSE_REPLAY is in effect: one execution"),
        "{text}"
    );
    assert!(
        text.contains("failed: panic in the one execution that was replayed"),
        "{text}"
    );
}

#[test]
fn a_replay_never_passes() {
    let token = token();
    let (passes, text) = run("fixed", &[(REPLAY, &token)]);
    assert!(!passes, "{text}");
    assert!(
        text.contains("one execution was replayed, and nothing else was checked"),
        "{text}"
    );
    assert!(text.contains("does not fit the scenario"), "{text}");
    let (passes, text) = run("fixed", &[(REPLAY, "rc1-aaaa")]);
    assert!(!passes, "{text}");
    assert!(
        text.contains("RACECOURSE_REPLAY: this replay token is damaged"),
        "{text}"
    );
    let (passes, text) = run("fixed", &[(REPLAY, "")]);
    assert!(passes && !text.contains("in effect"), "{text}");
}

/// A file that is gone at the end.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        let name = format!("racecourse-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&path);
        Self(path)
    }

    fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn read(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn failures_are_kept_tried_first_and_forgotten() {
    let file = Temporary::new("kept");
    let (passes, text) = run("buggy", &[(FAILURES, file.text())]);
    assert!(!passes, "{text}");
    assert!(
        text.contains("racecourse: RACECOURSE_FAILURES is in effect"),
        "{text}"
    );
    assert!(text.contains("failed: panic after "), "{text}");
    let kept = file.read();
    let entries: Vec<_> = kept.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(entries.len(), 1, "{kept}");
    assert!(
        entries[0].starts_with("check environment::child\trc1-"),
        "{kept}"
    );

    let (passes, text) = run("buggy", &[(FAILURES, file.text())]);
    assert!(!passes, "{text}");
    assert!(
        text.contains("failed: panic in the one execution that was replayed"),
        "{text}"
    );
    assert_eq!(file.read(), kept);

    // Those of other tests stay.
    let other = format!(
        "{kept}check another\t{}\n",
        entries[0].split_once('\t').unwrap().1
    );
    std::fs::write(Path::new(&file.0), &other).unwrap();
    let (passes, text) = run("fixed", &[(FAILURES, file.text())]);
    assert!(passes, "{text}");
    let left = file.read();
    assert!(
        !left.contains("environment::child") && left.contains("check another\t"),
        "{left}"
    );
}

#[test]
fn a_file_that_is_damaged_is_named_with_the_line() {
    for (line, why) in [
        ("no tab here", "it has no tab"),
        ("check environment::child\trc1-zzz", "damaged"),
        ("check other\tnothing", "no replay token"),
    ] {
        let file = Temporary::new("damaged");
        std::fs::write(&file.0, format!("# kept\n\n{line}\n")).unwrap();
        let (passes, text) = run("fixed", &[(FAILURES, file.text())]);
        assert!(!passes, "{text}");
        let place = format!(
            "RACECOURSE_FAILURES: {}:3 is no kept failure: ",
            file.text()
        );
        assert!(text.contains(&place) && text.contains(why), "{text}");
        assert!(text.contains("remove the line, or the file"), "{text}");
        assert!(file.read().contains(line));
    }
    let (passes, text) = run("fixed", &[(FAILURES, "/nowhere/at/all")]);
    assert!(!passes, "{text}");
    assert!(text.contains("/nowhere/at/all cannot be opened"), "{text}");
}
