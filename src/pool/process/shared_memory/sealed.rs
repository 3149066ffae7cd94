//! Memory that nobody can change any more: neither a byte of it, nor its size.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::ptr::NonNull;
use std::slice;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

const SEALS: SealFlags = SealFlags::SHRINK
    .union(SealFlags::GROW)
    .union(SealFlags::WRITE);

pub(super) struct Memory {
    descriptor: OwnedFd,
    /// Dangling if the length is 0, for nothing cannot be mapped.
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping is owned, and is memory that nobody can change.
unsafe impl Send for Memory {}
// SAFETY: as above: it is only read.
unsafe impl Sync for Memory {}

impl Memory {
    pub(super) fn new(bytes: &[u8]) -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let mut file = File::from(memfd_create("racecourse", flags)?);
        file.write_all(bytes)?;
        fcntl_add_seals(&file, SEALS)?;
        Self::of(file.into())
    }

    /// # Errors
    /// It is not sealed, or the system refuses to map it.
    pub(super) fn of(descriptor: OwnedFd) -> io::Result<Self> {
        // Asked before the size: from here on that cannot change.
        if !fcntl_get_seals(&descriptor)?.contains(SEALS) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "shared memory that could still change",
            ));
        }
        let size = fstat(&descriptor)?.st_size;
        let length = usize::try_from(size).map_err(io::Error::other)?;
        let mut start = NonNull::dangling();
        if length > 0 {
            // SAFETY: a new mapping at an address of the system's choice; no memory of ours is touched.
            let mapped = unsafe {
                mmap(
                    std::ptr::null_mut(),
                    length,
                    ProtFlags::READ,
                    MapFlags::SHARED,
                    descriptor.as_fd(),
                    0,
                )?
            };
            start = NonNull::new(mapped.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        }
        Ok(Self {
            descriptor,
            start,
            length,
        })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: mapped for reading as long as `self` lives, and initialised, as all files are. Sealed: it can neither
        // shrink, which would make reading it a fault, nor be written to, by whichever process. Of a length of 0 the
        // start may be dangling.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    pub(super) fn descriptor(&self) -> Option<&OwnedFd> {
        Some(&self.descriptor)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.length > 0 {
            // SAFETY: exactly what `mmap` gave; no reference to it outlives `self`.
            let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
            debug_assert!(unmapped.is_ok(), "an own mapping can be unmapped");
        }
    }
}
