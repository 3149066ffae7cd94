//! Who notices that a worker died while it had nothing to do: a thread that waits for the end of any of them.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Weak};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::crew::Crew;
use super::staff::Staff;
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
pub(super) fn watch(crew: &Weak<Crew<Staff>>, mut ear: UnixStream) {
    // Not held while waiting: the crew's end must not depend on its nurse's.
    while let Some(watched) = crew.upgrade().and_then(|crew| crew.watched()) {
        // Without the nurse the dead are replaced when their turn comes.
        let Ok(ended) = ends(&mut ear, &watched) else {
            return;
        };
        let Some(crew) = crew.upgrade() else {
            return;
        };
        for pid in ended {
            crew.found_dead(pid);
        }
    }
}

/// Waits until the bell rings, or workers end; gives these.
fn ends(ear: &mut UnixStream, watched: &[Arc<Process>]) -> io::Result<Vec<u32>> {
    let mut waiting = vec![PollFd::new(&*ear, PollFlags::IN)];
    // No event is asked for: that the other end is closed is always told.
    let sockets = watched.iter().map(|process| process.socket());
    waiting.extend(sockets.map(|socket| PollFd::new(socket, PollFlags::empty())));
    match poll(&mut waiting, None) {
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    }
    let rung = !waiting[0].revents().is_empty();
    let ended = watched
        .iter()
        .zip(&waiting[1..])
        .filter(|(_, end)| !end.revents().is_empty())
        .map(|(process, _)| process.pid)
        .collect();
    drop(waiting);
    if rung {
        let mut heard = [0; 64];
        while matches!(ear.read(&mut heard), Ok(64)) {}
    }
    Ok(ended)
}
