//! Tokens: a failing execution as a short text, with which it is run again.
//!
//! `rc1-` and the lower-case base 32 of: the engine, what it needs, and the first two bytes of a CRC-32 of both.

use core::fmt;
use core::str::FromStr;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::explorer::Script;

/// What every token of this version begins with.
const VERSION: &str = "rc1-";

/// The longest token that is read, in characters: longer than any that is written.
const LONGEST: usize = 400_000;

/// One execution, to be run again by [`Checker::replay`](super::Checker::replay).
///
/// Its text is short enough to be passed around, and the same on every machine. It is made for one program: after a
/// change that concerns the execution it does not fit any more, and a replay says so.
///
/// ```
/// use racecourse::check::{Checker, ReplayToken};
/// use racecourse::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use racecourse::thread;
/// use std::sync::Arc;
///
/// fn lost_update() {
///     let counter = Arc::new(AtomicU32::new(0));
///     let other = Arc::clone(&counter);
///     let thread = thread::spawn(move || other.store(other.load(Relaxed) + 1, Relaxed));
///     counter.store(counter.load(Relaxed) + 1, Relaxed);
///     thread.join().unwrap();
///     assert_eq!(counter.load(Relaxed), 2);
/// }
///
/// let report = Checker::new().run(lost_update);
/// let token = report.failure().unwrap().replay().unwrap().to_string();
///
/// let token: ReplayToken = token.parse().unwrap();
/// let again = Checker::new().replay(&token, lost_update);
/// assert_eq!(again.executions(), 1);
/// assert_eq!(again.failure().unwrap().message(), report.failure().unwrap().message());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayToken {
    pub(crate) script: Script,
}

/// The engine that wrote it; the sampler's executions are the explorer's.
const EXPLORER: u8 = 1;

impl fmt::Display for ReplayToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Bytes::default();
        bytes.byte(EXPLORER);
        self.script.write(&mut bytes);
        let sum = checksum(&bytes.all);
        bytes.all.extend(sum);
        f.write_str(VERSION)?;
        f.write_str(&BASE32_NOPAD.encode(&bytes.all).to_ascii_lowercase())
    }
}

fn checksum(bytes: &[u8]) -> [u8; 2] {
    let [a, b, ..] = crc32fast::hash(bytes).to_be_bytes();
    [a, b]
}

impl FromStr for ReplayToken {
    type Err = ParseReplayTokenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |problem| Err(ParseReplayTokenError { problem });
        let text = text.trim();
        let Some(code) = text.strip_prefix(VERSION) else {
            let digits = text
                .strip_prefix("rc")
                .and_then(|rest| rest.split_once('-'));
            return error(match digits {
                Some((version, _)) if version.parse::<u32>().is_ok() => Problem::Version,
                _ => Problem::NotOne,
            });
        };
        if code.len() > LONGEST {
            return error(Problem::Damaged);
        }
        let Ok(all) = BASE32_NOPAD.decode(code.to_ascii_uppercase().as_bytes()) else {
            return error(Problem::Damaged);
        };
        let Some((content, sum)) = all.split_last_chunk::<2>() else {
            return error(Problem::Damaged);
        };
        if checksum(content) != *sum {
            return error(Problem::Damaged);
        }
        let mut bytes = Bytes {
            all: content.to_vec(),
            at: 0,
        };
        match bytes.take_byte() {
            Ok(EXPLORER) => {}
            Ok(_) => return error(Problem::Engine),
            Err(Malformed) => return error(Problem::Damaged),
        }
        match Script::read(&mut bytes) {
            Ok(script) if bytes.is_empty() => Ok(Self { script }),
            _ => error(Problem::Damaged),
        }
    }
}

/// As its text.
impl Serialize for ReplayToken {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ReplayToken {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A text that is no [`ReplayToken`]. Its `Display` says why, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseReplayTokenError {
    problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    NotOne,
    Version,
    Engine,
    Damaged,
}

impl fmt::Display for ParseReplayTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.problem {
            Problem::NotOne => {
                "this is no replay token: one begins with `rc1-`; copy it from the last lines of the report"
            }
            Problem::Version => {
                "this replay token is of another version of racecourse, which reads those with `rc1-`; \
                 check anew, and take the token of that report"
            }
            Problem::Engine => {
                "this replay token is for an engine that this version of racecourse does not have; \
                 check anew, and take the token of that report"
            }
            Problem::Damaged => {
                "this replay token is damaged or cut short: its checksum is wrong; copy all of it from the \
                 last lines of the report"
            }
        })
    }
}

impl std::error::Error for ParseReplayTokenError {}

/// Bytes that are written, or read from the front. Numbers are in base 128, the lowest digits first (LEB128).
#[derive(Debug, Default)]
pub(crate) struct Bytes {
    all: Vec<u8>,
    at: usize,
}

/// The bytes mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Bytes {
    pub(crate) fn byte(&mut self, byte: u8) {
        self.all.push(byte);
    }

    pub(crate) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at == self.all.len()
    }

    pub(crate) fn take_byte(&mut self) -> Result<u8, Malformed> {
        let byte = *self.all.get(self.at).ok_or(Malformed)?;
        self.at += 1;
        Ok(byte)
    }

    pub(crate) fn take_number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take_byte()?;
            let digit = u64::from(byte & 0x7f);
            if shift == 63 && digit > 1 {
                return Err(Malformed);
            }
            number |= digit << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed)
    }
}
