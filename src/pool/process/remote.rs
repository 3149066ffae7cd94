//! How work is named, so that another process can find it: the traits, the registry, and the macro that fills it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::pool::{Call, Function, Job, TaskError};

/// A [`Job`] that another process can run: it is data, and [`remote!`](crate::remote) has given it a name.
///
/// ```
/// use racecourse::pool::Job;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Add(u32, u32);
///
/// impl Job for Add {
///     type Output = u32;
///     fn run(self) -> u32 {
///         self.0 + self.1
///     }
/// }
/// racecourse::remote!(impl Job for Add);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be run in another process",
    label = "not a remote job",
    note = "name it there: `racecourse::remote!(impl Job for …)`, or for a function `racecourse::remote!(pub Square = square(u64) -> u64)`",
    note = "a closure cannot leave its process: make it a function, or a struct that holds what it captures"
)]
pub trait RemoteJob:
    Job<Output: Serialize + DeserializeOwned + Send + 'static>
    + Serialize
    + DeserializeOwned
    + Send
    + 'static
{
    /// The name under which the job's process and its workers know it, with its module: unique in a program.
    const NAME: &'static str;
}

/// A [`Function`] that another process can apply, for the pool's `map` and its relatives. [`remote!`](crate::remote)
/// implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be applied in another process",
    label = "not a remote function",
    note = "name it there: `racecourse::remote!(pub Square = square(u64) -> u64)` for a plain function, `racecourse::remote!(impl Function<u64> for Square)` for a type"
)]
pub trait RemoteFunction<A>: Function<A> + Serialize + DeserializeOwned {
    /// As [`RemoteJob::NAME`].
    const NAME: &'static str;
}

impl<F, A> RemoteJob for Call<F, A>
where
    F: RemoteFunction<A> + Send + Sync + 'static,
    F::Output: Serialize + DeserializeOwned + Send + 'static,
    A: Serialize + DeserializeOwned + Send + 'static,
{
    const NAME: &'static str = F::NAME;
}

impl<F: Serialize, A: Serialize> Serialize for Call<F, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&*self.function, &self.argument).serialize(serializer)
    }
}

impl<'de, F: Deserialize<'de>, A: Deserialize<'de>> Deserialize<'de> for Call<F, A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (function, argument) = Deserialize::deserialize(deserializer)?;
        Ok(Self {
            function: std::sync::Arc::new(function),
            argument,
        })
    }
}

/// What a worker could not do.
#[derive(Debug)]
pub(super) enum Fault {
    /// The job panicked, with this text.
    Panicked(String),
    /// The request is not what it should be, or the output cannot be serialised.
    Untranslatable(String),
}

pub(super) type Serve = fn(count: u64, request: &[u8], reply: &mut Vec<u8>) -> Result<(), Fault>;

/// A job that workers of this program know. Made by [`remote!`](crate::remote).
#[derive(Debug)]
pub struct Registration {
    name: &'static str,
    serve: Serve,
}

impl Registration {
    /// The registration of `J`.
    pub const fn of<J: RemoteJob>() -> Self {
        Self {
            name: J::NAME,
            serve: serve::<J>,
        }
    }
}

inventory::collect!(Registration);

/// Runs the jobs of a request one after the other.
fn serve<J: RemoteJob>(count: u64, request: &[u8], reply: &mut Vec<u8>) -> Result<(), Fault> {
    let mut rest = request;
    for _ in 0..count {
        let (job, behind) = postcard::take_from_bytes::<J>(rest).map_err(|error| {
            Fault::Untranslatable(format!(
                "the worker could not read the job {} ({error}); does its `Deserialize` take what its `Serialize` gives?",
                J::NAME
            ))
        })?;
        rest = behind;
        let output = catch_unwind(AssertUnwindSafe(|| job.run())).map_err(|payload| {
            match TaskError::panicked(payload) {
                TaskError::Panicked(panic) => Fault::Panicked(panic.message().to_owned()),
                other => Fault::Panicked(other.to_string()),
            }
        })?;
        append(&output, reply).map_err(|error| {
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

/// Appends `value` to `bytes`; on an error `bytes` is as before.
pub(super) fn append<T: Serialize>(value: &T, bytes: &mut Vec<u8>) -> postcard::Result<()> {
    let before = bytes.len();
    // `to_extend` takes the vector, and drops it on an error.
    let result = postcard::serialize_with_flavor(value, Appending(bytes));
    if result.is_err() {
        bytes.truncate(before);
    }
    result
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

    pub(super) fn serve(
        &self,
        job: u64,
        count: u64,
        request: &[u8],
        reply: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        match self.0.binary_search_by_key(&job, |&(id, _)| id) {
            Ok(at) => (self.0[at].1.serve)(count, request, reply),
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

/// Names work for a [`ProcessPool`](crate::pool::ProcessPool): its workers are other processes, which find by name what
/// they are to do.
///
/// Three forms:
///
/// ```
/// use racecourse::pool::{Function, Job};
/// use serde::{Deserialize, Serialize};
///
/// // A plain function, under a type of its own, to be mapped: `pool.map(Square, 1..=4)`.
/// fn square(n: u64) -> u64 {
///     n * n
/// }
/// racecourse::remote!(pub Square = square(u64) -> u64);
///
/// // A type that is a function already: it may hold what all its calls share.
/// #[derive(Serialize, Deserialize)]
/// struct Scale(u64);
/// impl Function<u64> for Scale {
///     type Output = u64;
///     fn call(&self, n: u64) -> u64 {
///         self.0 * n
///     }
/// }
/// racecourse::remote!(impl Function<u64> for Scale);
///
/// // A job of any shape, to be submitted: `pool.submit(Greet("Ada".into()))`.
/// #[derive(Serialize, Deserialize)]
/// struct Greet(String);
/// impl Job for Greet {
///     type Output = String;
///     fn run(self) -> String {
///         format!("hello, {}", self.0)
///     }
/// }
/// racecourse::remote!(impl Job for Greet);
/// ```
///
/// Arguments, jobs and outputs are `serde`'s `Serialize` and `Deserialize`, which [`postcard`](https://docs.rs/postcard)
/// turns into bytes: a format that does not describe itself, so `#[serde(untagged)]`, `flatten` and
/// `skip_serializing_if` do not work with it. A function of several arguments takes a tuple.
///
/// The name is the module's and the type's, so two of the same name in one function body clash.
#[macro_export]
macro_rules! remote {
    (impl Job for $job:ty) => {
        impl $crate::pool::process::RemoteJob for $job {
            const NAME: &'static str = ::core::concat!(::core::module_path!(), "::", ::core::stringify!($job));
        }
        $crate::pool::process::__private::inventory::submit! {
            $crate::pool::process::__private::Registration::of::<$job>()
        }
    };
    (impl Function<$argument:ty> for $function:ty) => {
        impl $crate::pool::process::RemoteFunction<$argument> for $function {
            const NAME: &'static str = ::core::concat!(
                ::core::module_path!(),
                "::",
                ::core::stringify!($function),
                "(",
                ::core::stringify!($argument),
                ")"
            );
        }
        $crate::pool::process::__private::inventory::submit! {
            $crate::pool::process::__private::Registration::of::<$crate::pool::Call<$function, $argument>>()
        }
    };
    ($(#[$attribute:meta])* $visibility:vis $name:ident = $function:ident($argument:ty) -> $output:ty) => {
        $(#[$attribute])*
        #[doc = ::core::concat!("`", ::core::stringify!($function), "` for a pool of processes.")]
        #[derive(Clone, Copy, Debug, Default)]
        $visibility struct $name;

        impl $crate::pool::Function<$argument> for $name {
            type Output = $output;

            fn call(&self, argument: $argument) -> $output {
                $function(argument)
            }
        }

        impl $crate::pool::process::__private::serde::Serialize for $name {
            fn serialize<S: $crate::pool::process::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::pool::process::__private::serde::Serializer::serialize_unit(serializer)
            }
        }

        impl<'de> $crate::pool::process::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::pool::process::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                <() as $crate::pool::process::__private::serde::Deserialize>::deserialize(deserializer)?;
                ::core::result::Result::Ok(Self)
            }
        }

        $crate::remote!(impl Function<$argument> for $name);
    };
}
