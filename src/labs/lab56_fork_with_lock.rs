//! Lab 56, **fork-with-lock**: a lock that the child has, held by a thread that it does not have.
//!
//! A process with several threads forks. The child is a copy of its memory, with one thread: the one that called. If
//! another thread held a lock at that moment, the lock is held in the copy, too, and nobody is there to release it. The
//! first time that the child asks for it, it waits for ever. The lock may be one that nobody sees: of the allocator, of
//! standard output, of the environment.
//!
//! | Who holds the lock at the fork | | How |
//! |---|---|---|
//! | nobody, or the thread that forks | allowed | the child's copy is free, or its own |
//! | another thread | forbidden | it is not there in the child |

mod wrong;

#[cfg(target_os = "linux")]
use std::{
    io::{self, PipeWriter},
    sync::Mutex,
};

#[cfg(target_os = "linux")]
use super::driven::Driven;
use super::driven::driving;
use super::form::{Lab, Variant, room};
#[cfg(target_os = "linux")]
use super::process::{Process, fork};
use super::{Declared, references as cited};
use crate::check::FailureKind;

/// The bug: the child is a fork of this process, and does there what takes a lock.
///
/// # Errors
/// If the operating system refuses a process.
#[cfg(target_os = "linux")]
pub fn buggy(lines: &Mutex<u32>, mut log: PipeWriter) -> io::Result<Process> {
    use std::io::Write;
    let child = move || {
        let _ = log.write_all(b"here\n");
        let mut lines = lines.lock().unwrap(); // <- fails here
        *lines += 1;
        let sent = log.write_all(b"logged\n");
        sent.is_err().into()
    };
    // SAFETY: none. A fork of a process with threads must take no lock, and this one does: that is the bug. No memory
    // comes to harm, since the child's is its own.
    unsafe { fork(child) }
}

/// The fix: the child is a new program. It begins with memory of its own, in which nobody holds anything.
///
/// # Errors
/// As of the bug.
#[cfg(target_os = "linux")]
pub fn fixed(_: &Mutex<u32>, log: PipeWriter) -> io::Result<Process> {
    let child = std::process::Command::new("sh")
        .args(["-c", "echo here; lines=$((lines + 1)); echo logged"])
        .stdin(std::process::Stdio::null())
        .stdout(log)
        .spawn()?;
    Ok(child.into())
}

/// Starts the child while another thread holds the lock. The invariant: the child does its work, and ends.
#[cfg(target_os = "linux")]
fn drive(
    variant: &'static str,
    start: fn(&Mutex<u32>, PipeWriter) -> io::Result<Process>,
) -> io::Result<Driven> {
    use super::driven::Transcript;
    use super::process::{Call, asleep, threads_of, until};
    use std::io::{BufRead, BufReader};
    use std::sync::mpsc;
    use std::thread;

    const OTHER: usize = 0;
    const PARENT: usize = 1;
    const CHILD: usize = 2;
    let mut seen = Transcript::of(&LAB, variant, &["other thread", "parent", "child"]);
    let lines = Mutex::new(0);
    let (log, write) = io::pipe()?;
    let (take, taken) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    thread::scope(|s| {
        let held = &lines;
        thread::Builder::new().spawn_scoped(s, move || {
            let _lines = held.lock();
            let _ = take.send(());
            // Until it is told to, or until the drive has given up.
            let _ = released.recv();
        })?;
        taken.recv().map_err(io::Error::other)?;
        seen.saw(OTHER, "holds the lock `lines`");
        let mut child = start(&lines, write)?;
        seen.saw(PARENT, "starts the child");
        let mut log = BufReader::new(log).lines();
        let mut line = || log.next().unwrap_or_else(|| Ok("nothing".to_owned()));
        seen.saw(CHILD, format!("says {:?}", line()?));
        let mut status = None;
        let stuck = until("the child waits for the lock, or ends", || {
            status = child.ended()?;
            Ok(match status {
                Some(_) => Some(false),
                None => asleep(child.id(), Call::Futex)?.then_some(true),
            })
        })?;
        if !stuck {
            let said = line()?;
            if (said.as_str(), status) != ("logged", Some(0)) {
                let message = format!("the child said {said:?} at its end, {status:?}");
                return Err(io::Error::other(message));
            }
            seen.saw(CHILD, format!("says {said:?}, and ends"));
            seen.saw(OTHER, "still holds the lock");
            return Ok(seen.passes());
        }
        drop(release);
        drop(lines.lock()); // it comes to be free
        seen.saw(OTHER, "releases the lock");
        seen.saw(PARENT, "takes the lock, and releases it");
        if threads_of(child.id()) != Some(1) || !asleep(child.id(), Call::Futex)? {
            let message = "the child slept for the lock, and does not any more";
            return Err(io::Error::other(message));
        }
        seen.waits(
            CHILD,
            "has one thread, which still sleeps in futex",
            "its copy of `lines`",
        );
        seen.at("lines.lock()");
        child.kill()?;
        Ok(seen.fails(
            FailureKind::Deadlock,
            "the child waits for a lock that a thread holds which it does not have",
            &[
                "The lock was released in the parent. The child has a copy of it, from the moment of the fork.",
                "That copy is held by the other thread, and of the threads the fork copied only the one that forked.",
            ],
        ))
    })
}

pub(super) static LAB: Lab = Lab {
    number: 56,
    slug: "fork-with-lock",
    title: "A lock in the child, held by a thread that is not there",
    room: room::PROCESSES,
    minutes: 15,
    references: &[
        cited::CWE_833,
        cited::of(
            cited::ReferenceKind::Issue,
            "rust-lang/rust #82877",
            "https://github.com/rust-lang/rust/pull/82877",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "POSIX, fork",
            "https://pubs.opengroup.org/onlinepubs/9799919799/functions/fork.html",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "Python, multiprocessing: start methods",
            "https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods",
        ),
    ],
    lesson: include_str!("lessons/56.md"),
    outcomes: &[],
    variants: &[
        Variant::driven(
            "buggy",
            "forks",
            Declared::driven_to_fail(FailureKind::Deadlock),
            driving!("buggy", buggy),
        ),
        Variant::driven(
            "fixed",
            "starts a new program",
            Declared::driven_to_pass(),
            driving!("fixed", fixed),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab56_fork_with_lock.rs"),
};
