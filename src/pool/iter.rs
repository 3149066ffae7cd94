//! Results as they come: `as_completed`, `imap`, `imap_unordered`.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;

use super::arrivals::{Arrivals, Notice};
use super::worker;
use super::{Accepts, Call, Function, Task, TaskError};

/// How many tasks for each worker `imap` keeps in flight: one that runs and one that waits, so that a worker
/// never waits for the consumer to ask.
const IN_FLIGHT_PER_WORKER: usize = 2;

/// The tasks in the order in which they finish; each is finished when it is given, so its `join` does not
/// wait.
///
/// Which task it is says [`Task::id`]. The tasks may come from several executors.
///
/// ```
/// use racecourse::pool::{ThreadPool, as_completed};
///
/// let pool = ThreadPool::new(2);
/// let tasks: Vec<_> = (1..=3_u32).map(|n| pool.submit(move || n * n)).collect();
/// let mut squares: Vec<u32> = as_completed(tasks).map(|task| task.join_unwrap()).collect();
/// squares.sort();
/// assert_eq!(squares, [1, 4, 9]);
/// ```
pub fn as_completed<T>(tasks: impl IntoIterator<Item = Task<T>>) -> AsCompleted<T> {
    AsCompleted::new(tasks)
}

/// The iterator of [`as_completed`]. Dropping it detaches the tasks that it has not given yet.
///
/// ```
/// use racecourse::pool::ThreadPool;
///
/// let pool = ThreadPool::new(2);
/// let mut tasks = pool.as_completed((1..=3).map(|n| pool.submit(move || n)));
/// assert!(tasks.next().is_some()); // whichever was first
/// assert_eq!(tasks.count(), 2);
/// ```
pub struct AsCompleted<T> {
    pending: BTreeMap<usize, Task<T>>,
    arrivals: Arc<Arrivals>,
    next_key: usize,
}

impl<T> AsCompleted<T> {
    pub(super) fn new(tasks: impl IntoIterator<Item = Task<T>>) -> Self {
        let mut this = Self {
            pending: BTreeMap::new(),
            arrivals: Arc::default(),
            next_key: 0,
        };
        for task in tasks {
            this.push(task);
        }
        this
    }

    pub(super) fn push(&mut self, mut task: Task<T>) {
        let key = self.next_key;
        self.next_key += 1;
        task.notify(Notice {
            arrivals: Arc::clone(&self.arrivals),
            key,
        });
        self.pending.insert(key, task);
    }

    /// The next to finish, with its position in the input.
    pub(super) fn next_with_index(&mut self) -> Option<(usize, Task<T>)> {
        if self.pending.is_empty() {
            return None;
        }
        worker::help_with_any(&mut || self.pending.values().map(Task::key), &|| {
            !self.arrivals.is_empty()
        });
        let key = self.arrivals.wait();
        let task = self.pending.remove(&key);
        Some((key, task.expect("each registered task is announced once")))
    }

    pub(super) fn cancel_queued(&self) {
        for task in self.pending.values().rev() {
            task.cancel();
        }
    }
}

impl<T> Iterator for AsCompleted<T> {
    type Item = Task<T>;

    fn next(&mut self) -> Option<Task<T>> {
        self.next_with_index().map(|(_, task)| task)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.pending.len(), Some(self.pending.len()))
    }
}

impl<T> ExactSizeIterator for AsCompleted<T> {}
impl<T> FusedIterator for AsCompleted<T> {}

impl<T> fmt::Debug for AsCompleted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted")
            .field("pending", &self.pending.len())
            .finish_non_exhaustive()
    }
}

/// Turns items into tasks; ends when the items do or the executor takes no more.
struct Source<'e, E, F, I> {
    executor: &'e E,
    function: Arc<F>,
    items: Option<I>,
}

impl<'e, E, F, I> Source<'e, E, F, I>
where
    I: Iterator,
    F: Function<I::Item>,
    E: Accepts<Call<F, I::Item>>,
{
    fn new(executor: &'e E, function: F, items: I) -> Self {
        Self {
            executor,
            function: Arc::new(function),
            items: Some(items),
        }
    }

    fn limit(&self) -> usize {
        self.executor
            .parallelism()
            .saturating_mul(IN_FLIGHT_PER_WORKER)
    }

    fn next_task(&mut self) -> Option<Task<F::Output>> {
        let Some(argument) = self.items.as_mut()?.next() else {
            self.items = None;
            return None;
        };
        let function = Arc::clone(&self.function);
        match self.executor.accept(Call { function, argument }) {
            Ok(task) => Some(task),
            Err(rejected) => {
                // One error, then the end: an endless input must not give endless errors.
                self.items = None;
                Some(Task::failed(rejected.into_parts().1))
            }
        }
    }
}

/// The iterator of [`Executor::imap`](super::Executor::imap): results in the order of the items.
///
/// Dropping it cancels what it has queued and not yet given.
///
/// ```
/// use racecourse::pool::ThreadPool;
///
/// let pool = ThreadPool::new(2);
/// let mut squares = pool.imap(|n: u64| n * n, 1..);
/// assert_eq!(squares.next(), Some(1));
/// assert_eq!(squares.next(), Some(4)); // the rest is cancelled
/// ```
#[must_use = "the results are had by iterating"]
pub struct Imap<'e, E, F, I>
where
    I: Iterator,
    F: Function<I::Item>,
{
    source: Source<'e, E, F, I>,
    in_flight: VecDeque<Task<F::Output>>,
}

impl<'e, E, F, I> Imap<'e, E, F, I>
where
    I: Iterator,
    F: Function<I::Item>,
    E: Accepts<Call<F, I::Item>>,
{
    pub(super) fn new(executor: &'e E, function: F, items: I) -> Self {
        let mut this = Self {
            source: Source::new(executor, function, items),
            in_flight: VecDeque::new(),
        };
        this.refill();
        this
    }

    fn refill(&mut self) {
        while self.in_flight.len() < self.source.limit() {
            match self.source.next_task() {
                Some(task) => self.in_flight.push_back(task),
                None => break,
            }
        }
    }

    /// As `next`, with a failed item returned instead of raised; the items after it are not affected.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let mut odd = pool.imap(|n: u8| { assert_eq!(n % 2, 1, "{n} is even"); n }, 1..=3);
    /// assert_eq!(odd.try_next().unwrap().unwrap(), 1);
    /// assert!(odd.try_next().unwrap().is_err());
    /// assert_eq!(odd.try_next().unwrap().unwrap(), 3);
    /// assert!(odd.try_next().is_none());
    /// ```
    pub fn try_next(&mut self) -> Option<Result<F::Output, TaskError>> {
        let task = self.in_flight.pop_front()?;
        let result = task.join();
        self.refill();
        Some(result)
    }
}

impl<E, F, I> Iterator for Imap<'_, E, F, I>
where
    I: Iterator,
    F: Function<I::Item>,
    E: Accepts<Call<F, I::Item>>,
{
    type Item = F::Output;

    /// # Panics
    /// With the panic of the item's job, or with the text of [`TaskError::Shutdown`]. The iterator can be
    /// used further.
    #[track_caller]
    fn next(&mut self) -> Option<F::Output> {
        match self.try_next()? {
            Ok(value) => Some(value),
            Err(error) => error.raise(),
        }
    }
}

impl<E, F, I> Drop for Imap<'_, E, F, I>
where
    I: Iterator,
    F: Function<I::Item>,
{
    fn drop(&mut self) {
        for task in self.in_flight.iter().rev() {
            task.cancel();
        }
    }
}

impl<E, F, I> fmt::Debug for Imap<'_, E, F, I>
where
    I: Iterator,
    F: Function<I::Item>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imap")
            .field("in_flight", &self.in_flight.len())
            .finish_non_exhaustive()
    }
}

/// The iterator of [`Executor::imap_unordered`](super::Executor::imap_unordered): results as they come.
///
/// Dropping it cancels what it has queued and not yet given.
///
/// ```
/// use racecourse::pool::ThreadPool;
///
/// let pool = ThreadPool::new(2);
/// let mut squares: Vec<u64> = pool.imap_unordered(|n| n * n, 1..=3).collect();
/// squares.sort();
/// assert_eq!(squares, [1, 4, 9]);
/// ```
#[must_use = "the results are had by iterating"]
pub struct ImapUnordered<'e, E, F, I>
where
    I: Iterator,
    F: Function<I::Item>,
{
    source: Source<'e, E, F, I>,
    in_flight: AsCompleted<F::Output>,
}

impl<'e, E, F, I> ImapUnordered<'e, E, F, I>
where
    I: Iterator,
    F: Function<I::Item>,
    E: Accepts<Call<F, I::Item>>,
{
    pub(super) fn new(executor: &'e E, function: F, items: I) -> Self {
        let mut this = Self {
            source: Source::new(executor, function, items),
            in_flight: AsCompleted::new([]),
        };
        this.refill();
        this
    }

    fn refill(&mut self) {
        while self.in_flight.len() < self.source.limit() {
            match self.source.next_task() {
                Some(task) => self.in_flight.push(task),
                None => break,
            }
        }
    }

    /// As `next`, with a failed item returned instead of raised; the other items are not affected.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let mut halves = pool.imap_unordered(|n: u8| { assert_eq!(n % 2, 0); n / 2 }, [4, 5]);
    /// let mut failed = 0;
    /// while let Some(half) = halves.try_next() {
    ///     failed += usize::from(half.is_err());
    /// }
    /// assert_eq!(failed, 1);
    /// ```
    pub fn try_next(&mut self) -> Option<Result<F::Output, TaskError>> {
        let task = self.in_flight.next()?;
        let result = task.join();
        self.refill();
        Some(result)
    }
}

impl<E, F, I> Iterator for ImapUnordered<'_, E, F, I>
where
    I: Iterator,
    F: Function<I::Item>,
    E: Accepts<Call<F, I::Item>>,
{
    type Item = F::Output;

    /// # Panics
    /// With the panic of the item's job, or with the text of [`TaskError::Shutdown`]. The iterator can be
    /// used further.
    #[track_caller]
    fn next(&mut self) -> Option<F::Output> {
        match self.try_next()? {
            Ok(value) => Some(value),
            Err(error) => error.raise(),
        }
    }
}

impl<E, F, I> Drop for ImapUnordered<'_, E, F, I>
where
    I: Iterator,
    F: Function<I::Item>,
{
    fn drop(&mut self) {
        self.in_flight.cancel_queued();
    }
}

impl<E, F, I> fmt::Debug for ImapUnordered<'_, E, F, I>
where
    I: Iterator,
    F: Function<I::Item>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImapUnordered")
            .field("in_flight", &self.in_flight)
            .finish_non_exhaustive()
    }
}
