//! A page for each check that fails, in the directory that the environment names.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::report::Report;
use super::timeline::PageOptions;

/// The directory that pages are written to.
pub(super) const VARIABLE: &str = "RACECOURSE_HTML";

/// Longest part of a file's name that is made of one name, in characters.
const LONGEST: usize = 80;

/// The pages that this process has written, as a file system without upper case sees them.
static WRITTEN: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// Writes the page of a check that failed at `place`, if the environment asks for it; a line that says where it is, or why
/// it is not there. `{}` in `replay`, the command that runs one execution again, stands for the token.
pub(super) fn page(report: &Report, place: &Location<'_>, replay: &str) -> Option<String> {
    let directory = std::env::var_os(VARIABLE).filter(|directory| !directory.is_empty())?;
    let failure = report.failure()?;
    let thread = std::thread::current();
    // Where tests run on the main thread, the place of the check tells one from another.
    let named = thread
        .name()
        .filter(|name| *name != "main" && !name.is_empty());
    let test = match named {
        Some(name) => name.to_owned(),
        None => format!("{}:{}", place.file(), place.line()),
    };
    let mut options = PageOptions::new().title(test.clone());
    match (failure.replay(), named) {
        (Some(token), _) => options = options.replay(replay.replace("{}", &token.to_string())),
        (None, Some(test)) => options = options.replay(format!("cargo test {test}")),
        (None, None) => {}
    }
    let directory = PathBuf::from(directory);
    let name = free(&file_name(&test, named.is_none()));
    let written = write(&directory, &name, &report.to_html(&options));
    Some(match written {
        Ok(path) => format!("page: {}", path.display()),
        Err(error) => format!(
            "page: not written to {} ({error}), which {VARIABLE} names: let it be a directory that can be written to; the \
             {} stands as it is",
            directory.display(),
            failure.kind()
        ),
    })
}

/// `package-binary-module-test`: tests of several binaries run at the same time, and write to one directory.
fn file_name(test: &str, main: bool) -> String {
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    let program = std::env::current_exe().unwrap_or_default();
    let program = program
        .file_stem()
        .and_then(OsStr::to_str)
        .unwrap_or_default();
    // Cargo ends the name of a test binary in a hash.
    let program = match program.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|c| c.is_ascii_hexdigit()) => {
            name
        }
        _ => program,
    };
    // A documentation test is a program of its own, and all of them have the same name.
    let process = if main {
        std::process::id().to_string()
    } else {
        String::new()
    };
    let parts = [package.as_str(), program, test, &process];
    let parts: Vec<String> = parts
        .iter()
        .filter(|part| !part.is_empty())
        .map(|part| safe(part))
        .collect();
    parts.join("-")
}

/// `name` of characters that every file system takes. What that loses, a number tells apart.
fn safe(name: &str) -> String {
    let mut out = String::new();
    for part in name.split("::") {
        if !out.is_empty() {
            out.push('.');
        }
        out.extend(part.chars().map(|c| {
            let kept = c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if kept { c } else { '_' }
        }));
    }
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':');
    if out.len() > LONGEST || !name.chars().all(kept) {
        out.truncate(LONGEST);
        // FNV-1a: the same in every run.
        let number = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        out.push_str(&format!("-{:08x}", number as u32));
    }
    out
}

/// A name that this process has not given yet: a test may run several checks.
fn free(name: &str) -> String {
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    let written = written.get_or_insert_default();
    let mut free = format!("{name}.html");
    let mut count = 1;
    while !written.insert(free.to_ascii_lowercase()) {
        count += 1;
        free = format!("{name}-{count}.html");
    }
    free
}

fn write(directory: &Path, name: &str, page: &str) -> io::Result<PathBuf> {
    std::fs::create_dir_all(directory)?;
    let path = std::path::absolute(directory.join(name))?;
    std::fs::write(&path, page)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_safe_and_told_apart() {
        assert_eq!(safe("queue::tests::lost_update"), "queue.tests.lost_update");
        let (a, b) = (safe("a b"), safe("a/b"));
        assert!(a.starts_with("a_b-") && b.starts_with("a_b-") && a != b);
        assert!(safe(&"x".repeat(300)).len() < 100);
        assert!(!safe("../../etc").contains(['/', '.']));
        assert!(safe("тест").is_ascii());
    }

    #[test]
    fn a_second_check_of_a_test_has_its_own_page() {
        let names: Vec<String> = (0..3).map(|_| free("pages-of-this-test")).collect();
        assert_eq!(
            names,
            [
                "pages-of-this-test.html",
                "pages-of-this-test-2.html",
                "pages-of-this-test-3.html"
            ]
        );
        assert_eq!(free("Pages-of-this-test"), "Pages-of-this-test-4.html");
    }
}
