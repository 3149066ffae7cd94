//! Bytes that several processes hold without a copy.
//!
//! What travels is a descriptor. It goes beside the message, so writing and reading a message needs to know which
//! descriptors are beside it: `writing` and `reading` keep them in a thread-local while `serde` is at work.
//!
//! Messages themselves go through the socket, however large they are. Tried were shared memory that is sealed and mapped,
//! and a piece that is kept and written and read by calls: both were slower at every size, for a socket's two sides copy at
//! the same time.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::ops::Deref;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[cfg(target_os = "linux")]
#[path = "shared_memory/sealed.rs"]
mod memory;
#[cfg(not(target_os = "linux"))]
#[path = "shared_memory/private.rs"]
mod memory;

use memory::Memory;

/// So many descriptors are beside a message at most; the system takes 253.
pub(super) const MOST: usize = 64;

/// Bytes that a [`ProcessPool`](crate::pool::ProcessPool)'s tasks read without a copy: arguments and results that hold them
/// carry an address, so to speak, however large they are.
///
/// They cannot be changed any more, by nobody. A clone is another handle of the same bytes.
///
/// ```no_run
/// use racecourse::pool::{Executor, ProcessPool};
/// use racecourse::pool::process::SharedBytes;
///
/// fn count((text, byte): (SharedBytes, u8)) -> usize {
///     text.iter().filter(|b| **b == byte).count()
/// }
/// racecourse::remote!(Count = count((SharedBytes, u8)) -> usize);
///
/// # fn main() -> std::io::Result<()> {
/// # racecourse::pool::process::enter();
/// let pool = ProcessPool::new(2);
/// let text = SharedBytes::new(&std::fs::read("Cargo.lock")?)?;
/// let counts = pool.map(Count, (b'a'..=b'z').map(|letter| (text.clone(), letter)));
/// # Ok(())
/// # }
/// ```
///
/// On Linux these are sealed anonymous files (`memfd_create`). Elsewhere, beyond 64 of them in one message, and in any other
/// format than that of the pool, the bytes are written out.
#[derive(Clone)]
pub struct SharedBytes(Arc<Memory>);

impl SharedBytes {
    /// Copies `bytes` into memory that can be shared.
    ///
    /// ```
    /// let text = racecourse::pool::process::SharedBytes::new(b"read by all, copied by nobody")?;
    /// assert_eq!(&text[..4], b"read");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// The system has no descriptor, or no memory left.
    pub fn new(bytes: &[u8]) -> io::Result<Self> {
        Memory::new(bytes).map(Self::from_memory)
    }

    fn from_memory(memory: Memory) -> Self {
        Self(Arc::new(memory))
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for SharedBytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for SharedBytes {}

impl fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedBytes({} bytes)", self.len())
    }
}

std::thread_local! {
    /// Those beside the message that this thread writes; `None` if it writes none of ours.
    static OUTGOING: RefCell<Option<Vec<SharedBytes>>> = const { RefCell::new(None) };
    /// Those beside the message that it reads.
    static INCOMING: RefCell<Vec<Arrived>> = const { RefCell::new(Vec::new()) };
}

/// A descriptor that came beside a message, and what it turned out to be.
#[derive(Debug)]
pub(super) enum Arrived {
    Unseen(OwnedFd),
    Seen(SharedBytes),
    Refused,
}

/// Runs `write`, which may come upon shared bytes: they are added to `beside`.
pub(super) fn writing<R>(beside: &mut Vec<SharedBytes>, write: impl FnOnce() -> R) -> R {
    struct Restore<'a>(&'a mut Vec<SharedBytes>);
    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            *self.0 = OUTGOING.take().unwrap_or_default();
        }
    }
    OUTGOING.set(Some(std::mem::take(beside)));
    let _restore = Restore(beside);
    write()
}

/// Runs `read`, which may come upon shared bytes: they are taken from `beside`.
pub(super) fn reading<R>(beside: &mut Vec<Arrived>, read: impl FnOnce() -> R) -> R {
    struct Restore<'a>(&'a mut Vec<Arrived>);
    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            *self.0 = INCOMING.take();
        }
    }
    INCOMING.set(std::mem::take(beside));
    let _restore = Restore(beside);
    read()
}

/// How shared bytes are written: which of those beside the message, or themselves.
#[derive(Serialize, Deserialize)]
enum Written<B> {
    Beside { place: u32, length: u64 },
    Here(B),
}

/// `&[u8]` is a sequence for `serde`, a byte at a time.
struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl Serialize for SharedBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let place = OUTGOING.with_borrow_mut(|outgoing| {
            let beside = outgoing.as_mut()?;
            self.0.descriptor()?;
            let known = beside
                .iter()
                .position(|other| Arc::ptr_eq(&self.0, &other.0));
            known.or_else(|| {
                (beside.len() < MOST).then(|| {
                    beside.push(self.clone());
                    beside.len() - 1
                })
            })
        });
        match place.and_then(|place| u32::try_from(place).ok()) {
            Some(place) => Written::<Bytes<'_>>::Beside {
                place,
                length: self.len() as u64,
            },
            None => Written::Here(Bytes(self)),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::<Vec<u8>>::deserialize(deserializer)? {
            Written::Here(bytes) => Self::new(&bytes).map_err(D::Error::custom),
            Written::Beside { place, length } => INCOMING.with_borrow_mut(|incoming| {
                let arrived = incoming
                    .get_mut(place as usize)
                    .ok_or_else(|| D::Error::custom("shared bytes are not beside the message"))?;
                if let Arrived::Unseen(_) = arrived
                    && let Arrived::Unseen(descriptor) =
                        std::mem::replace(arrived, Arrived::Refused)
                {
                    let memory = Memory::of(descriptor).map_err(D::Error::custom)?;
                    *arrived = Arrived::Seen(Self::from_memory(memory));
                }
                match arrived {
                    Arrived::Seen(bytes) if bytes.len() as u64 == length => Ok(bytes.clone()),
                    _ => Err(D::Error::custom("shared bytes are not those announced")),
                }
            }),
        }
    }
}

impl SharedBytes {
    pub(super) fn descriptor(&self) -> Option<&OwnedFd> {
        self.0.descriptor()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_any_other_format_the_bytes_are_written_out() {
        let bytes = SharedBytes::new(b"horses").unwrap();
        let text = serde_json::to_string(&bytes).unwrap();
        assert_eq!(serde_json::from_str::<SharedBytes>(&text).unwrap(), bytes);
        assert_eq!(&*SharedBytes::new(&[]).unwrap(), b"");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_same_bytes_are_beside_a_message_once() {
        let (one, other) = (
            SharedBytes::new(b"1").unwrap(),
            SharedBytes::new(b"2").unwrap(),
        );
        let mut beside = Vec::new();
        let written = writing(&mut beside, || {
            postcard::to_allocvec(&[&one, &other, &one, &one.clone()]).unwrap()
        });
        assert_eq!(beside.len(), 2);
        let mut arrived = beside
            .iter()
            .map(|bytes| Arrived::Unseen(bytes.descriptor().unwrap().try_clone().unwrap()))
            .collect();
        let read: [SharedBytes; 4] =
            reading(&mut arrived, || postcard::from_bytes(&written).unwrap());
        assert_eq!(read, [one.clone(), other, one.clone(), one]);
        assert!(Arc::ptr_eq(&read[0].0, &read[3].0));
        // And without what was beside it, the message cannot be read.
        assert!(postcard::from_bytes::<[SharedBytes; 4]>(&written).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_that_could_still_change_is_refused() {
        use std::io::Write as _;
        let open = rustix::fs::memfd_create("open", rustix::fs::MemfdFlags::ALLOW_SEALING).unwrap();
        let mut open = std::fs::File::from(open);
        open.write_all(b"four").unwrap();
        assert!(Memory::of(open.into()).is_err());
    }
}
