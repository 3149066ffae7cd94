//! What travels between a pool and its workers: a header of fixed size, and what follows it.

use std::fmt;

/// Raised whenever header, kinds or their meaning change. A worker of another version is refused when it starts.
pub(super) const VERSION: u64 = 1;

const MAGIC: [u8; 4] = *b"rcp1";

/// Bytes of an encoded [`Header`].
pub(super) const HEADER: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// The pool's first word; what follows is the text that the worker knows it by.
    Hello,
    /// The worker's first word; `job` is its version, what follows the ids of the jobs that it knows.
    Ready,
    /// The pool asks for `count` jobs of one kind, which follow one after the other.
    Run,
    /// The worker's answer: the outputs, one after the other.
    Done,
    /// The worker's answer: a job panicked, with this text.
    Panicked,
    /// The worker's answer: a job or its output could not be turned from or into bytes, for this reason.
    Untranslatable,
    /// The pool needs this worker no longer.
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// How many descriptors come with it.
    pub(super) beside: u8,
    pub(super) count: u64,
    /// Counts the requests to one worker; an answer carries the number of its request.
    pub(super) number: u64,
    pub(super) job: u64,
    /// Of the payload, in bytes.
    pub(super) length: u64,
}

impl Header {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            beside: 0,
            count: 0,
            number: 0,
            job: 0,
            length: 0,
        }
    }

    pub(super) fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4] = self.kind as u8;
        bytes[5] = self.beside;
        for (at, number) in [
            (8, self.count),
            (16, self.number),
            (24, self.job),
            (32, self.length),
        ] {
            bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// # Errors
    /// The bytes are no header of ours.
    pub(super) fn decode(bytes: &[u8; HEADER]) -> Result<Self, NotAHeader> {
        let number = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(eight)
        };
        let kind = match bytes[4] {
            0 => Kind::Hello,
            1 => Kind::Ready,
            2 => Kind::Run,
            3 => Kind::Done,
            4 => Kind::Panicked,
            5 => Kind::Untranslatable,
            6 => Kind::Stop,
            _ => return Err(NotAHeader),
        };
        if bytes[..4] != MAGIC || bytes[6..8] != [0, 0] {
            return Err(NotAHeader);
        }
        Ok(Self {
            kind,
            beside: bytes[5],
            count: number(8),
            number: number(16),
            job: number(24),
            length: number(32),
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotAHeader;

impl fmt::Display for NotAHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes that are no message of a worker")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_survives_the_journey() {
        let header = Header {
            kind: Kind::Done,
            beside: 7,
            count: 3,
            number: u64::MAX,
            job: 0x0123_4567_89ab_cdef,
            length: 1 << 40,
        };
        assert_eq!(Header::decode(&header.encode()), Ok(header));
    }

    #[test]
    fn every_byte_of_the_frame_is_looked_at() {
        let good = Header::new(Kind::Run).encode();
        for at in [0, 1, 2, 3, 4, 6, 7] {
            let mut bad = good;
            bad[at] ^= 0x80;
            assert_eq!(Header::decode(&bad), Err(NotAHeader), "byte {at}");
        }
    }
}
