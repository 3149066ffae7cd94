//! `map` and its relatives on a thread pool, where function and items may borrow.

use super::gather;
use super::iter::{Imap, ImapUnordered};
use super::mapping::{Mapping, Pieces};
use super::slot::drop_quietly;
use super::{Scope, TaskError, ThreadPool};

impl ThreadPool {
    /// Applies `function` to every item; the results are in the order of the items. Both may borrow.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let words = ["race", "course"];
    /// assert_eq!(pool.map(|word| word.len(), words), [4, 6]);
    /// ```
    ///
    /// # Panics
    /// With the panic of the first item (in input order) that panicked, or with the text of
    /// [`TaskError::Shutdown`]; [`try_map`](Self::try_map) returns these instead.
    #[track_caller]
    pub fn map<F, I, R>(&self, function: F, items: I) -> Vec<R>
    where
        I: IntoIterator,
        I::Item: Send,
        F: Fn(I::Item) -> R + Sync,
        R: Send,
    {
        match self.try_map(function, items) {
            Ok(results) => results,
            Err(error) => error.raise(),
        }
    }

    /// As [`map`](Self::map), with failures returned.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let error = pool.try_map(|n: u8| 10 / n, [2, 0, 5]).unwrap_err();
    /// assert!(error.to_string().contains("divide by zero"));
    /// ```
    ///
    /// # Errors
    /// The panic of the first item, in input order, that panicked; or that the pool was shut down before all items had
    /// been started. Items that have not started are then dropped.
    pub fn try_map<F, I, R>(&self, function: F, items: I) -> Result<Vec<R>, TaskError>
    where
        I: IntoIterator,
        I::Item: Send,
        F: Fn(I::Item) -> R + Sync,
        R: Send,
    {
        let items: Vec<_> = items.into_iter().collect();
        let pieces = Pieces::shrinking(items.len(), self.threads);
        self.map_pieces(&function, items, pieces)
    }

    /// As [`map`](Self::map), with `size` items in each piece, as Python's `chunksize`.
    ///
    /// Large pieces cost less for each item; small ones share uneven work better. `map` begins with large ones, an eighth
    /// of each worker's share, and ends with small ones; up to sixteen items for each worker are taken one by one. A panic
    /// in an item ends its piece.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// assert_eq!(pool.map_chunked(|n| n + 1, 0..5, 2), [1, 2, 3, 4, 5]); // three tasks
    /// ```
    ///
    /// # Panics
    /// As `map`, and when `size` is 0.
    #[track_caller]
    pub fn map_chunked<F, I, R>(&self, function: F, items: I, size: usize) -> Vec<R>
    where
        I: IntoIterator,
        I::Item: Send,
        F: Fn(I::Item) -> R + Sync,
        R: Send,
    {
        gather::assert_chunk(size);
        let items: Vec<_> = items.into_iter().collect();
        let pieces = Pieces::Equal {
            items: items.len(),
            size,
        };
        match self.map_pieces(&function, items, pieces) {
            Ok(results) => results,
            Err(error) => error.raise(),
        }
    }

    fn map_pieces<F, A, R>(
        &self,
        function: &F,
        items: Vec<A>,
        pieces: Pieces,
    ) -> Result<Vec<R>, TaskError>
    where
        A: Send,
        F: Fn(A) -> R + Sync,
        R: Send,
    {
        let workers = self.threads.min(pieces.count());
        let mut results = Vec::with_capacity(items.len());
        let mapping = Mapping::new(function, items, &mut results, pieces);
        let all_run = self.try_scope(|scope| {
            for _ in 0..workers {
                drop(scope.spawn(|| mapping.run()).into_task());
            }
        });
        // Whoever was not started, because of a shutdown, has left its pieces to the others, or to `finish`, which says so.
        drop_quietly(all_run);
        mapping.finish(&mut results)?;
        Ok(results)
    }

    /// The error that `body` returns goes before that of a task that `body` gave up because of it.
    fn gather_in_scope<'env, R>(
        &self,
        body: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> Result<R, TaskError>,
    ) -> Result<R, TaskError> {
        let mut gathered = None;
        let scope = self.try_scope(|scope| gathered = Some(body(scope)));
        match gathered {
            Some(Ok(value)) => scope.map(|()| value),
            Some(Err(error)) => {
                drop_quietly(scope);
                Err(error)
            }
            None => unreachable!("`try_scope` runs its body or unwinds"),
        }
    }

    /// As [`map`](Self::map), calling `progress(done, total)` on the calling thread after each item: `done`
    /// takes every value from 1 to `total`, in order.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let mut seen = Vec::new();
    /// let show = |done, total| seen.push((done, total));
    /// let lengths = pool.map_with_progress(|s: &str| s.len(), ["a", "bc"], show);
    /// assert_eq!(lengths, [1, 2]);
    /// assert_eq!(seen, [(1, 2), (2, 2)]);
    /// ```
    ///
    /// # Panics
    /// With the panic of `progress`, or with the failure of the item that was the first to fail in time;
    /// items that have not started are then cancelled and `progress` is not called again.
    #[track_caller]
    pub fn map_with_progress<F, I, R, P>(&self, function: F, items: I, progress: P) -> Vec<R>
    where
        I: IntoIterator,
        I::Item: Send,
        F: Fn(I::Item) -> R + Sync,
        R: Send,
        P: FnMut(usize, usize),
    {
        let function = &function;
        let items: Vec<_> = items.into_iter().collect();
        let results = self.gather_in_scope(|scope| {
            let tasks = items
                .into_iter()
                .map(|item| scope.spawn(move || function(item)).into_task());
            gather::with_progress(tasks.collect(), progress)
        });
        match results {
            Ok(results) => results,
            Err(error) => error.raise(),
        }
    }

    /// Applies `function` to the items, giving the results one by one in the order of the items. The items
    /// are taken as they are needed, twice as many as there are threads ahead of the results, so `items` may
    /// be endless.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let squares: Vec<u64> = pool.imap(|n| n * n, 1_u64..).take(3).collect();
    /// assert_eq!(squares, [1, 4, 9]);
    /// ```
    pub fn imap<F, I, R>(&self, function: F, items: I) -> Imap<'_, Self, F, I::IntoIter>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        F: Fn(I::Item) -> R + Send + Sync + 'static,
        R: Send + 'static,
    {
        Imap::new(self, function, items.into_iter())
    }

    /// As [`imap`](Self::imap), giving each result as soon as it is there.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let mut squares: Vec<u64> = pool.imap_unordered(|n| n * n, 1..=3).collect();
    /// squares.sort();
    /// assert_eq!(squares, [1, 4, 9]);
    /// ```
    pub fn imap_unordered<F, I, R>(
        &self,
        function: F,
        items: I,
    ) -> ImapUnordered<'_, Self, F, I::IntoIter>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        F: Fn(I::Item) -> R + Send + Sync + 'static,
        R: Send + 'static,
    {
        ImapUnordered::new(self, function, items.into_iter())
    }
}
