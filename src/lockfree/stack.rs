//! Last in, first out.

use core::fmt;
use core::iter;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr;

use crossbeam_utils::CachePadded;

use super::drop_all;
use super::epoch::{BATCH, Collector, THREADS};
use crate::alloc;
use crate::cell::UnsafeCell;
use crate::sync::atomic::{AtomicPtr, Ordering};

struct Node<T> {
    /// The node below. Written before the node is on the stack, and not since.
    next: UnsafeCell<*mut Node<T>>,
    /// Taken out by whoever takes the node off.
    value: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Node<T> {
    /// # Safety
    /// The node is not on any stack yet, or it is not freed, and its `next` not written any more.
    unsafe fn next(this: *mut Self) -> *mut Self {
        // SAFETY: the caller's promise.
        unsafe { (*this).next.with(|next| *next) }
    }

    /// # Safety
    /// The caller has taken the node off, and reads the value once.
    unsafe fn value(this: *mut Self) -> T {
        // SAFETY: the caller's promise.
        unsafe { (*this).value.with(|value| (*value).assume_init_read()) }
    }
}

/// A stack without locks, for any number of threads.
///
/// It is that of R. K. Treiber, *Systems programming: coping with parallelism*, IBM Research Report RJ 5118, 1986. A node
/// that was popped is freed once nobody can look at it any more (K. Fraser's epochs), so that it is never used after it was
/// freed, and never comes back while somebody has seen it on top (the ABA problem).
///
/// - **Lock-free**: a thread that is stopped in the middle of an operation stops nobody else. But while it is stopped in a
///   `pop`, the memory of what others pop is not freed.
/// - Every item needs memory of its own. Each thread gathers some of the nodes that it has taken off before it frees
///   them; all are freed with the stack at the latest.
///
/// ```
/// use racecourse::lockfree::Stack;
///
/// let stack = Stack::new();
/// std::thread::scope(|s| {
///     for i in 0..4 {
///         let stack = &stack;
///         s.spawn(move || stack.push(i));
///     }
/// });
/// let mut items: Vec<_> = stack.into_iter().collect();
/// items.sort();
/// assert_eq!(items, [0, 1, 2, 3]);
/// ```
///
/// Items go from thread to thread:
///
/// ```compile_fail,E0277
/// fn share<T: Sync>(_: T) {}
/// share(racecourse::lockfree::Stack::<std::rc::Rc<u32>>::new());
/// ```
pub struct Stack<T> {
    head: CachePadded<AtomicPtr<Node<T>>>,
    collector: Collector<Node<T>>,
    owned: PhantomData<T>,
}

// SAFETY: nodes go from thread to thread with their values, each value to one thread; nobody has a reference to one in here.
unsafe impl<T: Send> Send for Node<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Stack<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Stack<T> {}

impl<T> Stack<T> {
    /// An empty stack.
    ///
    /// ```
    /// assert!(racecourse::lockfree::Stack::<u32>::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::with_reclamation(THREADS, BATCH)
    }

    /// An empty stack which is prepared for so many `threads` at a time, and will make room for more; and in which a thread
    /// gathers a `batch` of nodes before it looks which of them may be freed. Less memory, or less work.
    ///
    /// ```
    /// let stack = racecourse::lockfree::Stack::with_reclamation(1, 1);
    /// stack.push(1);
    /// assert_eq!(stack.pop(), Some(1));
    /// ```
    #[must_use]
    pub fn with_reclamation(threads: usize, batch: usize) -> Self {
        Self {
            head: CachePadded::new(AtomicPtr::new(ptr::null_mut())),
            collector: Collector::new(threads, batch),
            owned: PhantomData,
        }
    }

    /// Puts an item on top.
    ///
    /// ```
    /// let stack = racecourse::lockfree::Stack::new();
    /// stack.push(1);
    /// assert!(!stack.is_empty());
    /// ```
    pub fn push(&self, item: T) {
        let node = alloc::into_raw(Node {
            next: UnsafeCell::new(ptr::null_mut()),
            value: UnsafeCell::new(MaybeUninit::new(item)),
        });
        // No pin: nothing is read through the old top. If it was freed and is there again, it is what lies below.
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            // SAFETY: nobody else knows the node yet.
            unsafe { (*node).next.with_mut(|next| *next = head) };
            // ORDERING: Release; pairs with the Acquire loads in `pop` and `drain`: who sees the node sees what is in it.
            match self
                .head
                .compare_exchange(head, node, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Takes the item from the top, or `None` if there is none.
    ///
    /// ```
    /// let stack = racecourse::lockfree::Stack::new();
    /// stack.push(1);
    /// stack.push(2);
    /// assert_eq!(stack.pop(), Some(2));
    /// assert_eq!(stack.pop(), Some(1));
    /// assert_eq!(stack.pop(), None);
    /// ```
    pub fn pop(&self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        let guard = self.collector.pin();
        // ORDERING: Acquire; pairs with the Release in `push`.
        let mut head = self.head.load(Ordering::Acquire);
        while !head.is_null() {
            // SAFETY: it was on the stack after the pin, so it is not freed before the guard goes.
            let next = unsafe { Node::next(head) };
            // ORDERING: Relaxed; what was pushed below is published by the push, which this exchange continues (release sequence).
            // Acquire on failure, as above.
            match self
                .head
                .compare_exchange(head, next, Ordering::Relaxed, Ordering::Acquire)
            {
                Ok(_) => {
                    // SAFETY: this thread has taken it off.
                    let item = unsafe { Node::value(head) };
                    // SAFETY: as above; it is not on the stack any more.
                    unsafe { guard.retire(head) };
                    return Some(item);
                }
                Err(now) => head = now,
            }
        }
        None
    }

    /// Whether there is no item; that may change at once.
    ///
    /// ```
    /// assert!(racecourse::lockfree::Stack::<u32>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.head.load(Ordering::Relaxed).is_null()
    }

    /// Takes all items at once; an iterator over them, the newest first. What is left when it goes is dropped.
    ///
    /// ```
    /// let stack = racecourse::lockfree::Stack::new();
    /// stack.push(1);
    /// stack.push(2);
    /// let all = stack.drain();
    /// assert!(stack.is_empty());
    /// assert!(all.eq([2, 1]));
    /// ```
    pub fn drain(&self) -> Drain<'_, T> {
        Drain {
            stack: self,
            // ORDERING: Acquire; pairs with the Release in `push`.
            next: self.head.swap(ptr::null_mut(), Ordering::Acquire),
        }
    }

    /// Takes the item from the top of a stack that nobody else uses.
    fn pop_alone(&mut self) -> Option<T> {
        let head = *self.head.get_mut();
        if head.is_null() {
            return None;
        }
        // SAFETY: the exclusive borrow: nobody else is at the stack, and what is on it is not freed.
        let node = unsafe { alloc::from_raw(head) };
        *self.head.get_mut() = node.next.into_inner();
        // SAFETY: a node on the stack has its value.
        Some(unsafe { node.value.into_inner().assume_init() })
    }
}

impl<T> Drop for Stack<T> {
    fn drop(&mut self) {
        drop_all(iter::from_fn(|| self.pop_alone()));
    }
}

impl<T> Default for Stack<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Stack<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack").finish_non_exhaustive()
    }
}

impl<T> IntoIterator for Stack<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    /// The items, the newest first.
    fn into_iter(self) -> IntoIter<T> {
        IntoIter { stack: self }
    }
}

/// The items of a [`Stack`], by [`into_iter`](Stack::into_iter).
///
/// ```
/// let stack = racecourse::lockfree::Stack::new();
/// stack.push(1);
/// stack.push(2);
/// assert_eq!(stack.into_iter().collect::<Vec<_>>(), [2, 1]);
/// ```
#[derive(Debug)]
pub struct IntoIter<T> {
    stack: Stack<T>,
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.stack.pop_alone()
    }
}

/// What was on a [`Stack`], by [`drain`](Stack::drain).
///
/// ```
/// let stack = racecourse::lockfree::Stack::new();
/// stack.push(1);
/// stack.push(2);
/// assert_eq!(stack.drain().collect::<Vec<_>>(), [2, 1]);
/// assert!(stack.is_empty());
/// ```
pub struct Drain<'a, T> {
    stack: &'a Stack<T>,
    /// The first of the nodes, which are this iterator's alone; but somebody may still look at them.
    next: *mut Node<T>,
}

// SAFETY: it owns what it gives, and takes it along to the other thread; the stack is shared, which needs `T: Send` too.
unsafe impl<T: Send> Send for Drain<'_, T> {}
// SAFETY: a shared reference to it does nothing.
unsafe impl<T: Send> Sync for Drain<'_, T> {}

impl<T> Iterator for Drain<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let node = self.next;
        if node.is_null() {
            return None;
        }
        // SAFETY: the nodes were taken off together, and each is visited once.
        let item = unsafe {
            self.next = Node::next(node);
            let item = Node::value(node);
            self.stack.collector.pin().retire(node);
            item
        };
        Some(item)
    }
}

impl<T> Drop for Drain<'_, T> {
    fn drop(&mut self) {
        drop_all(self);
    }
}

impl<T> fmt::Debug for Drain<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain").finish_non_exhaustive()
    }
}
