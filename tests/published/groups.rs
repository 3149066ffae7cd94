//! Threads over shared state, in few words.

use std::sync::Arc;

use racecourse::sync::atomic::{AtomicU32, Ordering};
use racecourse::thread::{self, JoinHandle};

/// Zeros.
pub(crate) fn atomics<const N: usize>() -> [AtomicU32; N] {
    std::array::from_fn(|_| AtomicU32::new(0))
}

/// Threads that share `S`.
pub(crate) struct Group<S> {
    shared: Arc<S>,
    threads: Vec<JoinHandle<Option<()>>>,
}

/// A group without threads as yet.
pub(crate) fn over<S: Send + Sync + 'static>(shared: S) -> Group<S> {
    Group {
        shared: Arc::new(shared),
        threads: Vec::new(),
    }
}

impl<S: Send + Sync + 'static> Group<S> {
    /// One thread more.
    pub(crate) fn one<R: Outcome>(
        mut self,
        body: impl FnOnce(&S) -> R + Send + 'static,
    ) -> Group<S> {
        let shared = Arc::clone(&self.shared);
        self.threads
            .push(thread::spawn(move || body(&shared).held()));
        self
    }

    /// `n` threads more, numbered from 0.
    pub(crate) fn each<R: Outcome>(
        mut self,
        n: usize,
        body: impl Fn(&S, usize) -> R + Copy + Send + 'static,
    ) -> Group<S> {
        for i in 0..n {
            self = self.one(move |shared| body(shared, i));
        }
        self
    }

    /// Waits for all.
    pub(crate) fn join(self) -> Option<()> {
        self.end().map(drop)
    }

    /// Waits for all, and gives back what they shared.
    pub(crate) fn end(self) -> Option<Arc<S>> {
        let held: Vec<_> = self
            .threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        held.into_iter().collect::<Option<()>>()?;
        Some(self.shared)
    }
}

/// What a thread ends with: `None` if something that it took for granted did not hold.
pub(crate) trait Outcome {
    fn held(self) -> Option<()>;
}

impl Outcome for Option<()> {
    fn held(self) -> Option<()> {
        self
    }
}

macro_rules! whatever {
    ($($type:ty),*) => {$(
        impl Outcome for $type {
            fn held(self) -> Option<()> {
                Some(())
            }
        }
    )*};
}
whatever!((), bool, u32, Result<u32, u32>);

/// Takes for granted that `condition` holds: `assume(..)?`.
pub(crate) fn assume(condition: bool) -> Option<()> {
    condition.then_some(())
}

/// A compare-exchange whose failure is a relaxed read, unless the ordering can be had there too.
pub(crate) fn exchange(
    atomic: &AtomicU32,
    old: u32,
    new: u32,
    order: Ordering,
) -> Result<u32, u32> {
    let failure = match order {
        Ordering::Release => Ordering::Relaxed,
        Ordering::AcqRel => Ordering::Acquire,
        other => other,
    };
    atomic.compare_exchange(old, new, order, failure)
}

/// Waits until the value of `atomic` is as wanted.
pub(crate) fn wait_until(atomic: &AtomicU32, order: Ordering, wanted: impl Fn(u32) -> bool) -> u32 {
    loop {
        let value = atomic.load(order);
        if wanted(value) {
            return value;
        }
        racecourse::hint::spin_loop();
    }
}
