//! Threads that sleep until a lock is free.

use std::cell::Cell;
use std::ptr;

use super::SpinLock;
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::thread::{self, Thread};

/// A queue of threads that sleep, first in, first out. Each stands in it with a place on its own stack.
pub(super) struct Waiters {
    queue: SpinLock<Queue>,
}

struct Queue {
    first: *const Place,
    last: *const Place,
}

// SAFETY: it points to places whose threads sleep until they are taken out of the queue; all of their fields but
// `woken` are touched only by whoever holds the queue.
unsafe impl Send for Queue {}

struct Place {
    next: Cell<*const Place>,
    thread: Thread,
    /// It was woken before, and came too late.
    in_vain: bool,
    /// `ASLEEP`, or why it is awake.
    woken: AtomicU32,
}

const ASLEEP: u32 = 0;
const TRY: u32 = 1;
const OWNER: u32 = 2;

/// Why a thread is awake again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// The lock has been free: it is worth an attempt.
    Try,
    /// The lock is the thread's.
    Owner,
}

impl Waiters {
    pub(super) fn new() -> Self {
        Self {
            queue: SpinLock::new(Queue::EMPTY),
        }
    }

    pub(super) const fn const_new() -> Self {
        Self {
            queue: SpinLock::const_new(Queue::EMPTY),
        }
    }

    /// Sleeps until woken, if `held` says that the lock is not free. It is asked inside of the queue's lock, and takes
    /// a free lock at once; then `empty` is told if nobody sleeps. Who was woken in vain stands at the head of the queue.
    pub(super) fn sleep_if(
        &self,
        in_vain: bool,
        held: impl FnOnce() -> bool,
        empty: impl FnOnce(),
    ) -> Wake {
        let place = Place {
            next: Cell::new(ptr::null()),
            thread: thread::current(),
            in_vain,
            woken: AtomicU32::new(ASLEEP),
        };
        {
            let mut queue = self.queue.lock();
            if !held() {
                if queue.first.is_null() {
                    empty();
                }
                return Wake::Owner;
            }
            queue.add(&place);
        }
        loop {
            // ORDERING: Acquire; pairs with the Release store in `wake_one`: who is given the lock sees what the waker saw.
            match place.woken.load(Ordering::Acquire) {
                ASLEEP => thread::park(),
                TRY => return Wake::Try,
                _ => return Wake::Owner,
            }
        }
    }

    /// Wakes the first, if there is one. If it was woken in vain before, `take` takes the lock for it, or says that it is
    /// not free any more. `empty` is told if nobody sleeps any more.
    pub(super) fn wake_one(&self, take: impl FnOnce() -> bool, empty: impl FnOnce()) {
        let mut queue = self.queue.lock();
        let Some(place) = queue.remove_first() else {
            return;
        };
        if queue.first.is_null() {
            empty();
        }
        // SAFETY: its thread sleeps until `woken` is set, below.
        let place = unsafe { &*place };
        let woken = if place.in_vain && take() { OWNER } else { TRY };
        drop(queue);
        let thread = place.thread.clone();
        // ORDERING: Release; pairs with the Acquire load in `sleep_if`. The place may be gone after it.
        place.woken.store(woken, Ordering::Release);
        thread.unpark();
    }
}

impl Queue {
    const EMPTY: Self = Self {
        first: ptr::null(),
        last: ptr::null(),
    };

    fn add(&mut self, place: &Place) {
        let new = ptr::from_ref(place);
        if self.first.is_null() {
            (self.first, self.last) = (new, new);
        } else if place.in_vain {
            place.next.set(self.first);
            self.first = new;
        } else {
            // SAFETY: whoever is in the queue sleeps.
            unsafe { &*self.last }.next.set(new);
            self.last = new;
        }
    }

    fn remove_first(&mut self) -> Option<*const Place> {
        let first = self.first;
        if first.is_null() {
            return None;
        }
        // SAFETY: whoever is in the queue sleeps.
        self.first = unsafe { &*first }.next.get();
        Some(first)
    }
}
