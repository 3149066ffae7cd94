//! Lab 54, **pipe-deadlock**: the parent waits for a child that waits for its reader.
//!
//! A program starts another one, lets it print into a pipe, waits for its end, and then reads what it printed. A pipe
//! holds only so much (64 KiB on Linux). A child that prints more waits until somebody reads. The only one who could is
//! the parent, and that waits for the child to end.
//!
//! The bug is between two processes, where no model checker of threads looks: real ones are driven to the place.
//!
//! | The child prints | | How |
//! |---|---|---|
//! | less than the pipe holds | allowed | it ends, and the parent reads what is left in the pipe |
//! | more | forbidden | the child waits for a reader, the reader for the child |

mod wrong;

use std::io::{self, Read};
use std::process::Child;

use super::form::{Lab, Variant, room};
use super::{Declared, Driven, references as cited};
use crate::check::FailureKind;

/// What the child prints: four times what a pipe holds.
pub const PRINTED: usize = 256 * 1024;

/// The bug: first the child's end, then what it has printed.
///
/// # Errors
/// If the child cannot be waited for, or its output not be read.
pub fn buggy(mut child: Child) -> io::Result<Vec<u8>> {
    let mut printed = Vec::new();
    child.wait()?; // <- fails here
    if let Some(mut output) = child.stdout.take() {
        output.read_to_end(&mut printed)?;
    }
    Ok(printed)
}

/// The fix: read while it prints. The end of its output is there when it has closed the pipe, at the latest by its end.
///
/// # Errors
/// As of the bug.
pub fn fixed(mut child: Child) -> io::Result<Vec<u8>> {
    let mut printed = Vec::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_end(&mut printed)?;
    }
    child.wait()?;
    Ok(printed)
}

/// The fix where there is standard error as well: std reads both at once, and then waits.
///
/// # Errors
/// As of the bug.
pub fn fixed_output(child: Child) -> io::Result<Vec<u8>> {
    Ok(child.wait_with_output()?.stdout)
}

/// Starts the child, lets the parent collect what it prints, and looks on. The invariant: the parent gets all of it.
#[cfg(target_os = "linux")]
fn drive(variant: &'static str, collect: fn(Child) -> io::Result<Vec<u8>>) -> io::Result<Driven> {
    use super::driven::{Transcript, in_thread};
    use super::process::{Call, asleep, bytes_in, thread_asleep, until};
    use std::os::fd::AsFd;
    use std::process::{Command, Stdio};

    const PARENT: usize = 0;
    const CHILD: usize = 1;
    let mut seen = Transcript::of(&LAB, variant, &["parent", "child"]);
    let child = Command::new("dd")
        .args([
            "if=/dev/zero",
            "bs=4096",
            &format!("count={}", PRINTED / 4096),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    seen.saw(PARENT, "starts the child; its standard output is a pipe");
    let id = child.id() as libc::pid_t;
    let output = child.stdout.as_ref().map(|output| output.as_fd());
    // Ours, to look into the pipe, and to empty it where nobody else does.
    let mut pipe = io::PipeReader::from(output.expect("it is piped").try_clone_to_owned()?);
    let parent = in_thread(move || collect(child))?;
    let full = until(
        "the parent and the child wait for each other, or end",
        || {
            if parent.is_finished() {
                return Ok(Some(None));
            }
            // In this order: a parent that waits for the child's end does so until then, and never reads.
            let stuck = thread_asleep(parent.id, Call::Wait)? && asleep(id, Call::Write)?;
            stuck.then(|| bytes_in(&pipe).map(Some)).transpose()
        },
    );
    if full.is_err() {
        // What cannot be looked at shall not be left behind.
        io::copy(&mut pipe, &mut io::sink())?;
    }
    let Some(bytes) = full? else {
        let printed = parent.join()??.len();
        if printed != PRINTED {
            let message = format!("the parent got {printed} bytes of {PRINTED}");
            return Err(io::Error::other(message));
        }
        seen.saw(CHILD, format!("prints {} KiB, and ends", PRINTED / 1024));
        seen.saw(PARENT, "has read all of it");
        return Ok(seen.passes());
    };
    let (bytes, all) = (bytes / 1024, PRINTED / 1024);
    seen.saw(
        CHILD,
        format!("prints {all} KiB; {bytes} of them are in the pipe, and it is full"),
    );
    seen.waits(CHILD, "sleeps in write", "a reader");
    seen.waits(PARENT, "sleeps in wait", "the child's end");
    seen.at("child.wait()");
    // Somebody reads: now both can end.
    io::copy(&mut pipe, &mut io::sink())?;
    parent.join()??;
    Ok(seen.fails(
        FailureKind::Deadlock,
        "the child waits for a reader of the pipe, and the only one waits for the child to end",
        &[
            "The child waits for room in the pipe, which only the parent reads.",
            "The parent waits for the child's end, and reads nothing before it.",
            "Proof: when the observer emptied the pipe, the child ended, and so did the parent's wait.",
        ],
    ))
}

#[cfg(not(target_os = "linux"))]
fn drive(_: &'static str, _: fn(Child) -> io::Result<Vec<u8>>) -> io::Result<Driven> {
    Ok(Driven::unjudged())
}

pub(super) static LAB: Lab = Lab {
    number: 54,
    slug: "pipe-deadlock",
    title: "The parent waits for a child that waits for its reader",
    room: room::PROCESSES,
    minutes: 10,
    references: &[
        cited::CWE_833,
        cited::of(
            cited::ReferenceKind::Document,
            "Python, Popen.wait",
            "https://docs.python.org/3/library/subprocess.html#subprocess.Popen.wait",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "Linux, pipe(7)",
            "https://man7.org/linux/man-pages/man7/pipe.7.html",
        ),
    ],
    lesson: include_str!("lessons/54.md"),
    outcomes: &[],
    variants: &[
        Variant::driven(
            "buggy",
            "waits for the child, then reads",
            Declared::driven_to_fail(FailureKind::Deadlock),
            || drive("buggy", buggy),
        ),
        Variant::driven(
            "fixed",
            "reads while the child prints",
            Declared::driven_to_pass(),
            || drive("fixed", fixed),
        ),
        Variant::driven(
            "fixed-output",
            "std's wait_with_output",
            Declared::driven_to_pass(),
            || drive("fixed-output", fixed_output),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab54_pipe_deadlock.rs"),
};
