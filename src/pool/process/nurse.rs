//! Who notices that a worker died while it had nothing to do: a thread that waits for the end of any of them.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Weak};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::crew::Crew;
use super::worker::Process;

/// Wakes the nurse: a worker came or went, or the pool ends.
#[derive(Debug)]
pub(super) struct Bell(UnixStream);

impl Bell {
    pub(super) fn ring(&self) {
        // Full means that it has been rung and not been heard yet; an error, that nobody listens any more.
        let _ = (&self.0).write(&[1]);
    }
}

/// A bell, and what it is heard with.
pub(super) fn bell() -> io::Result<(Bell, UnixStream)> {
    let (rope, ear) = UnixStream::pair()?;
    rope.set_nonblocking(true)?;
    ear.set_nonblocking(true)?;
    Ok((Bell(rope), ear))
}

/// Watches the workers until the crew is gone or has been dismissed.
pub(super) fn watch(crew: &Weak<Crew>, mut ear: UnixStream) {
    loop {
        let Some(living) = living(crew) else {
            return;
        };
        let ended = match first_end(&mut ear, &living) {
            Ok(ended) => ended,
            // Without the nurse the dead are buried when their turn comes.
            Err(_) => return,
        };
        let Some(crew) = crew.upgrade() else {
            return;
        };
        for pid in ended {
            crew.found_dead(pid);
        }
    }
}

/// Those that are to be watched; `None` when there will be nobody any more.
fn living(crew: &Weak<Crew>) -> Option<BTreeMap<u32, Arc<Process>>> {
    crew.upgrade().and_then(|crew| crew.watched())
}

/// Waits until the bell rings, or workers end; gives these.
fn first_end(ear: &mut UnixStream, living: &BTreeMap<u32, Arc<Process>>) -> io::Result<Vec<u32>> {
    let mut watched = vec![PollFd::new(&*ear, PollFlags::IN)];
    // No event is asked for: that the other end is closed is always told.
    watched.extend(
        living
            .values()
            .map(|process| PollFd::new(process.socket(), PollFlags::empty())),
    );
    match poll(&mut watched, None) {
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    }
    let rung = !watched[0].revents().is_empty();
    let ended = living
        .keys()
        .zip(&watched[1..])
        .filter(|(_, end)| !end.revents().is_empty())
        .map(|(&pid, _)| pid)
        .collect();
    drop(watched);
    if rung {
        let mut heard = [0; 64];
        while matches!(ear.read(&mut heard), Ok(64)) {}
    }
    Ok(ended)
}
