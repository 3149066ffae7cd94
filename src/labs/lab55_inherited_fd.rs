//! Lab 55, **inherited-fd**: the end of file that never comes, because a stranger holds the pipe.
//!
//! A program sends itself a text through a pipe, closes the end it wrote to, and reads up to the end of file. Meanwhile
//! it has started a helper, which has nothing to do with the pipe. But a new process inherits every descriptor that is
//! not marked to be closed, so the helper has the write end too. As long as it lives, more could come; so the reader
//! waits. And the helper lives until the program tells it to end, which is after the reading.
//!
//! | The helper | | How |
//! |---|---|---|
//! | has no end of the pipe | allowed | the end of file comes when the program closes its own |
//! | has inherited the write end | forbidden | nobody writes, and the reader waits |

mod wrong;

use std::io::{self, PipeReader, PipeWriter, Read};

#[cfg(target_os = "linux")]
use super::driven::Driven;
use super::driven::driving;
use super::form::{Lab, Variant, room};
use super::{Declared, references as cited};
use crate::check::FailureKind;

/// The bug: a pipe as `pipe(2)` makes it. Whatever program is started from here on inherits both ends.
///
/// # Errors
/// If the operating system refuses a pipe.
#[cfg(unix)]
pub fn buggy() -> io::Result<(PipeReader, PipeWriter)> {
    use std::os::fd::{FromRawFd, OwnedFd};
    let mut ends = [0; 2];
    // SAFETY: there is room for two descriptors, and nobody else owns them yet.
    let [read, write] = unsafe {
        if libc::pipe(ends.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        ends.map(|end| OwnedFd::from_raw_fd(end))
    };
    Ok((read.into(), write.into()))
}

/// The fix: both ends are closed when a program is started (`O_CLOEXEC`), as std makes everything.
///
/// # Errors
/// As of the bug.
pub fn fixed() -> io::Result<(PipeReader, PipeWriter)> {
    io::pipe()
}

/// Reads to the end of file: until nobody has the write end any more. The same for every variant.
///
/// # Errors
/// If the pipe cannot be read.
pub fn listen(mut pipe: PipeReader) -> io::Result<String> {
    let mut text = String::new();
    pipe.read_to_string(&mut text)?; // <- fails here
    Ok(text)
}

/// A text through the pipe while a helper lives. The invariant: the reader gets it, and comes to its end.
#[cfg(target_os = "linux")]
fn drive(
    variant: &'static str,
    make: fn() -> io::Result<(PipeReader, PipeWriter)>,
) -> io::Result<Driven> {
    use super::driven::{Transcript, in_thread};
    use super::process::{Call, Process, asleep, bytes_in, descriptor_of, thread_asleep, until};
    use std::io::Write;
    use std::process::{Command, Stdio};

    const TEXT: &str = "all of it";
    const PARENT: usize = 0;
    const HELPER: usize = 1;
    let mut seen = Transcript::of(&LAB, variant, &["parent", "helper"]);
    let (read, mut write) = make()?;
    seen.saw(PARENT, "makes the pipe");
    // It lives until its standard input ends: when it is told to, or when this process is no more.
    let mut helper = Command::new("sh")
        .args(["-c", "read end"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let leash = helper.stdin.take();
    let mut helper = Process::from(helper);
    seen.saw(
        PARENT,
        "starts the helper, and gives it nothing of the pipe",
    );
    write.write_all(TEXT.as_bytes())?;
    drop(write);
    seen.saw(PARENT, "writes the text, and closes the write end");
    let pipe = read.try_clone()?; // to look into it
    let reader = in_thread(move || listen(read))?;
    let mut has = None;
    let stuck = until("the reader waits, or comes to its end", || {
        if reader.is_finished() {
            return Ok(Some(false));
        }
        // It has read all there is, and sleeps; so does the helper, if it has the write end. (A program with threads
        // may be forked at any moment, and the pipe be held for a while by somebody who lets go of it.)
        let waits = thread_asleep(reader.id, Call::Read)? && bytes_in(&pipe)? == 0;
        let helper = helper.id();
        has = descriptor_of(helper, &pipe).filter(|_| waits);
        Ok((has.is_some() && asleep(helper, Call::Read)?).then_some(true))
    })?;
    if !stuck {
        seen.saw(
            PARENT,
            format!("reads {:?} up to the end of file", reader.join()??),
        );
        let lives = helper.ended()?.is_none();
        seen.saw(HELPER, if lives { "lives on" } else { "has ended" });
        return Ok(seen.passes());
    }
    let number = has.unwrap_or_default();
    seen.saw(
        HELPER,
        format!("has the write end, as its descriptor {number}"),
    );
    seen.waits(HELPER, "sleeps in read", "the end of its input");
    seen.waits(
        PARENT,
        "has read the text, and sleeps in read",
        "the end of file",
    );
    seen.at("pipe.read_to_string");
    drop(leash);
    helper.kill()?;
    let text = reader.join()??;
    Ok(seen.fails(
        FailureKind::Deadlock,
        "the reader waits for the end of a pipe whose write end a helper has inherited",
        &[
            "The end of file comes when the last write end is closed: the helper's, by its end.",
            "The helper ends when the parent is done, and that is after its reading.",
            &format!("Proof: when the observer ended the helper, the reader got {text:?} and the end of file."),
        ],
    ))
}

pub(super) static LAB: Lab = Lab {
    number: 55,
    slug: "inherited-fd",
    title: "The end of file that never comes",
    room: room::PROCESSES,
    minutes: 15,
    references: &[
        cited::of(
            cited::ReferenceKind::Cwe,
            "CWE-403",
            "https://cwe.mitre.org/data/definitions/403.html",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "PEP 446",
            "https://peps.python.org/pep-0446/",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "python/cpython #82388",
            "https://github.com/python/cpython/issues/82388",
        ),
    ],
    lesson: include_str!("lessons/55.md"),
    outcomes: &[],
    variants: &[
        Variant::driven(
            "buggy",
            "a pipe that every child inherits",
            Declared::driven_to_fail(FailureKind::Deadlock),
            driving!("buggy", buggy),
        ),
        Variant::driven(
            "fixed",
            "close-on-exec",
            Declared::driven_to_pass(),
            driving!("fixed", fixed),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab55_inherited_fd.rs"),
};
