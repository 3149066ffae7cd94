//! Lab 57, **orphan**: the parent is killed, and its worker lives on.
//!
//! A program starts a worker and means to end it when it ends itself: with a message, in a destructor, at exit. Killed
//! with SIGKILL, or by the system for want of memory, it does none of that. The system gives the worker another parent,
//! and says nothing to it. It goes on: with its memory, its files, its port, and with its work.
//!
//! What does happen however a process ends: its descriptors are closed. A pipe whose write end only the parent has is
//! therefore a sign of life that needs nobody to give it: as long as it is open, the parent lives.
//!
//! | The parent | | The worker |
//! |---|---|---|
//! | ends as it is meant to | allowed | is told to end |
//! | is killed | forbidden | is told nothing, and answers the next question |

mod wrong;

#[cfg(target_os = "linux")]
use std::io::{self, PipeReader, PipeWriter, Read, Write};

use super::driven::driving;
use super::form::{Lab, Variant, room};
#[cfg(target_os = "linux")]
use super::process::{Process, first_ready, fork, mortal};
use super::{Declared, references as cited};
use crate::check::FailureKind;

/// What a worker has in hand.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct Desk {
    /// Where questions come in, from whoever may ask.
    pub questions: PipeReader,
    /// Where answers go out.
    pub answers: PipeWriter,
    /// A pipe whose write end the parent has, and nobody else. Nothing is ever written to it.
    pub parent: PipeReader,
}

/// The bug: the worker serves as long as somebody may ask. Whoever started it, it does not ask after.
#[cfg(target_os = "linux")]
pub fn buggy(desk: &mut Desk) {
    while answer(desk).is_some() {} // <- fails here
}

/// The fix: it waits for a question *or* for the end of the parent's pipe, and ends with the parent.
#[cfg(target_os = "linux")]
pub fn fixed(desk: &mut Desk) {
    use std::os::fd::AsRawFd;
    let ends = [desk.parent.as_raw_fd(), desk.questions.as_raw_fd()];
    while first_ready(ends).is_ok_and(|end| end == 1) && answer(desk).is_some() {}
}

/// Waits for a question and answers it: who is my parent? `None` if nobody is left to ask. The same for every variant.
#[cfg(target_os = "linux")]
fn answer(desk: &mut Desk) -> Option<u8> {
    let mut question = [0];
    desk.questions.read_exact(&mut question).ok()?;
    // SAFETY: it only answers.
    let parent = unsafe { libc::getppid() };
    desk.answers.write_all(&parent.to_ne_bytes()).ok()?;
    Some(question[0])
}

/// Kills the parent of a worker, and asks the worker something. The invariant: it has ended.
#[cfg(target_os = "linux")]
fn drive(variant: &'static str, serve: fn(&mut Desk)) -> io::Result<super::Driven> {
    use super::driven::Transcript;
    use super::process::{Adopter, until};
    use std::os::fd::AsRawFd;

    const OBSERVER: usize = 0;
    const PARENT: usize = 1;
    const WORKER: usize = 2;
    let mut seen = Transcript::of(&LAB, variant, &["observer", "parent", "worker"]);
    let _adopts = Adopter::new()?;
    let (questions, mut ask) = io::pipe()?;
    let (mut heard, answers) = io::pipe()?;
    // A fork has all descriptors; a worker that had the end for asking would never see that nobody asks.
    let observers = [ask.as_raw_fd(), heard.as_raw_fd()];
    let parent = move || {
        // Made where there is no other thread: one that forked meanwhile would have the write end, too.
        let Ok((parent, alive)) = io::pipe() else {
            return 1;
        };
        let mut desk = Desk {
            questions,
            answers,
            parent,
        };
        // SAFETY: these are copies, and nobody uses them. Both forks do nothing but read, write, poll and end.
        let worker = unsafe {
            for end in observers {
                libc::close(end);
            }
            libc::fork()
        };
        if worker == 0 {
            mortal();
            drop(alive);
            serve(&mut desk);
            // SAFETY: it ends this process, and nothing of it is needed.
            unsafe { libc::_exit(0) };
        }
        let told = desk.answers.write_all(&worker.to_ne_bytes()).is_ok();
        drop(desk);
        let _ = told && first_ready([]).is_ok(); // waits for nothing, until it is killed
        1
    };
    // SAFETY: as above.
    let mut parent = unsafe { fork(parent) }?;
    let mut number = || {
        let mut bytes = [0; size_of::<libc::pid_t>()];
        let read = heard.read_exact(&mut bytes);
        read.ok().map(|()| libc::pid_t::from_ne_bytes(bytes))
    };
    let worker = number().filter(|worker| *worker > 0);
    let worker = worker.ok_or_else(|| io::Error::other("the parent started no worker"))?;
    seen.saw(PARENT, "starts the worker");
    let mut asked = |ask: &mut PipeWriter| {
        // Nobody may be there to ask.
        let _ = ask.write_all(b"?");
        number()
    };
    seen.saw(OBSERVER, "asks the worker who its parent is");
    if asked(&mut ask) != Some(parent.id()) {
        return Err(io::Error::other("the worker names another parent"));
    }
    seen.saw(WORKER, "answers: the parent");
    parent.kill()?;
    seen.saw(OBSERVER, "kills the parent, with SIGKILL");
    seen.saw(PARENT, "has ended; the system has closed its descriptors");
    let mut worker = Process::of(worker); // adopted by the observer, which can wait for its end
    seen.saw(OBSERVER, "asks the worker again");
    let Some(adopter) = asked(&mut ask) else {
        let status = until("the worker ends", || worker.ended())?;
        seen.saw(WORKER, format!("has ended, with status {status}"));
        return Ok(seen.passes());
    };
    seen.saw(
        WORKER,
        format!("answers: process {adopter}, its new parent"),
    );
    seen.at("while ");
    drop(ask);
    worker.kill()?;
    Ok(seen.fails(
        FailureKind::Leak,
        "the parent has ended, and its worker lives and works",
        &[
            "It was told nothing: the system gives an orphan another parent, and no signal.",
            "Here that is the observer, so that it could end it; else it is process 1, which ends nobody.",
        ],
    ))
}

pub(super) static LAB: Lab = Lab {
    number: 57,
    slug: "orphan",
    title: "The parent is killed, and its worker lives on",
    room: room::PROCESSES,
    minutes: 15,
    references: &[
        cited::of(
            cited::ReferenceKind::Cwe,
            "CWE-404",
            "https://cwe.mitre.org/data/definitions/404.html",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "python/cpython #111873",
            "https://github.com/python/cpython/issues/111873",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "Linux, PR_SET_PDEATHSIG",
            "https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html",
        ),
    ],
    lesson: include_str!("lessons/57.md"),
    outcomes: &[],
    variants: &[
        Variant::driven(
            "buggy",
            "serves whoever asks",
            Declared::driven_to_fail(FailureKind::Leak),
            driving!("buggy", buggy),
        ),
        Variant::driven(
            "fixed",
            "ends with its parent's end of a pipe",
            Declared::driven_to_pass(),
            driving!("fixed", fixed),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab57_orphan.rs"),
};
