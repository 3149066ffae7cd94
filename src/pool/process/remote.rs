//! How work is named, so that another process can find it: the traits, and the macro that fills the registry.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[cfg(unix)]
use super::registry;
use crate::pool::{Call, Function, Job};

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
///
/// ```
/// use racecourse::pool::process::RemoteFunction;
///
/// fn square(n: u64) -> u64 {
///     n * n
/// }
/// racecourse::remote!(Square = square(u64) -> u64);
///
/// fn is_remote<A, F: RemoteFunction<A>>(_: F) {}
/// is_remote::<u64, _>(Square);
/// ```
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

/// A job that workers of this program know. Made by [`remote!`](crate::remote).
#[derive(Debug)]
pub struct Registration {
    #[cfg(unix)]
    pub(super) name: &'static str,
    #[cfg(unix)]
    pub(super) serve: registry::Serve,
}

impl Registration {
    /// The registration of `J`.
    pub const fn of<J: RemoteJob>() -> Self {
        Self {
            #[cfg(unix)]
            name: J::NAME,
            #[cfg(unix)]
            serve: registry::serve::<J>,
        }
    }
}

inventory::collect!(Registration);

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
