//! Wrong fixes of lab 55, inherited-fd.

use super::*;
use crate::labs::form::WrongFixes;

/// Marks the end that this program keeps open while the helper lives. The other one it closes soon.
#[cfg(target_os = "linux")]
fn wrong_one_end() -> io::Result<(PipeReader, PipeWriter)> {
    use std::os::fd::AsRawFd;
    let (read, write) = buggy()?;
    // SAFETY: no pointer is involved; the descriptor is ours.
    if unsafe { libc::fcntl(read.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((read, write))
}

/// Both ends are marked; then the writer moves to another number with `dup`, as one does to keep the low ones free.
#[cfg(target_os = "linux")]
fn wrong_dup() -> io::Result<(PipeReader, PipeWriter)> {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    let (read, write) = fixed()?;
    // SAFETY: the descriptor is ours, and so is its copy, which nobody else owns yet.
    let copy = unsafe {
        let copy = libc::dup(write.as_raw_fd());
        if copy < 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedFd::from_raw_fd(copy)
    };
    Ok((read, copy.into()))
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::driven(
            "wrong-one-end",
            "close-on-exec for the reading end",
            Declared::driven_to_fail(FailureKind::Deadlock),
            driving!("wrong-one-end", wrong_one_end),
        )
        .because(
            "What keeps the end of file from coming is the other end. That this program closes its own soon does nothing to \
             the helper's copy.",
        ),
        Variant::driven(
            "wrong-dup",
            "close-on-exec, and a copy of the writing end",
            Declared::driven_to_fail(FailureKind::Deadlock),
            driving!("wrong-dup", wrong_dup),
        )
        .because(
            "The mark belongs to the number, not to the pipe, and `dup` makes a number without it. What copies the mark too is \
             F_DUPFD_CLOEXEC, std's `try_clone`.",
        ),
    ],
);
