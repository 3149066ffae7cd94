//! A lock for readers and writers whose readers do not disturb each other.

mod guards;

use std::fmt;

use crossbeam_utils::CachePadded;

pub use guards::{ShardedReadGuard, ShardedWriteGuard};

use crate::backoff::Backoff;
use crate::cell::UnsafeCell;
use crate::parking_lot::{Condvar, Mutex};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::thread;

/// A read-write lock for values that are read far more often than they are written.
///
/// It counts its readers in several *shards*, each in a cache line of its own, and a thread always uses the same one: so threads
/// that read at the same time do not take a line away from each other. A writer goes through all shards, and is
/// slower for it: with one write in ten or more, an ordinary [`RwLock`](crate::parking_lot::RwLock) is the better choice.
///
/// - **Writers first**: once a writer waits, new readers wait behind it. So a thread that reads while it reads already may wait for ever.
/// - **Not reentrant**: a thread that writes while it reads or writes already waits for ever.
/// - **No poisoning**: a panic releases the lock and leaves the value as it was then.
/// - Readers and writers spin for a short while, and then sleep.
///
/// W. C. Hsieh and W. E. Weihl, *Scalable reader-writer locks for parallel systems*, IPPS 1992.
///
/// ```
/// use racecourse::lock::ShardedRwLock;
///
/// let table = ShardedRwLock::new(vec![1, 2, 3]);
/// std::thread::scope(|s| {
///     s.spawn(|| table.write().push(4));
///     assert!(table.read().len() >= 3);
/// });
/// assert_eq!(table.into_inner(), [1, 2, 3, 4]);
/// ```
///
/// The guards stay on their thread:
/// ```compile_fail,E0277
/// let lock = racecourse::lock::ShardedRwLock::new(0);
/// let guard = lock.read();
/// std::thread::scope(|s| {
///     s.spawn(move || drop(guard));
/// });
/// ```
pub struct ShardedRwLock<T: ?Sized> {
    /// A power of two of them.
    shards: Box<[CachePadded<Shard>]>,
    /// Held by the writer, from before it goes through the shards, and for a moment by readers that wait for it.
    writer: Mutex<()>,
    /// Held between the writer's last look at a shard and its sleep, and by the last reader before it notifies.
    gate: Mutex<()>,
    /// Notified when the last reader has left a shard that a writer has closed.
    drained: Condvar,
    /// The value; shared by the readers that are counted, or touched only by the writer that has closed all shards.
    value: UnsafeCell<T>,
}

/// `CLOSED`, if a writer has the lock or waits for the readers to leave, and the readers, `READER` each.
struct Shard(AtomicUsize);

const CLOSED: usize = 1;
const READER: usize = 2;

/// More shards than that would make writing slow, and hardly make reading faster.
const MOST_SHARDS: usize = 64;

// SAFETY: readers on several threads share the value, which takes `T: Sync`, and the writers hand it from thread to thread, which
// takes `T: Send`.
unsafe impl<T: ?Sized + Send + Sync> Sync for ShardedRwLock<T> {}
// SAFETY: the lock owns its value; who moves the lock moves the value.
unsafe impl<T: ?Sized + Send> Send for ShardedRwLock<T> {}

impl<T> ShardedRwLock<T> {
    /// An open lock around `value`, with a shard for each processor.
    ///
    /// ```
    /// let lock = racecourse::lock::ShardedRwLock::new("much read");
    /// assert_eq!(*lock.read(), "much read");
    /// ```
    pub fn new(value: T) -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self::with_shards(value, processors)
    }

    /// An open lock around `value`, with at least so many shards: the next power of two, of at most 64.
    ///
    /// ```
    /// let lock = racecourse::lock::ShardedRwLock::with_shards('a', 2);
    /// assert_eq!(*lock.read(), 'a');
    /// ```
    pub fn with_shards(value: T, shards: usize) -> Self {
        let shards = shards.clamp(1, MOST_SHARDS).next_power_of_two();
        let shard = |_| CachePadded::new(Shard(AtomicUsize::new(0)));
        Self {
            shards: (0..shards).map(shard).collect(),
            writer: Mutex::new(()),
            gate: Mutex::new(()),
            drained: Condvar::new(),
            value: UnsafeCell::new(value),
        }
    }

    /// The value. Owning the lock is proof enough that nobody holds it.
    ///
    /// ```
    /// assert_eq!(racecourse::lock::ShardedRwLock::new(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> ShardedRwLock<T> {
    /// Waits until no writer has the lock or waits for it, and takes it together with other readers.
    ///
    /// ```
    /// let lock = racecourse::lock::ShardedRwLock::new(1);
    /// let (one, other) = (lock.read(), lock.try_read().unwrap());
    /// assert_eq!(*one + *other, 2);
    /// ```
    #[inline]
    pub fn read(&self) -> ShardedReadGuard<'_, T> {
        let shard = self.own_shard();
        if !shard.enter() {
            self.enter_contended(shard);
        }
        ShardedReadGuard::new(self, shard)
    }

    /// Takes the lock for reading if no writer has it, waits for it, is just trying or is about to be gone, and never waits.
    ///
    /// ```
    /// let lock = racecourse::lock::ShardedRwLock::new(1);
    /// let guard = lock.write();
    /// assert!(lock.try_read().is_none());
    /// # drop(guard);
    /// ```
    #[inline]
    pub fn try_read(&self) -> Option<ShardedReadGuard<'_, T>> {
        let shard = self.own_shard();
        if !shard.enter() {
            self.leave(shard);
            return None;
        }
        Some(ShardedReadGuard::new(self, shard))
    }

    /// Waits until nobody else has the lock, and takes it.
    ///
    /// ```
    /// let lock = racecourse::lock::ShardedRwLock::new(1);
    /// *lock.write() += 1;
    /// assert_eq!(*lock.read(), 2);
    /// ```
    pub fn write(&self) -> ShardedWriteGuard<'_, T> {
        let writer = self.writer.lock();
        for shard in &self.shards {
            // ORDERING: Relaxed; `drain` acquires what the readers did that have left.
            shard.0.fetch_or(CLOSED, Ordering::Relaxed);
        }
        for shard in &self.shards {
            self.drain(shard);
        }
        ShardedWriteGuard::new(self, writer)
    }

    /// Takes the lock for writing if nobody has it now, and never waits. It may also be refused because somebody else is just
    /// trying, even if that one is refused too, or is just about to be gone.
    ///
    /// ```
    /// let lock = racecourse::lock::ShardedRwLock::new(1);
    /// let guard = lock.read();
    /// assert!(lock.try_write().is_none());
    /// drop(guard);
    /// assert!(lock.try_write().is_some());
    /// ```
    pub fn try_write(&self) -> Option<ShardedWriteGuard<'_, T>> {
        let writer = self.writer.try_lock()?;
        for (closed, shard) in self.shards.iter().enumerate() {
            // ORDERING: Acquire; pairs with the Release subtraction in `leave`.
            let free = shard
                .0
                .compare_exchange(0, CLOSED, Ordering::Acquire, Ordering::Relaxed);
            if free.is_err() {
                self.open(&self.shards[..closed]);
                return None;
            }
        }
        Some(ShardedWriteGuard::new(self, writer))
    }

    /// The value, without locking: the exclusive borrow proves that nobody holds the lock.
    ///
    /// ```
    /// let mut lock = racecourse::lock::ShardedRwLock::new(1);
    /// *lock.get_mut() = 2;
    /// assert_eq!(*lock.read(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// The shard of the thread that calls.
    #[inline]
    fn own_shard(&self) -> &Shard {
        &self.shards[thread::number() & (self.shards.len() - 1)]
    }

    /// The shard is closed: waits for the writer. The caller has been counted in vain.
    #[cold]
    fn enter_contended(&self, shard: &Shard) {
        self.leave(shard);
        let mut backoff = Backoff::new();
        while backoff.snooze() {
            // ORDERING: Relaxed; only a hint that an attempt is worth its while.
            if shard.0.load(Ordering::Relaxed) & CLOSED == 0 {
                if shard.enter() {
                    return;
                }
                self.leave(shard);
            }
        }
        // Whoever holds this lock keeps writers out, and finds no shard closed.
        let _no_writer = self.writer.lock();
        shard.enter();
    }

    /// Takes a reader out of the count, and tells a writer that waits for the last one.
    #[inline]
    fn leave(&self, shard: &Shard) {
        // ORDERING: Release; pairs with the Acquire operations of the writer: what was read, was read before it writes.
        if shard.0.fetch_sub(READER, Ordering::Release) == CLOSED | READER {
            self.tell_writer();
        }
    }

    #[cold]
    fn tell_writer(&self) {
        drop(self.gate.lock());
        self.drained.notify_one();
    }

    /// Waits until the last reader has left a closed shard.
    fn drain(&self, shard: &Shard) {
        // ORDERING: Acquire; pairs with the Release subtraction in `leave`.
        let drained = || shard.0.load(Ordering::Acquire) == CLOSED;
        let mut backoff = Backoff::new();
        while !drained() {
            if !backoff.snooze() {
                let mut gate = self.gate.lock();
                while !drained() {
                    self.drained.wait(&mut gate);
                }
                return;
            }
        }
    }

    fn open(&self, shards: &[CachePadded<Shard>]) {
        for shard in shards {
            // ORDERING: Release; pairs with the Acquire addition in `enter`: the readers see what was written.
            shard.0.fetch_and(!CLOSED, Ordering::Release);
        }
    }
}

impl Shard {
    /// Counts a reader. False, if the shard is closed: it must be counted out again.
    #[inline]
    fn enter(&self) -> bool {
        // ORDERING: Acquire; pairs with the Release operations in `open`: the reader sees what was written.
        self.0.fetch_add(READER, Ordering::Acquire) & CLOSED == 0
    }
}

impl<T: Default> Default for ShardedRwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for ShardedRwLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for ShardedRwLock<T> {
    /// Shows the value if nobody writes, and `<locked>` if not: it never waits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ShardedRwLock");
        match self.try_read() {
            Some(guard) => shown.field("value", &&*guard),
            None => shown.field("value", &format_args!("<locked>")),
        };
        shown.finish_non_exhaustive()
    }
}
