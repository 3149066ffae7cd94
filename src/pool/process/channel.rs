//! One end of the socket between a pool and a worker: whole messages, with a limit on waiting.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use super::shared_memory::{Arrived, MOST, SharedBytes};
use super::wire::{HEADER, Header};

/// How often `receive` looks before it sleeps. A sleep and a wakeup cost as much as some tens of looks, and short jobs
/// are answered before those are over.
const LOOKS: u32 = 100;

/// A system call that waits longer than this ends, so that other ends than that of the socket are noticed.
const TICK: Duration = Duration::from_millis(250);

/// What one read takes at most.
const PIECE: usize = 64 * 1024;

/// Why a message did not come, or did not go.
#[derive(Debug)]
pub(super) enum Broken {
    /// The other side is gone.
    Closed,
    /// The deadline has passed.
    Late,
    /// What came is no message.
    Garbage(String),
    /// The system refused.
    System(io::Error),
}

impl From<Errno> for Broken {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN => Self::Closed,
            other => Self::System(other.into()),
        }
    }
}

/// When to give up.
pub(super) struct Patience<'a> {
    pub(super) deadline: Option<Instant>,
    /// Asked from time to time: whether the other side has ended without closing its socket, since a child of its own
    /// still holds that.
    pub(super) gone: Option<&'a mut dyn FnMut() -> bool>,
}

impl Patience<'_> {
    /// For ever, or until the other side closes its end.
    pub(super) fn endless() -> Self {
        Self {
            deadline: None,
            gone: None,
        }
    }

    /// How long a system call may wait now; `None` is for ever.
    fn next_wait(&self) -> Result<Option<Duration>, Broken> {
        let tick = self.gone.is_some().then_some(TICK);
        let Some(deadline) = self.deadline else {
            return Ok(tick);
        };
        match deadline.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(Some(tick.map_or(left, |tick| tick.min(left)))),
            _ => Err(Broken::Late),
        }
    }

    fn after_wait(&mut self) -> Result<(), Broken> {
        if self.gone.as_mut().is_some_and(|gone| gone()) {
            return Err(Broken::Closed);
        }
        Ok(())
    }
}

/// A message that is being built.
#[derive(Debug)]
pub(super) struct Outgoing {
    /// Space for the header, then the payload.
    bytes: Vec<u8>,
    /// What is sent beside it.
    beside: Vec<SharedBytes>,
}

impl Outgoing {
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![0; HEADER],
            beside: Vec::new(),
        }
    }

    /// Begins a message; gives what its payload is to be appended to, and a place for what goes beside it.
    pub(super) fn begin(&mut self) -> (&mut Vec<u8>, &mut Vec<SharedBytes>) {
        let last = self.bytes.len();
        relax(&mut self.bytes, last);
        self.bytes.truncate(HEADER);
        self.beside.clear();
        (&mut self.bytes, &mut self.beside)
    }

    /// In place of what has been appended.
    pub(super) fn begin_anew(&mut self, payload: &[u8]) {
        self.begin().0.extend_from_slice(payload);
    }
}

#[derive(Debug)]
pub(super) struct Channel {
    socket: OwnedFd,
    incoming: Vec<u8>,
    /// The length of the last message that came.
    last: usize,
}

impl Channel {
    pub(super) fn new(socket: OwnedFd) -> Self {
        Self {
            socket,
            incoming: vec![0; PIECE],
            last: 0,
        }
    }

    /// Sends a message.
    pub(super) fn send(
        &self,
        mut header: Header,
        message: &mut Outgoing,
        patience: &mut Patience<'_>,
    ) -> Result<(), Broken> {
        let beside: Vec<BorrowedFd<'_>> = message
            .beside
            .iter()
            .filter_map(|bytes| bytes.descriptor().map(AsFd::as_fd))
            .collect();
        header.length = (message.bytes.len() - HEADER) as u64;
        header.beside = u8::try_from(beside.len()).expect("no more than `MOST`");
        message.bytes[..HEADER].copy_from_slice(&header.encode());
        let mut rest = &message.bytes[..];
        while !rest.is_empty() {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            // They go with the first byte.
            if !beside.is_empty() && rest.len() == message.bytes.len() {
                ancillary.push(SendAncillaryMessage::ScmRights(&beside));
            }
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            match sendmsg(&self.socket, &[IoSlice::new(rest)], &mut ancillary, flags) {
                Ok(sent) => rest = &rest[sent..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait_for(PollFlags::OUT, patience)?,
                Err(error) => return Err(error.into()),
            }
        }
        // The other side has them now.
        message.beside.clear();
        Ok(())
    }

    /// Waits for the next message.
    pub(super) fn receive(&mut self, patience: &mut Patience<'_>) -> Result<Incoming<'_>, Broken> {
        relax(&mut self.incoming, self.last);
        let mut beside = Vec::new();
        let mut held = 0;
        while held < HEADER {
            held += self.read_at(held, &mut beside, patience)?;
        }
        let header = Header::decode(self.incoming[..HEADER].try_into().expect("its length"))
            .map_err(|error| Broken::Garbage(error.to_string()))?;
        let whole = usize::try_from(header.length)
            .ok()
            .and_then(|length| length.checked_add(HEADER))
            .ok_or_else(|| Broken::Garbage("a message of impossible length".to_owned()))?;
        while held < whole {
            // Grown as the bytes come, not as the header says: it could say anything.
            if held == self.incoming.len() {
                let more = held.min(whole - held).max(PIECE);
                self.incoming.resize(held + more, 0);
            }
            held += self.read_at(held, &mut beside, patience)?;
        }
        if held > whole {
            return Err(Broken::Garbage(
                "more bytes than the message has".to_owned(),
            ));
        }
        if beside.len() != usize::from(header.beside) {
            return Err(Broken::Garbage(
                "descriptors that it did not announce".to_owned(),
            ));
        }
        self.last = whole;
        Ok(Incoming {
            header,
            payload: &self.incoming[HEADER..whole],
            beside,
        })
    }

    /// Whether something has come, or the other side has gone, although nothing was asked.
    pub(super) fn is_disturbed(&self) -> bool {
        let mut poll_fd = [PollFd::new(&self.socket, PollFlags::IN)];
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        !matches!(poll(&mut poll_fd, Some(&at_once)), Ok(0))
    }

    /// One read into `incoming`, from `at` on. Waits for at least a byte.
    fn read_at(
        &mut self,
        at: usize,
        beside: &mut Vec<Arrived>,
        patience: &mut Patience<'_>,
    ) -> Result<usize, Broken> {
        let mut looks = 0;
        loop {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
            let mut ancillary = RecvAncillaryBuffer::new(&mut space);
            let mut buffer = [IoSliceMut::new(&mut self.incoming[at..])];
            let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
            match recvmsg(&self.socket, &mut buffer, &mut ancillary, flags) {
                Ok(message) => {
                    for control in ancillary.drain() {
                        if let RecvAncillaryMessage::ScmRights(descriptors) = control {
                            beside.extend(descriptors.map(Arrived::Unseen));
                        }
                    }
                    return match message.bytes {
                        0 => Err(Broken::Closed),
                        bytes => Ok(bytes),
                    };
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if looks < LOOKS => {
                    looks += 1;
                    std::thread::yield_now();
                }
                Err(Errno::AGAIN) => self.wait_for(PollFlags::IN, patience)?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn wait_for(&self, what: PollFlags, patience: &mut Patience<'_>) -> Result<(), Broken> {
        let wait = patience.next_wait()?;
        let mut poll_fd = [PollFd::new(&self.socket, what)];
        // A wait that the system cannot express is as good as one without end.
        let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
        match poll(&mut poll_fd, wait.as_ref()) {
            Ok(0) => patience.after_wait(),
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Gives back what a large message needed, if the last one was smaller. Not sooner: fresh memory costs more than filling it.
fn relax(buffer: &mut Vec<u8>, last: usize) {
    let enough = PIECE.max(last.saturating_mul(2));
    buffer.truncate(enough);
    buffer.shrink_to(enough);
}

/// A message that has come.
pub(super) struct Incoming<'a> {
    pub(super) header: Header,
    pub(super) payload: &'a [u8],
    /// What came beside it.
    pub(super) beside: Vec<Arrived>,
}
