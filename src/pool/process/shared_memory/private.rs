//! Systems whose shared memory cannot be sealed: every process has its copy.

use std::io;
use std::os::fd::OwnedFd;

pub(super) struct Memory(Box<[u8]>);

impl Memory {
    pub(super) fn new(bytes: &[u8]) -> io::Result<Self> {
        Ok(Self(bytes.into()))
    }

    pub(super) fn of(_descriptor: OwnedFd) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn descriptor(&self) -> Option<&OwnedFd> {
        None
    }
}
