//! The two faces of a work-stealing deque.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;

use crossbeam_utils::CachePadded;

use super::buffer::Buffer;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, fence};

// How it works.
//
// Items have indices. Those of the deque lie from `top`, where thieves steal, up to `bottom` (not included), where the owner
// pushes and pops. An item is taken by whoever moves the bound over it: a thief by an exchange of `top`, the owner by a store
// to `bottom`, and for the last item, at which both bounds meet, by an exchange of `top` as well.
//
// Where Chase and Lev let a thief read the item *before* the exchange, and throw away what it read if the exchange fails, so
// that the owner may overwrite it meanwhile, a thief here reads what it has won, and then says so in the slot (`turn`), which
// the owner reads before it uses the slot again. So no item is read while it is written, whatever its type is.
//
// A buffer that became too small is replaced by one of twice the size, and kept until the deque goes: all of them together
// are smaller than the last one. A thief who still has an older one finds its item there too, since nobody writes to it any more.

/// Capacity of a deque that nobody gave one.
const CAPACITY: usize = 64;

struct Shared<T> {
    /// The index of the oldest item. It only grows.
    top: CachePadded<AtomicUsize>,
    /// The index of the next item that the owner pushes. Only the owner stores to it.
    bottom: CachePadded<AtomicUsize>,
    /// Only the owner stores to it.
    buffer: AtomicPtr<Buffer<T>>,
    owned: PhantomData<T>,
}

// SAFETY: each item is taken out by one thread, wherever it was pushed: that needs `T: Send`, and nobody has a reference to an
// item in here.
unsafe impl<T: Send> Sync for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Shared<T> {}

/// The owner's side of a work-stealing deque: last in, first out for the owner, first in, first out for thieves.
///
/// One thread owns the deque, and uses its end as a stack, without an atomic read-modify-write unless there is only one item
/// left. Any number of others, each with a [`Stealer`], take the oldest items from the other end. It is unbounded.
///
/// The algorithm is that of D. Chase and Y. Lev, *Dynamic circular work-stealing deque*, SPAA 2005, with the orderings of N. M. Lê,
/// A. Pop, A. Cohen and F. Zappa Nardelli, *Correct and efficient work-stealing for weak memory models*, PPoPP 2013; except that
/// a thief reads an item after it has won it, and not before, so that items of every type are safe and nothing
/// is read while it is written.
///
/// A deque never gives memory back before it goes: it has room for as many items as there ever were at once, twice over at
/// most.
///
/// ```
/// use racecourse::lockfree::{Steal, Worker};
///
/// let worker = Worker::new();
/// let stealer = worker.stealer();
/// for task in ["oldest", "middle", "newest"] {
///     worker.push(task);
/// }
/// let stolen = std::thread::spawn(move || stealer.steal()).join().unwrap();
/// assert_eq!(stolen, Steal::Success("oldest"));
/// assert_eq!(worker.pop(), Some("newest"));
/// ```
///
/// It goes from thread to thread, but belongs to one at a time:
///
/// ```compile_fail,E0277
/// fn share<T: Sync>(_: T) {}
/// share(racecourse::lockfree::Worker::<u32>::new());
/// ```
pub struct Worker<T> {
    shared: Arc<Shared<T>>,
    /// Takes `Sync` away.
    one_thread: PhantomData<Cell<()>>,
}

impl<T> Worker<T> {
    /// An empty deque.
    ///
    /// ```
    /// assert!(racecourse::lockfree::Worker::<u32>::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// An empty deque that has room for `capacity` items before it has to allocate; rounded up to a power of two.
    ///
    /// # Panics
    /// If so many items are more than memory can hold.
    ///
    /// ```
    /// let worker = racecourse::lockfree::Worker::with_capacity(1);
    /// for i in 0..100 {
    ///     worker.push(i);
    /// }
    /// assert_eq!(worker.len(), 100);
    /// ```
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        let capacity = capacity
            .max(1)
            .checked_next_power_of_two()
            .expect("capacity overflow");
        Self {
            shared: Arc::new(Shared {
                top: CachePadded::new(AtomicUsize::new(0)),
                bottom: CachePadded::new(AtomicUsize::new(0)),
                buffer: AtomicPtr::new(Buffer::new(capacity, 0)),
                owned: PhantomData,
            }),
            one_thread: PhantomData,
        }
    }

    /// A handle for those who steal from this deque.
    ///
    /// ```
    /// let worker = racecourse::lockfree::Worker::new();
    /// let stealer = worker.stealer();
    /// worker.push(1);
    /// assert_eq!(stealer.steal().success(), Some(1));
    /// ```
    #[must_use]
    pub fn stealer(&self) -> Stealer<T> {
        Stealer {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Adds an item at the owner's end.
    ///
    /// # Panics
    /// If there are more items than memory can hold.
    ///
    /// ```
    /// let worker = racecourse::lockfree::Worker::new();
    /// worker.push(1);
    /// assert_eq!(worker.len(), 1);
    /// ```
    #[inline]
    pub fn push(&self, item: T) {
        let shared = &*self.shared;
        // ORDERING: Relaxed, both; only this thread stores to them.
        let bottom = shared.bottom.load(Ordering::Relaxed);
        let mut buffer = self.buffer();
        // ORDERING: Acquire; pairs with the Release of the thief in `steal` who carried the slot's last item away.
        if buffer.slot(bottom).turn.load(Ordering::Acquire) != bottom {
            buffer = self.make_room(bottom);
        }
        // SAFETY: this is the owner, and the slot is free for this index.
        unsafe { buffer.slot(bottom).write(item) };
        // ORDERING: Release; pairs with the load of `bottom` in `bounds`: who sees the index sees the item, and the buffer.
        shared
            .bottom
            .store(bottom.wrapping_add(1), Ordering::Release);
    }

    /// Takes the newest item, or `None` if there is none.
    ///
    /// ```
    /// let worker = racecourse::lockfree::Worker::new();
    /// worker.push(1);
    /// worker.push(2);
    /// assert_eq!(worker.pop(), Some(2));
    /// assert_eq!(worker.pop(), Some(1));
    /// assert_eq!(worker.pop(), None);
    /// ```
    #[inline]
    pub fn pop(&self) -> Option<T> {
        let shared = &*self.shared;
        let end = shared.bottom.load(Ordering::Relaxed);
        // ORDERING: Relaxed; `top` only grows, so what looks empty is empty. It saves the fence.
        if end == shared.top.load(Ordering::Relaxed) {
            return None;
        }
        let bottom = end.wrapping_sub(1);
        // ORDERING: Release, as in `push`: a thief may learn of the items below from this store.
        shared.bottom.store(bottom, Ordering::Release);
        // ORDERING: SeqCst; pairs with the fence in `steal`: of the owner and a thief who are about to take the same item, one
        // sees that the other has moved its bound.
        fence(Ordering::SeqCst);
        // ORDERING: Relaxed; the fence orders it.
        let top = shared.top.load(Ordering::Relaxed);
        let left = bottom.wrapping_sub(top) as isize;
        if left > 0 {
            // SAFETY: thieves take what lies below the new bottom; this item is the owner's.
            return Some(unsafe { self.buffer().slot(bottom).read() });
        }
        let item = (left == 0).then(|| self.take_last(bottom)).flatten();
        // ORDERING: Relaxed; the deque is empty, so there is no item to be seen with it.
        shared.bottom.store(end, Ordering::Relaxed);
        item
    }

    /// Takes the last item as a thief does.
    #[inline]
    fn take_last(&self, index: usize) -> Option<T> {
        self.shared.take_top(index).then(|| {
            let buffer = self.buffer();
            let slot = buffer.slot(index);
            // SAFETY: the exchange has made the item this thread's.
            let item = unsafe { slot.read() };
            // ORDERING: Relaxed; only this thread reads it.
            let next = index.wrapping_add(buffer.capacity());
            slot.turn.store(next, Ordering::Relaxed);
            item
        })
    }

    /// How many items there are; a thief may change that at once.
    ///
    /// ```
    /// let worker = racecourse::lockfree::Worker::new();
    /// worker.push('a');
    /// assert_eq!(worker.len(), 1);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        // ORDERING: Relaxed, both; a number that may be old at once.
        let top = self.shared.top.load(Ordering::Relaxed);
        count(top, self.shared.bottom.load(Ordering::Relaxed))
    }

    /// Whether there is no item. It stays so until the owner pushes.
    ///
    /// ```
    /// assert!(racecourse::lockfree::Worker::<u32>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn buffer(&self) -> &Buffer<T> {
        // SAFETY: buffers are freed with the deque, and this is the owner, so that it is the newest one.
        unsafe { &*self.shared.buffer.load(Ordering::Relaxed) }
    }

    /// A buffer whose slot for this index is free.
    #[cold]
    fn make_room(&self, bottom: usize) -> &Buffer<T> {
        let buffer = self.buffer();
        let occupant = bottom.wrapping_sub(buffer.capacity());
        // SAFETY: this is the owner.
        if unsafe { buffer.was_taken_from_older(occupant) } {
            buffer.slot(bottom).turn.store(bottom, Ordering::Relaxed);
            return buffer;
        }
        // The deque is full, or a thief is slow to carry away what it has won. Nobody waits for it.
        // ORDERING: Relaxed; an item that was stolen meanwhile is copied in vain.
        let top = self.shared.top.load(Ordering::Relaxed);
        // SAFETY: this is the owner, and all that lies between `top` and `bottom` is in its buffer.
        let grown = unsafe { Buffer::grown(core::ptr::from_ref(buffer).cast_mut(), top, bottom) };
        // ORDERING: Release; pairs with the Acquire load in `steal`: who has the buffer sees what is in it.
        self.shared.buffer.store(grown, Ordering::Release);
        self.buffer()
    }
}

impl<T> Default for Worker<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Worker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

/// The thieves' side of a [`Worker`]'s deque. Clone it for each thief, or share one.
///
/// ```
/// use racecourse::lockfree::{Steal, Worker};
///
/// let worker = Worker::new();
/// let stealer = worker.stealer();
/// assert_eq!(stealer.steal(), Steal::Empty);
/// worker.push(1);
/// assert_eq!(stealer.clone().steal(), Steal::Success(1));
/// ```
pub struct Stealer<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Stealer<T> {
    /// Takes the oldest item.
    ///
    /// It never waits. `Retry` says that somebody else took the item meanwhile: there may be more.
    ///
    /// ```
    /// use racecourse::lockfree::{Steal, Worker};
    ///
    /// let worker = Worker::new();
    /// worker.push(1);
    /// worker.push(2);
    /// assert_eq!(worker.stealer().steal(), Steal::Success(1));
    /// ```
    #[inline]
    pub fn steal(&self) -> Steal<T> {
        let shared = &*self.shared;
        let (top, bottom) = shared.bounds();
        if count(top, bottom) == 0 {
            return Steal::Empty;
        }
        // ORDERING: Acquire; pairs with the Release store in `make_room`.
        let buffer = shared.buffer.load(Ordering::Acquire);
        if !shared.take_top(top) {
            return Steal::Retry;
        }
        // SAFETY: buffers are freed with the deque.
        let buffer = unsafe { &*buffer };
        let slot = buffer.slot(top);
        // SAFETY: the exchange has made the item this thread's, and the owner leaves the slot alone until it reads the turn. It is
        // in this buffer: it was pushed into it or an older one, and was not taken when this one replaced that.
        let item = unsafe { slot.read() };
        // ORDERING: Release; pairs with the Acquire load in `push`: the owner overwrites what has been read.
        let next = top.wrapping_add(buffer.capacity());
        slot.turn.store(next, Ordering::Release);
        Steal::Success(item)
    }

    /// How many items there are; that may change at once.
    ///
    /// ```
    /// assert_eq!(racecourse::lockfree::Worker::<u32>::new().stealer().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        let (top, bottom) = self.shared.bounds();
        count(top, bottom)
    }

    /// Whether there is no item; that may change at once. It sees as much as [`steal`](Self::steal) does.
    ///
    /// ```
    /// assert!(racecourse::lockfree::Worker::<u32>::new().stealer().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Clone for Stealer<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> fmt::Debug for Stealer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stealer").finish_non_exhaustive()
    }
}

impl<T> Shared<T> {
    /// Moves the top over the item of this index. False if somebody else did.
    #[inline]
    fn take_top(&self, index: usize) -> bool {
        // ORDERING: Relaxed; the exchange decides who has the item, and the fences in `pop` and `steal` who may ask. What is in
        // the item came with `bottom`.
        self.top
            .compare_exchange(
                index,
                index.wrapping_add(1),
                Ordering::Relaxed,
                Ordering::Relaxed,
            )
            .is_ok()
    }

    /// Top and bottom as others than the owner see them.
    #[inline]
    fn bounds(&self) -> (usize, usize) {
        // ORDERING: Relaxed; the fence orders it.
        let top = self.top.load(Ordering::Relaxed);
        // ORDERING: SeqCst; pairs with the fence in `pop`.
        fence(Ordering::SeqCst);
        // ORDERING: Acquire; pairs with the Release stores in `push` and `pop`: who sees the index sees the item, and the buffer.
        (top, self.bottom.load(Ordering::Acquire))
    }
}

/// How many items there are between these two. The bounds may cross for a moment.
#[inline]
fn count(top: usize, bottom: usize) -> usize {
    usize::try_from(bottom.wrapping_sub(top) as isize).unwrap_or(0)
}

/// The items that nobody took, and the memory, which goes with them.
struct Rest<T> {
    buffer: *mut Buffer<T>,
    top: usize,
    bottom: usize,
}

impl<T> Rest<T> {
    fn next(&mut self) -> Option<T> {
        (count(self.top, self.bottom) > 0).then(|| {
            let index = self.top;
            self.top = index.wrapping_add(1);
            // SAFETY: an item that nobody took, in the newest buffer, which nobody else uses.
            unsafe { (*self.buffer).slot(index).read() }
        })
    }
}

impl<T> Drop for Rest<T> {
    fn drop(&mut self) {
        // After a panic there is something left.
        while self.next().is_some() {}
        // SAFETY: the deque goes, and it was the last to know them.
        unsafe { Buffer::free(self.buffer) };
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        let mut rest = Rest {
            buffer: *self.buffer.get_mut(),
            top: *self.top.get_mut(),
            bottom: *self.bottom.get_mut(),
        };
        while rest.next().is_some() {}
    }
}

/// What an attempt to steal came to.
///
/// ```
/// use racecourse::lockfree::{Steal, Worker};
///
/// let worker = Worker::new();
/// let stealer = worker.stealer();
/// assert_eq!(stealer.steal(), Steal::<u8>::Empty);
/// worker.push(1);
/// assert_eq!(stealer.steal(), Steal::Success(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Steal<T> {
    /// There was nothing.
    Empty,
    /// Somebody else was faster; there may be more.
    Retry,
    /// The oldest item.
    Success(T),
}

impl<T> Steal<T> {
    /// Whether there was nothing.
    ///
    /// ```
    /// assert!(racecourse::lockfree::Steal::<u32>::Empty.is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// Whether it is worth another attempt.
    ///
    /// ```
    /// assert!(racecourse::lockfree::Steal::<u32>::Retry.is_retry());
    /// ```
    #[must_use]
    pub fn is_retry(&self) -> bool {
        matches!(self, Self::Retry)
    }

    /// Whether there is an item.
    ///
    /// ```
    /// assert!(racecourse::lockfree::Steal::Success(1).is_success());
    /// ```
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Success(_))
    }

    /// The item, if there is one.
    ///
    /// ```
    /// use racecourse::lockfree::Steal;
    ///
    /// assert_eq!(Steal::Success(1).success(), Some(1));
    /// assert_eq!(Steal::<u32>::Retry.success(), None);
    /// ```
    #[must_use]
    pub fn success(self) -> Option<T> {
        match self {
            Self::Success(item) => Some(item),
            Self::Empty | Self::Retry => None,
        }
    }
}
