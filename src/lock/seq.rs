//! A value that readers copy without writing anything.

use std::fmt;

use super::words::{Words, sealed::Sealed};
use crate::backoff::Backoff;
use crate::sync::atomic::{AtomicUsize, Ordering};

/// A small value that is read far more often than it is written: a reader copies it without a single write to shared memory,
/// and copies it again if it changed meanwhile.
///
/// Readers never keep a writer waiting, and cost each other nothing, on any number of processors. Writers exclude each other,
/// and a stream of them may keep readers copying for ever.
///
/// The value is stored as words, each an atomic (see [`Words`]), so a copy that was torn is thrown away without ever having been
/// undefined behaviour.
///
/// H.-J. Boehm, *Can seqlocks get along with programming language memory models?*, MSPC 2012. Every load of a word acquires and
/// every store releases, which takes the place of that paper's fences.
///
/// ```
/// use racecourse::lock::SeqLock;
///
/// let position = SeqLock::new([0.0, 0.0, 0.0]);
/// std::thread::scope(|s| {
///     s.spawn(|| position.write([1.0, 2.0, 3.0]));
///     let seen = position.read();
///     assert!(seen == [0.0; 3] || seen == [1.0, 2.0, 3.0]);
/// });
/// ```
// In a line of its own as far as it fits, so that a copy takes the transfer of one line.
#[repr(align(64))]
pub struct SeqLock<T: Words> {
    /// Odd while a writer is at it; two more after each change.
    sequence: AtomicUsize,
    words: <T::Array as Sealed>::Cells,
}

// The orderings, for a reader that copied while a value was written. It has read a new word, whose store releases and whose
// load acquires: so it sees, in its second look, the odd number that was stored before, or a later one, and not the one of
// its first look. If it read no new word, it has the old value. If its first look saw the last number of a
// change, which was stored with Release and loaded with Acquire, it sees all words of that change or later ones.

impl<T: Words> SeqLock<T> {
    /// A lock with `value` in it.
    ///
    /// ```
    /// assert_eq!(racecourse::lock::SeqLock::new(7).read(), 7);
    /// ```
    pub fn new(value: T) -> Self {
        Self {
            sequence: AtomicUsize::new(0),
            words: value.to_words().cells(),
        }
    }

    /// A copy of the value, as one writer has left it.
    ///
    /// ```
    /// let pair = racecourse::lock::SeqLock::new((1_u32, 'a'));
    /// assert_eq!(pair.read(), (1, 'a'));
    /// ```
    #[inline]
    pub fn read(&self) -> T {
        match self.try_read() {
            Some(value) => value,
            None => self.read_contended(),
        }
    }

    /// A copy of the value, unless it is being changed right now.
    ///
    /// ```
    /// let lock = racecourse::lock::SeqLock::new(1);
    /// assert_eq!(lock.try_read(), Some(1));
    /// lock.update(|one| {
    ///     assert_eq!(lock.try_read(), None);
    ///     one + 1
    /// });
    /// ```
    #[inline]
    pub fn try_read(&self) -> Option<T> {
        // ORDERING: Acquire; pairs with the last store of a change.
        let before = self.sequence.load(Ordering::Acquire);
        let words = T::Array::load(&self.words);
        // ORDERING: Relaxed; the loads of the words are Acquire, and so are made before this one.
        let after = self.sequence.load(Ordering::Relaxed);
        (before == after && before.is_multiple_of(2)).then(|| T::from_words(words))
    }

    #[cold]
    fn read_contended(&self) -> T {
        let mut backoff = Backoff::new();
        loop {
            backoff.wait();
            if let Some(value) = self.try_read() {
                return value;
            }
        }
    }

    /// Replaces the value, and waits for other writers before.
    ///
    /// ```
    /// let lock = racecourse::lock::SeqLock::new(1);
    /// lock.write(2);
    /// assert_eq!(lock.read(), 2);
    /// ```
    #[inline]
    pub fn write(&self, value: T) {
        let words = value.to_words();
        let change = self.begin();
        words.store(&self.words);
        change.done();
    }

    /// Replaces the value by what `change` makes of it, with other writers kept away. If `change` panics, the value stays.
    ///
    /// A writer inside of `change` waits for ever; a reader, until `change` has returned.
    ///
    /// ```
    /// let hits = racecourse::lock::SeqLock::new(0);
    /// std::thread::scope(|s| {
    ///     for _ in 0..4 {
    ///         s.spawn(|| hits.update(|hits| hits + 1));
    ///     }
    /// });
    /// assert_eq!(hits.read(), 4);
    /// ```
    #[inline]
    pub fn update(&self, change: impl FnOnce(T) -> T) {
        let begun = self.begin();
        // Only writers change the words, and this is the only one.
        let value = change(T::from_words(T::Array::load(&self.words)));
        value.to_words().store(&self.words);
        begun.done();
    }

    /// The value, by consuming the lock.
    ///
    /// ```
    /// assert_eq!(racecourse::lock::SeqLock::new(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        T::from_words(T::Array::load(&self.words))
    }

    #[inline]
    fn begin(&self) -> Change<'_> {
        // ORDERING: Relaxed; the exchange finds out whether it was right.
        let before = self.sequence.load(Ordering::Relaxed);
        if before.is_multiple_of(2) && self.make_odd(before) {
            Change::new(&self.sequence, before)
        } else {
            self.begin_contended()
        }
    }

    #[inline]
    fn make_odd(&self, before: usize) -> bool {
        self.sequence
            .compare_exchange(
                before,
                before.wrapping_add(1),
                // ORDERING: Acquire; pairs with the store at the end of the last writer's change: this one's stores come after.
                Ordering::Acquire,
                Ordering::Relaxed,
            )
            .is_ok()
    }

    #[cold]
    fn begin_contended(&self) -> Change<'_> {
        let mut backoff = Backoff::new();
        loop {
            let before = self.sequence.load(Ordering::Relaxed);
            if before.is_multiple_of(2) && self.make_odd(before) {
                return Change::new(&self.sequence, before);
            }
            backoff.wait();
        }
    }
}

/// A change under way. If it is not done, because of a panic, no word has been stored, and it never was.
struct Change<'a> {
    sequence: &'a AtomicUsize,
    end: usize,
}

impl<'a> Change<'a> {
    #[inline]
    fn new(sequence: &'a AtomicUsize, before: usize) -> Self {
        Self {
            sequence,
            end: before,
        }
    }

    #[inline]
    fn done(mut self) {
        self.end = self.end.wrapping_add(2);
    }
}

impl Drop for Change<'_> {
    #[inline]
    fn drop(&mut self) {
        // ORDERING: Release; pairs with the first load of a reader, which then sees all words, and with the next writer's exchange.
        self.sequence.store(self.end, Ordering::Release);
    }
}

impl<T: Words + Default> Default for SeqLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Words> From<T> for SeqLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Words + fmt::Debug> fmt::Debug for SeqLock<T> {
    /// Shows the value, or `<locked>` while it is changed: it never waits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SeqLock");
        match self.try_read() {
            Some(value) => shown.field("value", &value),
            None => shown.field("value", &format_args!("<locked>")),
        };
        shown.finish()
    }
}
