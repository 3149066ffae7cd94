//! Settings of a thread pool.

use std::num::NonZero;

use super::join::OFFERS;
use super::shared::Tuning;
use super::{BuildError, ThreadPool};
use crate::backoff::checked;

/// Settings of a [`ThreadPool`], from [`ThreadPool::builder`].
///
/// ```
/// use racecourse::pool::ThreadPool;
///
/// let pool = ThreadPool::builder().threads(2).name_prefix("factor").build()?;
/// let name = pool.submit(|| std::thread::current().name().map(str::to_owned)).join();
/// assert!(name.unwrap().unwrap().starts_with("factor-"));
/// # Ok::<(), racecourse::pool::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes no pool before `build`"]
pub struct Builder {
    pub(super) threads: Option<usize>,
    pub(super) name_prefix: String,
    pub(super) stack_size: Option<usize>,
    /// Whether whoever joins a task from outside may run it, in place of a worker.
    has_stand_ins: bool,
    /// In tests: how many workers may search although a check runs.
    searchers: Option<usize>,
    /// In tests: for how many queued jobs a worker takes one in advance.
    share: Option<usize>,
    /// In tests: how many halves a thread offers.
    offers: Option<isize>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            threads: None,
            name_prefix: "pool".to_owned(),
            stack_size: None,
            has_stand_ins: false,
            searchers: None,
            share: None,
            offers: None,
        }
    }

    /// The number of worker threads. Default: [`std::thread::available_parallelism`], or 1 where it is
    /// unknown.
    ///
    /// ```
    /// let pool = racecourse::pool::ThreadPool::builder().threads(3).build()?;
    /// assert_eq!(pool.parallelism(), 3);
    /// # Ok::<(), racecourse::pool::BuildError>(())
    /// ```
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Worker number *i*, from 0, is named `<prefix>-<i>`. Default: `pool`.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::builder().threads(1).name_prefix("printer").build()?;
    /// let name = pool.submit(|| std::thread::current().name().map(str::to_owned));
    /// assert_eq!(name.join_unwrap().as_deref(), Some("printer-0"));
    /// # Ok::<(), racecourse::pool::BuildError>(())
    /// ```
    pub fn name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.name_prefix = prefix.into();
        self
    }

    /// The stack of each worker, in bytes. Default: that of [`std::thread`]. Tasks that wait for tasks may
    /// run them on their own stack, so deep recursion through the pool needs as much stack as without it.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::builder().threads(1).stack_size(16 << 20).build()?;
    /// pool.submit(|| std::hint::black_box([0_u8; 1 << 20])[0]).join_unwrap();
    /// # Ok::<(), racecourse::pool::BuildError>(())
    /// ```
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// For jobs that only wait for somebody else, so that it does not matter whose thread they wait on.
    #[cfg(any(feature = "process", test))]
    pub(super) fn with_stand_ins(mut self) -> Self {
        self.has_stand_ins = true;
        self
    }

    #[cfg(all(test, feature = "check"))]
    pub(super) fn with_searchers(mut self, searchers: usize) -> Self {
        self.searchers = Some(searchers);
        self
    }

    #[cfg(all(test, feature = "check"))]
    pub(super) fn with_share(mut self, share: usize) -> Self {
        self.share = Some(share);
        self
    }

    #[cfg(all(test, feature = "check"))]
    pub(super) fn with_offers(mut self, offers: isize) -> Self {
        self.offers = Some(offers);
        self
    }

    /// Starts the workers.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::builder().build()?; // one thread a processor
    /// assert!(pool.parallelism() >= 1);
    /// assert!(ThreadPool::builder().threads(0).build().is_err());
    /// # Ok::<(), racecourse::pool::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// `threads` is 0, the name prefix contains a NUL, or the system refused a thread; workers that had been
    /// started are then stopped and joined.
    pub fn build(self) -> Result<ThreadPool, BuildError> {
        ThreadPool::start(self)
    }

    pub(super) fn wanted_threads(&self) -> usize {
        // A question to the system, not an operation on a thread: it needs no model.
        self.threads
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get))
    }

    pub(super) fn tuning(&self, threads: usize) -> Tuning {
        Tuning {
            places: self.has_stand_ins.then_some(threads),
            // One finds what comes next, another what comes meanwhile; more would only take the processor from those
            // who work.
            searchers: self
                .searchers
                .unwrap_or(if checked() { 0 } else { threads.min(2) }),
            share: self.share.unwrap_or(threads),
            offers: self.offers.unwrap_or(OFFERS.min(threads.cast_signed())),
        }
    }
}
