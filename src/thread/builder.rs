use std::io;

use super::handle::JoinHandle;

#[cfg(feature = "check")]
use super::handle::{Body, Join, ModelJoin};
#[cfg(feature = "check")]
use crate::check::execution::{self, Place};
#[cfg(feature = "check")]
use core::panic::Location;

/// Starts a thread. See [`std::thread::spawn`].
///
/// # Panics
/// If the operating system refuses the thread; [`Builder::spawn`] returns an error instead.
#[cfg_attr(feature = "check", track_caller)]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    #[cfg(feature = "check")]
    return start(Box::new(f), Location::caller());
    #[cfg(not(feature = "check"))]
    started(Builder::new().spawn(f))
}

#[cfg(feature = "check")]
#[track_caller]
fn start<T: Send + 'static>(body: Body<'static, T>, place: Place) -> JoinHandle<T> {
    started(Builder::new().start(body, place))
}

/// What starting a thread gave, where a refusal is a panic.
#[cfg_attr(feature = "check", track_caller)]
pub(super) fn started<H>(handle: io::Result<H>) -> H {
    match handle {
        Ok(handle) => handle,
        Err(error) => panic!("the operating system refused a thread: {error}"),
    }
}

/// Configures a thread and starts it. See [`std::thread::Builder`].
#[derive(Debug, Default)]
#[must_use = "must be spawned"]
pub struct Builder {
    pub(super) name: Option<String>,
    pub(super) stack_size: Option<usize>,
}

impl Builder {
    /// Nothing configured.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the thread, in panics and in counterexamples.
    pub fn name(mut self, name: String) -> Self {
        self.name = Some(name);
        self
    }

    /// The size of its stack in bytes. Under a check a thread has at least 256 KiB.
    pub fn stack_size(mut self, size: usize) -> Self {
        self.stack_size = Some(size);
        self
    }

    pub(super) fn native(self) -> std::thread::Builder {
        let mut builder = std::thread::Builder::new();
        if let Some(name) = self.name {
            builder = builder.name(name);
        }
        if let Some(size) = self.stack_size {
            builder = builder.stack_size(size);
        }
        builder
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// If the operating system refuses it.
    #[cfg_attr(feature = "check", track_caller)]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        #[cfg(feature = "check")]
        return self.start(Box::new(f), Location::caller());
        #[cfg(not(feature = "check"))]
        self.native().spawn(f).map(JoinHandle::native)
    }

    #[cfg(feature = "check")]
    fn start<T>(self, body: Body<'static, T>, place: Place) -> io::Result<JoinHandle<T>>
    where
        T: Send + 'static,
    {
        if let Some(x) = execution::current() {
            let stack = self.stack_size.unwrap_or(0);
            // SAFETY: `body` borrows nothing.
            let model = unsafe { ModelJoin::spawn(x, self.name, stack, body, place) };
            return Ok(JoinHandle(Join::Model(model)));
        }
        let body = crate::check::lock_order::inherited(self.name.as_deref(), body);
        self.native().spawn(body).map(JoinHandle::native)
    }
}
