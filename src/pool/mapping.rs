//! One `map`: items and results in place, and workers that take pieces of it.
//
// Pieces are taken by their number, from a counter; they become smaller towards the end, so that the workers end at the same
// time whatever the items cost, and taking them costs nothing against the items. Each result goes straight to its
// place. Who takes a number has that piece alone: no two accesses meet. The items were there before the workers'
// tasks were queued, and the results are used after the scope of these tasks has ended.
//
// After a panic no new piece is taken. As pieces are taken in the order of the input, all before the one that
// panicked are taken and go on: so the panic that is first in the order of the input is known in the end.

use std::any::Any;
use std::mem::{self, ManuallyDrop, MaybeUninit};
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};

use crossbeam_utils::CachePadded;

use super::TaskError;
use super::slot::drop_quietly;
use crate::parking_lot::Mutex;
use crate::sync::atomic::{AtomicUsize, Ordering};

/// How the items are divided.
pub(super) enum Pieces {
    /// All of this size, the last possibly shorter.
    Equal { items: usize, size: usize },
    /// The ends of all pieces.
    Shrinking(Vec<usize>),
}

/// A piece is this part of what is left for each worker...
const PART: usize = 8;
/// ... and at least this part of all for each worker, so that there are not many that cost more than they share.
const LEAST: usize = 1024;

impl Pieces {
    pub(super) fn shrinking(items: usize, workers: usize) -> Self {
        let least = items / workers.saturating_mul(LEAST) + 1;
        let part = workers.saturating_mul(PART);
        let mut ends = Vec::new();
        let mut end = 0;
        while end < items {
            end += ((items - end) / part).max(least).min(items - end);
            ends.push(end);
        }
        Self::Shrinking(ends)
    }

    pub(super) fn count(&self) -> usize {
        match self {
            Self::Equal { items, size } => items.div_ceil(*size),
            Self::Shrinking(ends) => ends.len(),
        }
    }

    /// Where a piece begins: for one more than the last, the end of all.
    fn start(&self, piece: usize) -> usize {
        match (self, piece) {
            (Self::Equal { items, size }, _) => piece.saturating_mul(*size).min(*items),
            (Self::Shrinking(_), 0) => 0,
            (Self::Shrinking(ends), _) => ends[piece - 1],
        }
    }
}

pub(super) struct Mapping<'f, F, A, R> {
    function: &'f F,
    /// Of each, the part that no piece has taken is still there: see `unclaimed`.
    items: Vec<MaybeUninit<A>>,
    results: *mut R,
    pieces: Pieces,
    next: CachePadded<AtomicUsize>,
    ended: Mutex<Ended>,
}

/// What the workers leave.
#[derive(Default)]
struct Ended {
    failure: Option<Failure>,
    /// Where there are results, if they are to be dropped after a failure.
    results: Vec<Range<usize>>,
}

struct Failure {
    item: usize,
    payload: Box<dyn Any + Send>,
}

// SAFETY: each item is taken out, and each result written, by whoever has the piece that it is in: both are sent to other threads.
// The function is shared.
unsafe impl<F: Sync, A: Send, R: Send> Sync for Mapping<'_, F, A, R> {}

impl<'f, F, A, R> Mapping<'f, F, A, R>
where
    F: Fn(A) -> R,
{
    /// `results` has the capacity for all.
    pub(super) fn new(
        function: &'f F,
        items: Vec<A>,
        results: &mut Vec<R>,
        pieces: Pieces,
    ) -> Self {
        debug_assert!(results.is_empty() && results.capacity() >= items.len());
        let mut items = ManuallyDrop::new(items);
        // SAFETY: the parts of a vector that is not used any more; `MaybeUninit` has its content's layout.
        let items = unsafe {
            Vec::from_raw_parts(items.as_mut_ptr().cast(), items.len(), items.capacity())
        };
        Self {
            function,
            items,
            results: results.as_mut_ptr(),
            pieces,
            next: CachePadded::new(AtomicUsize::new(0)),
            ended: Mutex::default(),
        }
    }

    /// What each worker does: takes pieces until there are none.
    pub(super) fn run(&self) {
        let mut results = Vec::new();
        while let Some(piece) = self.take() {
            let start = piece.start;
            let (end, failure) = self.apply(piece);
            if mem::needs_drop::<R>() {
                results.push(start..end);
            }
            if let Some(payload) = failure {
                self.fail(Failure { item: end, payload });
            }
        }
        if !results.is_empty() {
            self.ended.lock().results.append(&mut results);
        }
    }

    fn take(&self) -> Option<Range<usize>> {
        // ORDERING: Relaxed; whatever is accessed because of it is ordered by the tasks' beginning and end.
        let piece = self.next.fetch_add(1, Ordering::Relaxed);
        (piece < self.pieces.count())
            .then(|| self.pieces.start(piece)..self.pieces.start(piece + 1))
    }

    /// Up to where there are results, and the panic that is the reason if that is not the end.
    fn apply(&self, piece: Range<usize>) -> (usize, Option<Box<dyn Any + Send>>) {
        let Range { start, end } = piece;
        let mut done = start;
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
            while done < end {
                // SAFETY: the piece is ours, and so are its items and the places for its results; each is used once.
                unsafe {
                    let item = self.items.as_ptr().add(done).read().assume_init();
                    self.results.add(done).write((self.function)(item));
                }
                done += 1;
            }
        }));
        if let Err(payload) = outcome {
            self.drop_items(done + 1..end);
            return (done, Some(payload));
        }
        (end, None)
    }

    fn fail(&self, failure: Failure) {
        self.drop_items(self.unclaimed());
        let mut ended = self.ended.lock();
        let other = match &ended.failure {
            Some(known) if known.item < failure.item => Some(failure),
            _ => ended.failure.replace(failure),
        };
        drop(ended);
        drop_quietly(other.map(|failure| failure.payload));
    }

    /// Takes all the rest, of which nobody takes a piece any more.
    fn unclaimed(&self) -> Range<usize> {
        // Far from where those who still come could count on to 0.
        let end = usize::MAX / 2;
        // ORDERING: Relaxed; as in `take`.
        let piece = self.next.swap(end, Ordering::Relaxed);
        self.pieces.start(piece.min(self.pieces.count()))..self.items.len()
    }

    fn drop_items(&self, range: Range<usize>) {
        for index in range {
            // SAFETY: the caller has these items, and they are not used again.
            drop_quietly(unsafe { self.items.as_ptr().add(index).read().assume_init() });
        }
    }

    /// Called when all workers have ended, or were not started: gives `results` its length.
    ///
    /// # Errors
    /// The first panic in the order of the items; or that there was no worker for some.
    pub(super) fn finish(self, results: &mut Vec<R>) -> Result<(), TaskError> {
        let rest = self.unclaimed();
        let count = self.items.len();
        let is_whole = rest.is_empty();
        self.drop_items(rest);
        let ended = self.ended.into_inner();
        if is_whole && ended.failure.is_none() {
            // SAFETY: every piece was taken and none failed: each place has its result.
            unsafe { results.set_len(count) };
            return Ok(());
        }
        for range in ended.results {
            for index in range {
                // SAFETY: a worker has written it, and nobody uses it again.
                drop_quietly(unsafe { self.results.add(index).read() });
            }
        }
        Err(match ended.failure {
            Some(failure) => TaskError::panicked(failure.payload),
            None => TaskError::Shutdown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Pieces;

    #[test]
    fn pieces_cover_everything_once() {
        for items in (0..300).chain([1000, 4096, 99_999, 1_000_000]) {
            for workers in [1, 2, 3, 64] {
                let equal = Pieces::Equal {
                    items,
                    size: workers,
                };
                for pieces in [Pieces::shrinking(items, workers), equal] {
                    let count = pieces.count();
                    assert!((0..count).all(|n| pieces.start(n) < pieces.start(n + 1)));
                    assert_eq!((pieces.start(0), pieces.start(count)), (0, items));
                }
            }
        }
    }

    #[test]
    fn few_items_are_taken_one_by_one_and_many_in_few_pieces() {
        assert_eq!(Pieces::shrinking(20, 2).count(), 20);
        assert!(Pieces::shrinking(100_000, 2).count() < 150);
        assert!(Pieces::shrinking(usize::MAX / 4, 64).count() < 20_000);
    }
}
