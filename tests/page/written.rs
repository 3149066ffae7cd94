//! A check that fails writes its page where the environment says.

use std::path::PathBuf;
use std::process::Command;

use racecourse::sync::{Arc, Mutex};

/// Set in a child process, in which checks are to fail.
const CHILD: &str = "RACECOURSE_TEST_PAGE";
const VARIABLE: &str = "RACECOURSE_HTML";

fn abba() {
    let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let (a2, b2) = (a.clone(), b.clone());
    let other = racecourse::thread::spawn(move || {
        let _b = b2.lock();
        let _a = a2.lock();
    });
    let _a = a.lock();
    let _b = b.lock();
    drop((_b, _a));
    other.join().unwrap();
}

/// An empty directory for one test.
pub(crate) fn directory(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a directory for the test");
    path
}

/// Runs `test` of this file in a process in which it fails; what it said.
fn failing(test: &str, value: &std::path::Path) -> String {
    let output = Command::new(std::env::current_exe().expect("this test's program"))
        .args(["--exact", &format!("written::{test}"), "--nocapture"])
        .env(CHILD, "1")
        .env(VARIABLE, value)
        .env("CARGO_PKG_NAME", "racecourse")
        .output()
        .expect("it starts");
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

#[test]
fn each_check_of_a_test_has_a_page_of_its_name() {
    if is_child() {
        let first = std::panic::catch_unwind(|| racecourse::check(abba));
        assert!(first.is_err());
        racecourse::check(abba);
    }
    let directory = directory("pages").join("made if it is not there");
    let said = failing("each_check_of_a_test_has_a_page_of_its_name", &directory);
    let stem = "racecourse-page-written.each_check_of_a_test_has_a_page_of_its_name";
    for name in [format!("{stem}.html"), format!("{stem}-2.html")] {
        let path = directory.join(name);
        assert!(
            said.contains(&format!("\npage: {}\n", path.display())),
            "{said}"
        );
        let page = std::fs::read_to_string(&path).expect("a page");
        for part in [
            "written::each_check_of_a_test_has_a_page_of_its_name",
            "failed: deadlock after",
            "cargo test written::each_check",
            // The source beside it, found from the directory of the package.
            "let _a = a2.lock();",
        ] {
            assert!(page.contains(part), "{part:?} is not in the page");
        }
    }
}

#[test]
fn a_directory_that_cannot_be_written_changes_no_verdict() {
    if is_child() {
        racecourse::check(abba);
    }
    let file = directory("pages-nowhere").join("file");
    std::fs::write(&file, "").expect("a file");
    let said = failing(
        "a_directory_that_cannot_be_written_changes_no_verdict",
        &file,
    );
    assert!(said.contains("failed: deadlock after"), "{said}");
    let lines = said
        .lines()
        .filter(|line| line.starts_with("page: not written to "));
    assert_eq!(lines.count(), 1, "{said}");
    assert!(said.contains("RACECOURSE_HTML names"), "{said}");
}

#[test]
fn a_check_that_passes_writes_nothing() {
    if is_child() {
        racecourse::check(|| racecourse::thread::spawn(|| {}).join().unwrap());
        panic!("after a check that passed");
    }
    let directory = directory("pages-none");
    let said = failing("a_check_that_passes_writes_nothing", &directory);
    assert!(
        !said.contains("\npage: ") && said.contains("after a check that passed"),
        "{said}"
    );
    assert_eq!(
        std::fs::read_dir(&directory).expect("it is there").count(),
        0
    );
}
