//! Every result that a scenario can have.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::checker::Checker;
use super::explain;
use super::report::Report;
use super::timeline::Timeline;

/// Every result that was reached, each with an execution that reaches it.
#[derive(Clone, Debug)]
pub struct Outcomes<T> {
    report: Report,
    reached: BTreeMap<T, Timeline>,
}

impl<T: Ord> Outcomes<T> {
    /// What the check concluded. Only if it is [`Verified`](super::Verdict::Verified) are these all results.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The results, the least first.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &T> {
        self.reached.keys()
    }

    /// The results, the least first, each with an execution that ends with it.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&T, &Timeline)> {
        self.reached.iter()
    }

    /// Whether the result was reached.
    #[must_use]
    pub fn contains(&self, value: &T) -> bool {
        self.reached.contains_key(value)
    }

    /// An execution that ends with this result, if one does.
    #[must_use]
    pub fn witness(&self, value: &T) -> Option<&Timeline> {
        self.reached.get(value)
    }

    /// The results alone.
    #[must_use]
    pub fn into_values(self) -> Vec<T> {
        self.reached.into_keys().collect()
    }
}

impl Checker {
    /// Runs `scenario` as [`run`](Self::run) does, and collects every result that it returns.
    ///
    /// ```
    /// use racecourse::check::{Checker, Verdict};
    /// use racecourse::sync::atomic::{AtomicU32, Ordering::Relaxed};
    /// use racecourse::thread;
    ///
    /// // Each thread writes one and reads the other: which zeros can they see?
    /// let outcomes = Checker::new().outcomes(|| {
    ///     let (x, y) = (AtomicU32::new(0), AtomicU32::new(0));
    ///     thread::scope(|scope| {
    ///         let a = scope.spawn(|| { x.store(1, Relaxed); y.load(Relaxed) });
    ///         let b = scope.spawn(|| { y.store(1, Relaxed); x.load(Relaxed) });
    ///         (a.join().unwrap(), b.join().unwrap())
    ///     })
    /// });
    /// assert_eq!(*outcomes.report().verdict(), Verdict::Verified);
    /// assert_eq!(outcomes.into_values(), [(0, 0), (0, 1), (1, 0), (1, 1)]);
    /// ```
    pub fn outcomes<T: Ord + Send + 'static>(
        &self,
        scenario: impl Fn() -> T + Send + Sync + 'static,
    ) -> Outcomes<T> {
        let result = Arc::new(Mutex::new(None));
        let reached = Arc::new(Mutex::new(BTreeMap::new()));
        let (into, from) = (Arc::clone(&result), Arc::clone(&result));
        let all = Arc::clone(&reached);
        let report = self.run_and(
            move || {
                let value = scenario();
                *into.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            },
            Some(Arc::new(move |x| {
                let value = from.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(value) = value {
                    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                    all.entry(value).or_insert_with(|| explain::witness(x));
                }
            })),
        );
        let reached = core::mem::take(&mut *reached.lock().unwrap_or_else(PoisonError::into_inner));
        Outcomes { report, reached }
    }
}
