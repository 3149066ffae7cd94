//! crossbeam's deque and segmented queue; and a Treiber stack and a Michael-Scott queue on crossbeam's epochs, as that crate's
//! own documentation and its collector have them.

use std::mem::MaybeUninit;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crossbeam_deque::Steal;
use crossbeam_epoch::{self as epoch, Atomic, Owned, Shared};
use crossbeam_queue::SegQueue;
use crossbeam_utils::CachePadded;

use super::{Deque, Pile};

pub(crate) type Worker = crossbeam_deque::Worker<u64>;
pub(crate) type Segments = SegQueue<u64>;

impl Deque for Worker {
    type Stealer = crossbeam_deque::Stealer<u64>;

    fn new() -> Self {
        Worker::new_lifo()
    }

    fn push(&self, item: u64) {
        self.push(item);
    }

    fn pop(&self) -> Option<u64> {
        self.pop()
    }

    fn stealer(&self) -> Self::Stealer {
        self.stealer()
    }

    fn steal(stealer: &Self::Stealer) -> Option<u64> {
        match stealer.steal() {
            Steal::Success(item) => Some(item),
            Steal::Empty | Steal::Retry => None,
        }
    }
}

impl Pile for Segments {
    fn new() -> Self {
        SegQueue::new()
    }

    fn add(&self, item: u64) {
        self.push(item);
    }

    fn take(&self) -> Option<u64> {
        self.pop()
    }
}

struct Node {
    value: MaybeUninit<u64>,
    next: Atomic<Node>,
}

impl Node {
    fn owned(value: MaybeUninit<u64>) -> Owned<Self> {
        Owned::new(Self {
            value,
            next: Atomic::null(),
        })
    }
}

#[derive(Debug)]
pub(crate) struct Treiber {
    head: CachePadded<Atomic<Node>>,
}

impl Pile for Treiber {
    fn new() -> Self {
        Self {
            head: CachePadded::new(Atomic::null()),
        }
    }

    fn add(&self, item: u64) {
        let guard = epoch::pin();
        let mut node = Node::owned(MaybeUninit::new(item));
        let mut head = self.head.load(Relaxed, &guard);
        loop {
            node.next.store(head, Relaxed);
            match self
                .head
                .compare_exchange_weak(head, node, Release, Relaxed, &guard)
            {
                Ok(_) => return,
                Err(error) => {
                    head = error.current;
                    node = error.new;
                }
            }
        }
    }

    fn take(&self) -> Option<u64> {
        let guard = epoch::pin();
        loop {
            let head = self.head.load(Acquire, &guard);
            // SAFETY: seen under the guard, and retired only when it is taken off.
            let node = unsafe { head.as_ref() }?;
            let next = node.next.load(Relaxed, &guard);
            if self
                .head
                .compare_exchange(head, next, Relaxed, Relaxed, &guard)
                .is_ok()
            {
                // SAFETY: this thread has taken it off.
                unsafe {
                    guard.defer_destroy(head);
                    return Some(node.value.assume_init());
                }
            }
        }
    }
}

impl Drop for Treiber {
    fn drop(&mut self) {
        while self.take().is_some() {}
    }
}

#[derive(Debug)]
pub(crate) struct MichaelScott {
    head: CachePadded<Atomic<Node>>,
    tail: CachePadded<Atomic<Node>>,
}

impl Pile for MichaelScott {
    fn new() -> Self {
        let queue = Self {
            head: CachePadded::new(Atomic::null()),
            tail: CachePadded::new(Atomic::null()),
        };
        // SAFETY: nobody else has the queue yet.
        let guard = unsafe { epoch::unprotected() };
        let first = Node::owned(MaybeUninit::uninit()).into_shared(guard);
        queue.head.store(first, Relaxed);
        queue.tail.store(first, Relaxed);
        queue
    }

    fn add(&self, item: u64) {
        let guard = epoch::pin();
        let node = Node::owned(MaybeUninit::new(item)).into_shared(&guard);
        loop {
            let tail = self.tail.load(Acquire, &guard);
            // SAFETY: never null, seen under the guard, and moved on before it is retired.
            let last = unsafe { tail.deref() };
            let next = last.next.load(Acquire, &guard);
            if !next.is_null() {
                let _ = self
                    .tail
                    .compare_exchange(tail, next, Release, Relaxed, &guard);
                continue;
            }
            if last
                .next
                .compare_exchange(Shared::null(), node, Release, Relaxed, &guard)
                .is_ok()
            {
                let _ = self
                    .tail
                    .compare_exchange(tail, node, Release, Relaxed, &guard);
                return;
            }
        }
    }

    fn take(&self) -> Option<u64> {
        let guard = epoch::pin();
        loop {
            let head = self.head.load(Acquire, &guard);
            // SAFETY: never null, and seen under the guard.
            let next = unsafe { head.deref() }.next.load(Acquire, &guard);
            // SAFETY: as above.
            let first = unsafe { next.as_ref() }?;
            if self
                .head
                .compare_exchange(head, next, Release, Relaxed, &guard)
                .is_ok()
            {
                let tail = self.tail.load(Relaxed, &guard);
                if head == tail {
                    let _ = self
                        .tail
                        .compare_exchange(tail, next, Release, Relaxed, &guard);
                }
                // SAFETY: this thread has taken it out.
                unsafe {
                    guard.defer_destroy(head);
                    return Some(first.value.assume_init());
                }
            }
        }
    }
}

impl Drop for MichaelScott {
    fn drop(&mut self) {
        while self.take().is_some() {}
        // SAFETY: nobody has the queue any more.
        unsafe {
            let guard = epoch::unprotected();
            drop(self.head.load(Relaxed, guard).into_owned());
        }
    }
}
