//! First in, first out.

use core::fmt;
use core::iter;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr;

use crossbeam_utils::CachePadded;

use super::drop_all;
use super::epoch::{BATCH, Collector, Guard, THREADS};
use crate::alloc;
use crate::cell::UnsafeCell;
use crate::sync::atomic::{AtomicPtr, Ordering};

struct Node<T> {
    next: AtomicPtr<Node<T>>,
    /// Taken out by whoever makes this node the first. The first node has none any more.
    value: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Node<T> {
    fn new(value: MaybeUninit<T>) -> *mut Self {
        alloc::into_raw(Self {
            next: AtomicPtr::new(ptr::null_mut()),
            value: UnsafeCell::new(value),
        })
    }
}

/// An unbounded queue without locks, for any number of producers and consumers.
///
/// It is that of M. M. Michael and M. L. Scott, *Simple, fast, and practical non-blocking and blocking concurrent queue
/// algorithms*, PODC 1996. A node that was taken out is freed once nobody can look at it any more (K. Fraser's epochs), so that
/// it is never used after it was freed, and never comes back while somebody has seen it (the ABA problem).
///
/// It never waits: who wants to wait for an item, or to be stopped by a full queue, takes a
/// [`BoundedQueue`](crate::queue::BoundedQueue).
///
/// - **Lock-free**: a thread that is stopped in the middle of an operation stops nobody else. But while it is stopped there,
///   the memory of what others take is not freed.
/// - Every item needs memory of its own. Each thread gathers some of the nodes that it has taken out before it frees
///   them; all are freed with the queue at the latest.
///
/// ```
/// use racecourse::lockfree::Queue;
///
/// let queue = Queue::new();
/// std::thread::scope(|s| {
///     s.spawn(|| (0..100).for_each(|i| queue.push(i)));
///     for i in 0..100 {
///         let item = std::iter::repeat_with(|| queue.pop()).flatten().next();
///         assert_eq!(item, Some(i));
///     }
/// });
/// ```
///
/// Items go from thread to thread:
///
/// ```compile_fail,E0277
/// fn share<T: Sync>(_: T) {}
/// share(racecourse::lockfree::Queue::<std::rc::Rc<u32>>::new());
/// ```
pub struct Queue<T> {
    /// The node before the first item.
    head: CachePadded<AtomicPtr<Node<T>>>,
    /// The last node, or one before it; never one before `head`'s when that is retired.
    tail: CachePadded<AtomicPtr<Node<T>>>,
    collector: Collector<Node<T>>,
    owned: PhantomData<T>,
}

// SAFETY: nodes go from thread to thread with their values, each value to one thread; nobody has a reference to one in here.
unsafe impl<T: Send> Send for Node<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Queue<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Queue<T> {}

impl<T> Queue<T> {
    /// An empty queue.
    ///
    /// ```
    /// assert!(racecourse::lockfree::Queue::<u32>::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::with_reclamation(THREADS, BATCH)
    }

    /// An empty queue which is prepared for so many `threads` at a time, and will make room for more; and in which a thread
    /// gathers a `batch` of nodes before it looks which of them may be freed. Less memory, or less work.
    ///
    /// ```
    /// let queue = racecourse::lockfree::Queue::with_reclamation(1, 1);
    /// queue.push(1);
    /// assert_eq!(queue.pop(), Some(1));
    /// ```
    #[must_use]
    pub fn with_reclamation(threads: usize, batch: usize) -> Self {
        let first = Node::new(MaybeUninit::uninit());
        Self {
            head: CachePadded::new(AtomicPtr::new(first)),
            tail: CachePadded::new(AtomicPtr::new(first)),
            collector: Collector::new(threads, batch),
            owned: PhantomData,
        }
    }

    /// Adds an item at the end.
    ///
    /// ```
    /// let queue = racecourse::lockfree::Queue::new();
    /// queue.push(1);
    /// assert!(!queue.is_empty());
    /// ```
    pub fn push(&self, item: T) {
        let node = Node::new(MaybeUninit::new(item));
        let _guard = self.collector.pin();
        // ORDERING: Acquire; pairs with the Release exchanges of `tail`: who sees a node sees that it is made.
        let mut tail = self.tail.load(Ordering::Acquire);
        loop {
            // SAFETY: no node that `tail` shows after the pin is freed before the guard goes: it is moved on before it is retired.
            let last = unsafe { &(*tail).next };
            // ORDERING: Release; pairs with the Acquire loads of `next`: who sees the node sees what is in it. Acquire on failure,
            // for the node of the other.
            match last.compare_exchange(ptr::null_mut(), node, Ordering::Release, Ordering::Acquire)
            {
                Ok(_) => {
                    self.move_tail(tail, node);
                    return;
                }
                Err(next) => tail = self.move_tail(tail, next),
            }
        }
    }

    /// Moves the tail from a node to the one behind it, unless somebody has. Returns the tail.
    fn move_tail(&self, tail: *mut Node<T>, next: *mut Node<T>) -> *mut Node<T> {
        // ORDERING: Release, and Acquire on failure; they pair with each other and with the load in `push`.
        match self
            .tail
            .compare_exchange(tail, next, Ordering::Release, Ordering::Acquire)
        {
            Ok(_) => next,
            Err(now) => now,
        }
    }

    /// Takes the oldest item, or `None` if there is none.
    ///
    /// ```
    /// let queue = racecourse::lockfree::Queue::new();
    /// queue.push(1);
    /// queue.push(2);
    /// assert_eq!(queue.pop(), Some(1));
    /// assert_eq!(queue.pop(), Some(2));
    /// assert_eq!(queue.pop(), None);
    /// ```
    pub fn pop(&self) -> Option<T> {
        let guard = self.collector.pin();
        // ORDERING: Acquire; pairs with the Release exchange below: who sees a node sees that it is made.
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            let next = self.after(head, &guard);
            if next.is_null() {
                return None;
            }
            // ORDERING: Release, and Acquire on failure; they pair with each other and with the load above.
            match self
                .head
                .compare_exchange(head, next, Ordering::Release, Ordering::Acquire)
            {
                Ok(_) => {
                    // SAFETY: `next` is not freed, as in `after`; and it is this thread that has made it the first.
                    let item = unsafe { (*next).value.with(|value| (*value).assume_init_read()) };
                    // ORDERING: Relaxed; if the tail was at `head` it is not older, since `next` was added behind a tail there.
                    if self.tail.load(Ordering::Relaxed) == head {
                        self.move_tail(head, next);
                    }
                    // Who pins two epochs after this thread, and meets the node at the tail, does not keep it from being freed. Seven
                    // operations have to meet for that, too many for a check; so it is checked here.
                    debug_assert_ne!(
                        self.tail.load(Ordering::Relaxed),
                        head,
                        "the tail is left behind"
                    );
                    // SAFETY: this thread has taken it out; neither `head` nor `tail` comes back to it.
                    unsafe { guard.retire(head) };
                    return Some(item);
                }
                Err(now) => head = now,
            }
        }
    }

    /// The node behind `head`, which was the first after the pin.
    fn after(&self, head: *mut Node<T>, _guard: &Guard<'_, Node<T>>) -> *mut Node<T> {
        // SAFETY: it was the first after the pin, so it is not freed before the guard goes.
        // ORDERING: Acquire; pairs with the Release in `push`.
        unsafe { (*head).next.load(Ordering::Acquire) }
    }

    /// Whether there is no item; that may change at once.
    ///
    /// ```
    /// assert!(racecourse::lockfree::Queue::<u32>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let guard = self.collector.pin();
        let head = self.head.load(Ordering::Acquire);
        self.after(head, &guard).is_null()
    }

    /// Takes the oldest item of a queue that goes: what `tail` shows is not used any more.
    fn pop_alone(&mut self) -> Option<T> {
        let head = *self.head.get_mut();
        // SAFETY: the exclusive borrow: nobody else is at the queue, and what is in it is not freed.
        let next = unsafe { *(*head).next.get_mut() };
        if next.is_null() {
            return None;
        }
        *self.head.get_mut() = next;
        // SAFETY: as above.
        unsafe {
            let _node = alloc::from_raw(head);
            Some((*next).value.with(|value| (*value).assume_init_read()))
        }
    }
}

impl<T> Drop for Queue<T> {
    fn drop(&mut self) {
        drop_all(iter::from_fn(|| self.pop_alone()));
        // SAFETY: the last node; nobody uses the queue any more.
        let _node = unsafe { alloc::from_raw(*self.head.get_mut()) };
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}
