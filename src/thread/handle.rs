use core::fmt;

#[cfg(feature = "check")]
use crate::check::execution::{self, Execution, TearDown};
#[cfg(feature = "check")]
use core::panic::Location;
#[cfg(feature = "check")]
use std::sync::{Arc, Mutex, PoisonError};

/// Identifies a thread. See [`std::thread::ThreadId`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ThreadId(Id);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Id {
    Native(std::thread::ThreadId),
    #[cfg(feature = "check")]
    Model(u64, usize),
}

impl fmt::Debug for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Id::Native(id) => id.fmt(f),
            #[cfg(feature = "check")]
            Id::Model(_, id) => write!(f, "ThreadId({id})"),
        }
    }
}

/// A handle to a thread. See [`std::thread::Thread`].
#[derive(Clone)]
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct Thread(Which);

#[derive(Clone)]
#[cfg_attr(not(feature = "check"), repr(transparent))]
enum Which {
    Native(std::thread::Thread),
    #[cfg(feature = "check")]
    Model {
        execution: u64,
        id: usize,
        name: Option<Arc<str>>,
    },
}

/// The thread that calls.
#[must_use]
pub fn current() -> Thread {
    #[cfg(feature = "check")]
    if let Some(x) = execution::current() {
        return Thread::model(x, x.thread());
    }
    Thread(Which::Native(std::thread::current()))
}

impl Thread {
    #[cfg(feature = "check")]
    pub(super) fn model(x: &Execution, id: usize) -> Self {
        let name = match (id, x.thread_name(id)) {
            (0, None) => Some(Arc::from("main")),
            (_, name) => name.map(Arc::from),
        };
        Self(Which::Model {
            execution: x.id(),
            id,
            name,
        })
    }

    /// Makes the thread's next, or present, `park` return.
    #[cfg_attr(feature = "check", track_caller)]
    pub fn unpark(&self) {
        match &self.0 {
            Which::Native(thread) => thread.unpark(),
            #[cfg(feature = "check")]
            Which::Model { execution, id, .. } => match execution::current() {
                Some(x) if x.id() == *execution => x.unpark(*id, Location::caller()),
                // Its execution is over, and with it the thread.
                _ => {}
            },
        }
    }

    /// Its identity, unique among all threads.
    #[must_use]
    pub fn id(&self) -> ThreadId {
        ThreadId(match &self.0 {
            Which::Native(thread) => Id::Native(thread.id()),
            #[cfg(feature = "check")]
            Which::Model { execution, id, .. } => Id::Model(*execution, *id),
        })
    }

    /// The name that its [`Builder`](super::Builder) gave it; `main` for main.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Which::Native(thread) => thread.name(),
            #[cfg(feature = "check")]
            Which::Model { name, .. } => name.as_deref(),
        }
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("id", &self.id())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

/// Waits for a thread and takes its result. See [`std::thread::JoinHandle`].
pub struct JoinHandle<T>(pub(super) Join<T>);

pub(super) enum Join<T> {
    /// With the handle to the thread that `thread` lends, where it is not the native one itself.
    Native(std::thread::JoinHandle<T>, #[cfg(feature = "check")] Thread),
    #[cfg(feature = "check")]
    Model(ModelJoin<T>),
}

impl<T> JoinHandle<T> {
    pub(super) fn native(handle: std::thread::JoinHandle<T>) -> Self {
        #[cfg(feature = "check")]
        let thread = Thread(Which::Native(handle.thread().clone()));
        Self(Join::Native(
            handle,
            #[cfg(feature = "check")]
            thread,
        ))
    }

    /// Waits until the thread has ended.
    ///
    /// # Errors
    /// The payload of its panic, if it panicked.
    #[cfg_attr(feature = "check", track_caller)]
    pub fn join(self) -> super::Result<T> {
        match self.0 {
            Join::Native(handle, ..) => handle.join(),
            #[cfg(feature = "check")]
            Join::Model(model) => model.join(Location::caller()),
        }
    }

    /// Whether the thread has ended, without waiting.
    #[must_use]
    #[cfg_attr(feature = "check", track_caller)]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Join::Native(handle, ..) => handle.is_finished(),
            #[cfg(feature = "check")]
            Join::Model(model) => model.is_finished(Location::caller()),
        }
    }

    /// A handle to the thread.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        match &self.0 {
            #[cfg(feature = "check")]
            Join::Native(_, thread) => thread,
            // SAFETY: here a `Thread` is a transparent wrapper of the native one.
            #[cfg(not(feature = "check"))]
            Join::Native(handle) => unsafe {
                &*core::ptr::from_ref(handle.thread()).cast::<Thread>()
            },
            #[cfg(feature = "check")]
            Join::Model(model) => &model.thread,
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("thread", self.thread())
            .finish_non_exhaustive()
    }
}

/// What a thread runs. A closure is boxed where it comes in, so that what starts a thread is compiled once for each
/// type of result and not for each closure: a program that is checked starts its threads in hundreds of places.
#[cfg(feature = "check")]
pub(super) type Body<'a, T> = Box<dyn FnOnce() -> T + Send + 'a>;

/// What a thread leaves for who joins it.
#[cfg(feature = "check")]
pub(super) type Packet<T> = Arc<Mutex<Option<super::Result<T>>>>;

/// A thread of an execution, and its result.
#[cfg(feature = "check")]
pub(super) struct ModelJoin<T> {
    execution: u64,
    id: usize,
    packet: Packet<T>,
    pub(super) thread: Thread,
}

#[cfg(feature = "check")]
impl<T> ModelJoin<T> {
    /// Starts a model thread.
    ///
    /// # Safety
    /// What `f` borrows must outlive the thread: 'static, or the caller joins it first.
    pub(super) unsafe fn spawn(
        x: &Execution,
        name: Option<String>,
        stack: usize,
        f: Body<'_, T>,
        place: &'static Location<'static>,
    ) -> Self {
        let packet: Packet<T> = Arc::default();
        let mine = Arc::clone(&packet);
        let body = move || {
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
            if let Some(x) = execution::current() {
                match &result {
                    Err(payload) if payload.is::<TearDown>() => return,
                    Err(_) => x.caught(),
                    Ok(_) => {}
                }
            }
            *mine.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        };
        let body: Box<dyn FnOnce()> = {
            let body: Box<dyn FnOnce() + '_> = Box::new(body);
            // SAFETY: only the lifetime changes; the caller keeps what is borrowed.
            unsafe {
                core::mem::transmute::<Box<dyn FnOnce() + '_>, Box<dyn FnOnce() + 'static>>(body)
            }
        };
        let id = x.spawn(name, stack, body, place);
        Self {
            execution: x.id(),
            id,
            packet,
            thread: Thread::model(x, id),
        }
    }

    pub(super) fn id(&self) -> usize {
        self.id
    }

    pub(super) fn join(self, place: &'static Location<'static>) -> super::Result<T> {
        match execution::current() {
            Some(x) if x.id() == self.execution => x.join(self.id, place),
            _ => panic!("a thread of a check was joined outside of its execution"),
        }
        let result = self
            .packet
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        result.unwrap_or_else(|| Err(Box::new(TearDown)))
    }

    pub(super) fn is_finished(&self, place: &'static Location<'static>) -> bool {
        match execution::current() {
            Some(x) if x.id() == self.execution => x.poll_finished(self.id, place),
            _ => true,
        }
    }
}
