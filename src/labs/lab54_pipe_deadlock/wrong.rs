//! Wrong fixes of lab 54, pipe-deadlock.

use super::*;
use crate::labs::form::WrongFixes;

/// Reads what is there, so that there is room in the pipe, and waits then; the rest comes afterwards.
fn wrong_first_portion(mut child: Child) -> io::Result<Vec<u8>> {
    let mut output = child.stdout.take();
    let mut printed = vec![0; 64 * 1024];
    if let Some(output) = &mut output {
        let length = output.read(&mut printed)?;
        printed.truncate(length);
    }
    child.wait()?; // <- fails here: wrong-first-portion
    if let Some(output) = &mut output {
        output.read_to_end(&mut printed)?;
    }
    Ok(printed)
}

/// Asks for a pipe of twice the size.
fn wrong_larger_pipe(mut child: Child) -> io::Result<Vec<u8>> {
    #[cfg(target_os = "linux")]
    if let Some(output) = &child.stdout {
        use std::os::fd::AsRawFd;
        // SAFETY: no pointer is involved. If it is refused, the pipe stays as it is.
        unsafe { libc::fcntl(output.as_raw_fd(), libc::F_SETPIPE_SZ, 128 * 1024) };
    }
    let mut printed = Vec::new();
    child.wait()?; // <- fails here: wrong-larger-pipe
    if let Some(mut output) = child.stdout.take() {
        output.read_to_end(&mut printed)?;
    }
    Ok(printed)
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::driven(
            "wrong-first-portion",
            "reads once, waits, and reads the rest",
            Declared::driven_to_fail(FailureKind::Deadlock),
            || drive("wrong-first-portion", wrong_first_portion),
        )
        .because(
            "What has been read makes room once. A child that prints more than that and the pipe together fills it again, and \
             waits as before.",
        ),
        Variant::driven(
            "wrong-larger-pipe",
            "a pipe that holds twice as much",
            Declared::driven_to_fail(FailureKind::Deadlock),
            || drive("wrong-larger-pipe", wrong_larger_pipe),
        )
        .because(
            "The limit is elsewhere now, and still there. How much a child prints is in its data; no size is large enough \
             for all of them.",
        ),
    ],
);
