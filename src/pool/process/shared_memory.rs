//! Large payloads: written once into memory that both processes can see, instead of through a socket's small buffer.

#[cfg(target_os = "linux")]
pub(super) use linux::{Mapping, write};
#[cfg(not(target_os = "linux"))]
pub(super) use nowhere::{Mapping, write};

/// From this size on a payload goes through shared memory; below, the socket is as fast.
pub(super) const FROM: usize = 128 * 1024;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io::{self, Write as _};
    use std::ops::Deref;
    use std::os::fd::{AsFd as _, OwnedFd};
    use std::ptr::NonNull;
    use std::slice;

    use rustix::fs::{
        MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, memfd_create,
    };
    use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

    /// With these, neither the size nor a byte of the memory can change any more, whoever holds it.
    const SEALS: SealFlags = SealFlags::SHRINK
        .union(SealFlags::GROW)
        .union(SealFlags::WRITE);

    /// Memory that holds `payload` and can no longer change.
    pub(in super::super) fn write(payload: &[u8]) -> Option<io::Result<OwnedFd>> {
        Some(sealed(payload))
    }

    fn sealed(payload: &[u8]) -> io::Result<OwnedFd> {
        let memory = memfd_create(
            "racecourse",
            MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
        )?;
        let mut file = File::from(memory);
        file.write_all(payload)?;
        fcntl_add_seals(&file, SEALS)?;
        Ok(file.into())
    }

    /// Sealed memory of another process, to be read.
    #[derive(Debug)]
    pub(in super::super) struct Mapping {
        start: NonNull<u8>,
        length: usize,
    }

    // SAFETY: the mapping is owned, and is memory that nobody can change.
    unsafe impl Send for Mapping {}

    impl Mapping {
        /// # Errors
        /// The memory is not sealed, is not of this length, or the system refuses to map it.
        pub(in super::super) fn new(memory: &OwnedFd, length: u64) -> io::Result<Self> {
            let wrong = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text.to_owned());
            if !fcntl_get_seals(memory)?.contains(SEALS) {
                return Err(wrong("shared memory that could still change"));
            }
            let size = u64::try_from(fstat(memory)?.st_size).unwrap_or(0);
            if size != length || length == 0 {
                return Err(wrong("shared memory of another size than announced"));
            }
            let length =
                usize::try_from(length).map_err(|_| wrong("more than this machine can address"))?;
            // SAFETY: a new private mapping at an address of the system's choice; no memory of ours is touched.
            let start = unsafe {
                mmap(
                    std::ptr::null_mut(),
                    length,
                    ProtFlags::READ,
                    MapFlags::PRIVATE | MapFlags::POPULATE,
                    memory.as_fd(),
                    0,
                )?
            };
            let start = NonNull::new(start.cast())
                .ok_or_else(|| wrong("shared memory at the address 0"))?;
            Ok(Self { start, length })
        }
    }

    impl Deref for Mapping {
        type Target = [u8];

        fn deref(&self) -> &[u8] {
            // SAFETY: mapped for reading as long as `self` lives, initialised as all files are, and sealed: it can
            // neither shrink, which would make reading it a fault, nor be written to by another process.
            unsafe { slice::from_raw_parts(self.start.as_ptr(), self.length) }
        }
    }

    impl Drop for Mapping {
        fn drop(&mut self) {
            // SAFETY: exactly what `mmap` gave; no reference to it outlives `self`.
            let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
            debug_assert!(unmapped.is_ok(), "an own mapping can be unmapped");
        }
    }
}

/// Systems whose shared memory cannot be sealed: everything goes through the socket.
#[cfg(not(target_os = "linux"))]
mod nowhere {
    use std::io;
    use std::ops::Deref;
    use std::os::fd::OwnedFd;

    pub(in super::super) fn write(_payload: &[u8]) -> Option<io::Result<OwnedFd>> {
        None
    }

    #[derive(Debug)]
    pub(in super::super) enum Mapping {}

    impl Mapping {
        pub(in super::super) fn new(_memory: &OwnedFd, _length: u64) -> io::Result<Self> {
            Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "shared memory, which this system cannot seal",
            ))
        }
    }

    impl Deref for Mapping {
        type Target = [u8];

        fn deref(&self) -> &[u8] {
            match *self {}
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let payload: Vec<u8> = (0..=255).cycle().take(FROM + 7).collect();
        let memory = write(&payload).unwrap().unwrap();
        let mapping = Mapping::new(&memory, payload.len() as u64).unwrap();
        assert_eq!(*mapping, payload[..]);
    }

    #[test]
    fn memory_that_can_change_or_has_another_size_is_refused() {
        use std::io::Write as _;
        let memory = write(b"four").unwrap().unwrap();
        assert!(Mapping::new(&memory, 5).is_err());
        assert!(Mapping::new(&memory, 0).is_err());

        let open = rustix::fs::memfd_create("open", rustix::fs::MemfdFlags::ALLOW_SEALING).unwrap();
        let mut open = std::fs::File::from(open);
        open.write_all(b"four").unwrap();
        assert!(Mapping::new(&open.into(), 4).is_err());
    }
}
