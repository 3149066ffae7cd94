//! Vector clocks: what happens before what, under the C11 rules for synchronisation.

use core::sync::atomic::Ordering;

/// For each thread the number of its steps that are known to have happened.
#[cfg(feature = "loom")]
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Vec<u32>);

#[cfg(feature = "loom")]
impl Clock {
    pub(crate) fn get(&self, thread: usize) -> u32 {
        self.0.get(thread).copied().unwrap_or(0)
    }

    pub(crate) fn tick(&mut self, thread: usize) {
        if self.0.len() <= thread {
            self.0.resize(thread + 1, 0);
        }
        self.0[thread] += 1;
    }

    pub(crate) fn join(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = (*mine).max(*theirs);
        }
    }
}

pub(crate) fn acquires(order: Ordering) -> bool {
    matches!(
        order,
        Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst
    )
}

pub(crate) fn releases(order: Ordering) -> bool {
    matches!(
        order,
        Ordering::Release | Ordering::AcqRel | Ordering::SeqCst
    )
}

/// Whether `one` orders all that `other` orders.
pub(crate) fn is_at_least(one: Ordering, other: Ordering) -> bool {
    (acquires(one) || !acquires(other))
        && (releases(one) || !releases(other))
        && (one == Ordering::SeqCst || other != Ordering::SeqCst)
}
