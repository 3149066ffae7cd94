//! The jobs that this program's workers know, and how one is done: read it, run it, write what comes of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::channel::{Incoming, Outgoing};
use super::remote::{Registration, RemoteJob};
use super::shared_memory::{self, Arrived, SharedBytes};
use crate::pool::TaskPanic;

/// What a worker could not do.
#[derive(Debug)]
pub(super) enum Fault {
    /// The job panicked, with this text.
    Panicked(String),
    /// The request is not what it should be, or the output cannot be serialised.
    Untranslatable(String),
}

pub(super) type Serve = fn(request: Incoming<'_>, reply: &mut Outgoing) -> Result<(), Fault>;

/// Runs the jobs of a request one after the other.
pub(super) fn serve<J: RemoteJob>(
    mut request: Incoming<'_>,
    reply: &mut Outgoing,
) -> Result<(), Fault> {
    let (bytes, beside) = reply.begin();
    let mut rest = request.payload;
    for _ in 0..request.header.count {
        let (job, behind) = take::<J>(rest, &mut request.beside).map_err(|error| {
            Fault::Untranslatable(format!(
                "the worker could not read the job {} ({error}); does its `Deserialize` take what its `Serialize` gives?",
                J::NAME
            ))
        })?;
        rest = behind;
        let output = catch_unwind(AssertUnwindSafe(|| job.run()))
            .map_err(|payload| Fault::Panicked(TaskPanic::new(payload).message().to_owned()))?;
        append(&output, bytes, beside).map_err(|error| {
            Fault::Untranslatable(format!(
                "the output of the job {} could not be serialised ({error})",
                J::NAME
            ))
        })?;
    }
    if rest.is_empty() {
        Ok(())
    } else {
        Err(Fault::Untranslatable(format!(
            "the worker read less of the job {} than was sent; does its `Deserialize` take what its `Serialize` gives?",
            J::NAME
        )))
    }
}

/// Appends `value` to a message.
pub(super) fn append<T: Serialize>(
    value: &T,
    bytes: &mut Vec<u8>,
    beside: &mut Vec<SharedBytes>,
) -> postcard::Result<()> {
    shared_memory::writing(beside, || {
        postcard::serialize_with_flavor(value, Appending(bytes))
    })
}

/// Takes the first value off a message; gives what is behind it, too.
pub(super) fn take<'m, T: DeserializeOwned>(
    bytes: &'m [u8],
    beside: &mut Vec<Arrived>,
) -> postcard::Result<(T, &'m [u8])> {
    shared_memory::reading(beside, || postcard::take_from_bytes(bytes))
}

struct Appending<'a>(&'a mut Vec<u8>);

impl postcard::ser_flavors::Flavor for Appending<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// The jobs that this program knows, by their ids.
pub(super) struct Registry(Vec<(u64, &'static Registration)>);

impl Registry {
    pub(super) fn get() -> &'static Self {
        static REGISTRY: OnceLock<Registry> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            let mut all: Vec<_> = inventory::iter::<Registration>()
                .map(|registration| (id(registration.name), registration))
                .collect();
            all.sort_unstable_by_key(|&(id, _)| id);
            for pair in all.windows(2) {
                assert!(
                    pair[0].0 != pair[1].0,
                    "the remote jobs {} and {} have the same id: rename one of them",
                    pair[0].1.name,
                    pair[1].1.name
                );
            }
            Self(all)
        })
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|&(id, _)| id)
    }

    pub(super) fn serve(&self, request: Incoming<'_>, reply: &mut Outgoing) -> Result<(), Fault> {
        match self
            .0
            .binary_search_by_key(&request.header.job, |&(id, _)| id)
        {
            Ok(at) => (self.0[at].1.serve)(request, reply),
            Err(_) => Err(Fault::Untranslatable(
                "the worker does not know this job".to_owned(),
            )),
        }
    }
}

/// A job's name as a number: FNV-1a, 64 bits.
pub(super) const fn id(name: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    hash
}
