//! The OS thread that runs a check, as its caller sees it.
//!
//! Every check runs on an OS thread of its own, so that whatever a scenario does to that thread costs
//! nothing else: the caller waits for the result, watches for progress, and leaves the thread behind if
//! it can never end (a std lock held across a switch, an endless loop, a destructor that panics while
//! unwinding). Threads left behind are counted and capped.

use core::panic::Location;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use super::execution::{Execution, Place};
use super::explain;
use super::failure::Failure;
use super::kernel::ThreadId;
use super::timeline::Operation;

/// OS threads that checks of this process may leave behind before further checks are refused.
pub(crate) const MOST_LOST: usize = 256;

static LOST: AtomicUsize = AtomicUsize::new(0);

/// How many OS threads the checks of this process have left behind.
pub(crate) fn lost_threads() -> usize {
    // ORDERING: Relaxed; a count, nothing is published with it.
    LOST.load(Ordering::Relaxed)
}

/// How a check ended, as its worker says.
#[derive(Debug)]
pub(crate) enum Ended<T> {
    /// The engine came back.
    Returned(T),
    /// The worker is lost, and had found this failure before.
    Lost {
        failure: Option<Box<Failure>>,
        why: String,
    },
    /// Nothing happened for too long; what was last seen.
    Stalled {
        failure: Option<Box<Failure>>,
        last: String,
    },
}

#[derive(Debug, Default)]
struct Seen {
    failure: Option<Box<Failure>>,
    lost: Option<String>,
    returned: bool,
}

/// Shared between the worker and its caller.
#[derive(Debug)]
pub(crate) struct Worker {
    seen: Mutex<Seen>,
    changed: Condvar,
    executions: AtomicU64,
    operations: AtomicU64,
    last: Last,
    /// Nobody waits for the result any more.
    given_up: AtomicBool,
    /// The worker that this one helps; what happens to this one is told to that one's caller.
    boss: Option<Arc<Worker>>,
}

/// The last operation that was seen. It is noted at each step, and so without a lock; it is read when there have
/// been no steps for long, and so in one piece.
#[derive(Debug, Default)]
struct Last {
    /// An [`Operation`]'s number, from 1.
    operation: AtomicU8,
    thread: AtomicUsize,
    /// Null, or a [`Place`].
    place: AtomicPtr<Location<'static>>,
}

impl Worker {
    pub(crate) fn new() -> Self {
        Self {
            seen: Mutex::default(),
            changed: Condvar::new(),
            executions: AtomicU64::new(0),
            operations: AtomicU64::new(0),
            last: Last::default(),
            given_up: AtomicBool::new(false),
            boss: None,
        }
    }

    /// A worker that helps another.
    pub(crate) fn helper(boss: &Arc<Self>) -> Self {
        Self {
            boss: Some(Arc::clone(boss)),
            ..Self::new()
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The executions that have been started.
    pub(crate) fn executions(&self) -> u64 {
        // ORDERING: Relaxed, as all the counters here: they are read for display and for the watch, and
        // publish nothing.
        self.executions.load(Ordering::Relaxed)
    }

    pub(crate) fn next_execution(&self) {
        self.executions.fetch_add(1, Ordering::Relaxed);
        self.operations.fetch_add(1, Ordering::Relaxed);
        if let Some(boss) = &self.boss {
            boss.next_execution();
        }
    }

    /// Tells the watch that those who help get on, while this worker waits for them.
    pub(crate) fn beat(&self) {
        let started = self.executions();
        self.operations
            .store(started.wrapping_mul(2) | 1, Ordering::Relaxed);
    }

    /// Whether nobody waits for the result any more.
    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
            || self.boss.as_ref().is_some_and(|boss| boss.is_given_up())
    }

    /// Notes an operation for the watch.
    #[inline]
    pub(crate) fn progress(&self, operation: Operation, thread: ThreadId, place: Option<Place>) {
        let count = self.operations.load(Ordering::Relaxed);
        self.operations
            .store(count.wrapping_add(1), Ordering::Relaxed);
        let place = place.map_or(ptr::null_mut(), |place| {
            ptr::from_ref::<Location<'_>>(place).cast_mut()
        });
        let last = &self.last;
        last.operation.store(operation as u8 + 1, Ordering::Relaxed);
        last.thread.store(thread, Ordering::Relaxed);
        last.place.store(place, Ordering::Relaxed);
    }

    /// The execution failed; kept at once, because its teardown may never end.
    #[cold]
    pub(crate) fn failed(&self, execution: &Execution) {
        if let Some(failure) = explain::failure(execution) {
            self.seen().failure.get_or_insert(Box::new(failure));
        }
    }

    /// Whether a failure is kept.
    #[cfg(feature = "loom")]
    pub(crate) fn has_failure(&self) -> bool {
        self.seen().failure.is_some()
    }

    /// Takes the failure that was kept.
    pub(crate) fn take_failure(&self) -> Option<Box<Failure>> {
        self.seen().failure.take()
    }

    /// The worker cannot go on and never will: tells the caller and parks this OS thread for good.
    #[cold]
    pub(crate) fn lose(&self, why: &str) -> ! {
        self.lost(why);
        loop {
            std::thread::park();
        }
    }

    /// The worker will not come back: tells the caller.
    #[cold]
    pub(crate) fn lost(&self, why: &str) {
        if let Some(boss) = &self.boss {
            let failure = self.take_failure();
            if let Some(failure) = failure {
                boss.seen().failure.get_or_insert(failure);
            }
            return boss.lost(why);
        }
        self.given_up.store(true, Ordering::Relaxed);
        self.seen().lost = Some(why.to_owned());
        self.changed.notify_all();
    }

    /// Runs `work` on an OS thread of its own.
    ///
    /// # Errors
    /// If the operating system refuses the thread.
    pub(crate) fn run<T: Send + 'static>(
        self: &std::sync::Arc<Self>,
        stall: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> std::io::Result<Ended<T>> {
        let worker = std::sync::Arc::clone(self);
        let handle = std::thread::Builder::new()
            .name("racecourse".to_owned())
            .spawn(move || {
                struct Returned(std::sync::Arc<Worker>);
                impl Drop for Returned {
                    fn drop(&mut self) {
                        self.0.seen().returned = true;
                        self.0.changed.notify_all();
                    }
                }
                let _returned = Returned(worker);
                work()
            })?;
        let mut seen = self.seen();
        let mut operations = self.operations.load(Ordering::Relaxed);
        let mut since = Instant::now();
        while !seen.returned && seen.lost.is_none() {
            (seen, _) = self
                .changed
                .wait_timeout(seen, stall.min(Duration::from_secs(1)))
                .unwrap_or_else(PoisonError::into_inner);
            let now = self.operations.load(Ordering::Relaxed);
            if now != operations {
                operations = now;
                since = Instant::now();
            } else if since.elapsed() >= stall && !seen.returned && seen.lost.is_none() {
                LOST.fetch_add(1, Ordering::Relaxed);
                self.given_up.store(true, Ordering::Relaxed);
                let last = self.last();
                return Ok(Ended::Stalled {
                    failure: seen.failure.take(),
                    last,
                });
            }
        }
        if let Some(why) = seen.lost.take() {
            LOST.fetch_add(1, Ordering::Relaxed);
            return Ok(Ended::Lost {
                failure: seen.failure.take(),
                why,
            });
        }
        drop(seen);
        match handle.join() {
            Ok(value) => Ok(Ended::Returned(value)),
            Err(payload) => std::panic::resume_unwind(payload),
        }
    }

    fn last(&self) -> String {
        let Some(operation) = self.last.operation.load(Ordering::Relaxed).checked_sub(1) else {
            return "no operation at all".to_owned();
        };
        // SAFETY: only the number of an operation is stored, one more than it.
        let operation = unsafe { core::mem::transmute::<u8, Operation>(operation) };
        let thread = self.last.thread.load(Ordering::Relaxed);
        // SAFETY: only null and the addresses of static places are stored.
        let place: Option<Place> = unsafe { self.last.place.load(Ordering::Relaxed).as_ref() };
        let thread = if thread == 0 {
            "main".to_owned()
        } else {
            format!("thread {thread}")
        };
        match place {
            Some(place) => format!(
                "`{operation}` by {thread} at {}:{}",
                place.file(),
                place.line()
            ),
            None => format!("`{operation}` by {thread}"),
        }
    }
}
