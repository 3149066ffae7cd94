//! One end of the socket between a pool and a worker: whole messages, with a limit on waiting.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use super::shared_memory::{self, Mapping};
use super::wire::{HEADER, Header, Place};

/// How often `receive` looks before it sleeps. A sleep and a wakeup cost as much as some tens of looks, and short jobs
/// are answered before those are over.
const LOOKS: u32 = 20;

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

/// A message that is being built: space for the header, then the payload.
#[derive(Debug)]
pub(super) struct Outgoing(Vec<u8>);

impl Outgoing {
    pub(super) fn new() -> Self {
        Self(vec![0; HEADER])
    }

    /// Begins a message; its payload is appended to what this returns.
    pub(super) fn begin(&mut self) -> &mut Vec<u8> {
        // Fresh memory costs more than filling it, so it is kept for the next message; but not for ever, if only one of
        // many was large.
        let last = self.0.len();
        self.0.truncate(HEADER);
        self.0.shrink_to(PIECE.max(last.saturating_mul(2)));
        &mut self.0
    }

    /// In place of what has been appended.
    pub(super) fn begin_anew(&mut self, payload: &[u8]) {
        self.begin().extend_from_slice(payload);
    }
}

#[derive(Debug)]
pub(super) struct Channel {
    socket: OwnedFd,
    incoming: Vec<u8>,
}

impl Channel {
    pub(super) fn new(socket: OwnedFd) -> Self {
        Self {
            socket,
            incoming: vec![0; PIECE],
        }
    }

    /// Sends a message.
    pub(super) fn send(
        &self,
        mut header: Header,
        message: &mut Outgoing,
        patience: &mut Patience<'_>,
    ) -> Result<(), Broken> {
        let message = &mut message.0;
        let payload = &message[HEADER..];
        header.length = payload.len() as u64;
        let shared = if payload.len() >= shared_memory::FROM {
            // A refusal (no descriptor or no memory left) is no reason to lose the task: the socket takes it, too.
            shared_memory::write(payload).and_then(Result::ok)
        } else {
            None
        };
        header.place = if shared.is_some() {
            Place::Shared
        } else {
            Place::Inline
        };
        message[..HEADER].copy_from_slice(&header.encode());
        let mut rest = match shared {
            Some(_) => &message[..HEADER],
            None => &message[..],
        };
        let mut memory = shared;
        while !rest.is_empty() {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            let descriptors;
            if let Some(memory) = &memory {
                descriptors = [memory.as_fd()];
                ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
            }
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            match sendmsg(&self.socket, &[IoSlice::new(rest)], &mut ancillary, flags) {
                Ok(sent) => {
                    rest = &rest[sent..];
                    // It goes with the first byte.
                    memory = None;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait_for(PollFlags::OUT, patience)?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits for the next message.
    pub(super) fn receive(
        &mut self,
        patience: &mut Patience<'_>,
    ) -> Result<(Header, Payload<'_>), Broken> {
        let mut memory = None;
        let mut held = 0;
        while held < HEADER {
            held += self.read_at(held, &mut memory, patience)?;
        }
        let header = Header::decode(self.incoming[..HEADER].try_into().expect("its length"))
            .map_err(|error| Broken::Garbage(error.to_string()))?;
        if header.place == Place::Shared {
            let memory = memory.ok_or_else(|| {
                Broken::Garbage("a message that lacks its shared memory".to_owned())
            })?;
            if held > HEADER {
                return Err(excess());
            }
            let mapping = Mapping::new(&memory, header.length)
                .map_err(|error| Broken::Garbage(error.to_string()))?;
            return Ok((header, Payload::Shared(mapping)));
        }
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
            held += self.read_at(held, &mut memory, patience)?;
        }
        if held > whole {
            return Err(excess());
        }
        Ok((header, Payload::Inline(&self.incoming[HEADER..whole])))
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
        memory: &mut Option<OwnedFd>,
        patience: &mut Patience<'_>,
    ) -> Result<usize, Broken> {
        let mut looks = 0;
        loop {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut ancillary = RecvAncillaryBuffer::new(&mut space);
            let mut buffer = [IoSliceMut::new(&mut self.incoming[at..])];
            let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
            match recvmsg(&self.socket, &mut buffer, &mut ancillary, flags) {
                Ok(message) => {
                    for control in ancillary.drain() {
                        if let RecvAncillaryMessage::ScmRights(descriptors) = control {
                            *memory = descriptors.last().or(memory.take());
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
                    std::hint::spin_loop();
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

fn excess() -> Broken {
    Broken::Garbage("more bytes than the message has".to_owned())
}

/// The bytes behind a header.
pub(super) enum Payload<'a> {
    Inline(&'a [u8]),
    Shared(Mapping),
}

impl Deref for Payload<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Inline(bytes) => bytes,
            Self::Shared(mapping) => mapping,
        }
    }
}
