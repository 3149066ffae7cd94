//! Lab 8, **file-toctou**: the letter was looked at, and something else was opened.
//!
//! A service with many rights reads a letter that a user has put on a desk. It is careful: only a plain file, no link. So it
//! looks at the path first, and opens it then. A path is no file but a *question*, and the file system answers it each time
//! anew. Between the two the user puts a link in the letter's place, to a secret that only the service may read.
//!
//! No model checker of threads looks into a file system: real files are swapped, between any two calls of the reader.
//!
//! | The user swaps | | How |
//! |---|---|---|
//! | before the look, or after the opening | allowed | the look refuses; or the letter is open already |
//! | between the two | forbidden | the letter is looked at, the secret is opened |

mod wrong;

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::form::{Lab, Variant, room};
use super::{Declared, Driven, references as cited};
use crate::check::FailureKind;

/// Called before each step of a reader that the file system answers, with what it will do: where others may come between.
pub type Step<'a> = &'a mut dyn FnMut(&'static str);

fn refuse_unless(plain: bool) -> io::Result<()> {
    plain
        .then_some(())
        .ok_or_else(|| io::Error::other("refused: not a plain file"))
}

/// The bug: the path is asked twice, once to look and once to open.
///
/// # Errors
/// If what is there is no plain file, or cannot be read.
pub fn buggy(path: &Path, step: Step<'_>) -> io::Result<String> {
    step("looks at the path");
    refuse_unless(fs::symlink_metadata(path)?.is_file())?;
    step("opens the path");
    let file = File::open(path)?; // <- fails here
    step("reads what is open");
    io::read_to_string(file)
}

/// The fix: open once, without following a link, and look at what is *open*. Nobody can swap that.
///
/// # Errors
/// As of the bug.
pub fn fixed(path: &Path, step: Step<'_>) -> io::Result<String> {
    step("opens the path, if it is no link");
    let mut options = File::options();
    let file = options
        .read(true)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)?;
    step("looks at what is open");
    refuse_unless(file.metadata()?.is_file())?;
    step("reads what is open");
    io::read_to_string(file)
}

/// The fix where there is no such flag: open, and then look whether the path's own file is the one that is open.
///
/// # Errors
/// As of the bug.
pub fn fixed_same_file(path: &Path, step: Step<'_>) -> io::Result<String> {
    step("opens the path");
    let file = File::open(path)?;
    step("looks at the path, and compares");
    let (there, open) = (fs::symlink_metadata(path)?, file.metadata()?);
    let id = |file: &Metadata| (file.dev(), file.ino());
    refuse_unless(there.is_file() && id(&there) == id(&open))?;
    step("reads what is open");
    io::read_to_string(file)
}

/// Lets the reader read, once for each choice of steps before which the letter and the link are swapped. The invariant: it
/// never reads the secret.
#[cfg(target_os = "linux")]
fn drive(
    variant: &'static str,
    read: fn(&Path, Step<'_>) -> io::Result<String>,
) -> io::Result<Driven> {
    use super::driven::Transcript;
    use desk::{Desk, SECRET};

    let parts = ["reader", "user"];
    let mut seen = Transcript::of(&LAB, variant, &parts);
    let mut ends = [0; 2]; // read, refused
    for swaps in 0..1u32 << 3 {
        let mut desk = Desk::new()?;
        let path = desk.letter();
        let (mut steps, mut rows, mut swapped) = (0, Vec::new(), Ok(()));
        let result = read(&path, &mut |what| {
            if swaps >> steps & 1 == 1 && swapped.is_ok() {
                swapped = desk.swap().map(|what| rows.push((1, what)));
            }
            rows.push((0, what));
            steps += 1;
        });
        swapped?;
        match result {
            Ok(text) if text == SECRET => {
                for (part, what) in rows {
                    seen.saw(part, what);
                }
                seen.saw(0, "has read the secret");
                seen.at("File::open(path)");
                let details = [
                    "The path meant one file when it was looked at, and another when it was opened.",
                    "No time is in this: the user acts between two calls of the reader, each time.",
                ];
                let sentence = "the reader opened what it had not looked at, and read the secret";
                return Ok(seen.fails(FailureKind::Panic, sentence, &details));
            }
            result => ends[usize::from(result.is_err())] += 1,
        }
    }
    let [read, refused] = ends;
    seen.saw(
        1,
        "swaps letter and link before any of the reader's 3 steps: 8 ways",
    );
    seen.saw(
        0,
        format!("reads the letter in {read} of 8 ways, and refuses in {refused}"),
    );
    Ok(seen.passes())
}

#[cfg(target_os = "linux")]
mod desk;

#[cfg(not(target_os = "linux"))]
fn drive(_: &'static str, _: fn(&Path, Step<'_>) -> io::Result<String>) -> io::Result<Driven> {
    Ok(Driven::unjudged())
}

pub(super) static LAB: Lab = Lab {
    number: 8,
    slug: "file-toctou",
    title: "The letter was looked at, and something else was opened",
    room: room::ATOMICITY,
    minutes: 15,
    references: &[
        cited::of(
            cited::ReferenceKind::Cwe,
            "CWE-367",
            "https://cwe.mitre.org/data/definitions/367.html",
        ),
        cited::of(
            cited::ReferenceKind::Advisory,
            "CVE-2022-21658",
            "https://blog.rust-lang.org/2022/01/20/cve-2022-21658/",
        ),
    ],
    lesson: include_str!("lessons/08.md"),
    outcomes: &[],
    variants: &[
        Variant::driven(
            "buggy",
            "looks at the path, then opens it",
            Declared::driven_to_fail(FailureKind::Panic),
            || drive("buggy", buggy),
        ),
        Variant::driven(
            "fixed",
            "opens once, and looks at what is open",
            Declared::driven_to_pass(),
            || drive("fixed", fixed),
        ),
        Variant::driven(
            "fixed-same-file",
            "opens, and compares with the path's own file",
            Declared::driven_to_pass(),
            || drive("fixed-same-file", fixed_same_file),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab08_file_toctou.rs"),
};
