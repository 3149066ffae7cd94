//! Vector clocks: what happens before what, under the C11 rules for synchronisation.

use core::sync::atomic::Ordering;

/// For each thread the number of its steps that are known to have happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Vec<u32>);

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

/// What one thread knows, and what its fences have set aside.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub(crate) now: Clock,
    /// What relaxed loads have seen; an acquire fence takes it.
    seen: Clock,
    /// What the latest release fence has published; relaxed stores carry it.
    fenced: Clock,
}

impl View {
    pub(crate) fn child(&self) -> Self {
        Self {
            now: self.now.clone(),
            ..Self::default()
        }
    }

    /// A load that found a message.
    pub(crate) fn read(&mut self, message: &Clock, order: Ordering) {
        if acquires(order) {
            self.now.join(message);
        } else {
            self.seen.join(message);
        }
    }

    /// What a store with this ordering carries.
    pub(crate) fn message(&self, order: Ordering) -> Clock {
        if releases(order) {
            self.now.clone()
        } else {
            self.fenced.clone()
        }
    }

    pub(crate) fn fence(&mut self, order: Ordering) {
        if acquires(order) {
            self.now.join(&self.seen);
        }
        if releases(order) {
            self.fenced = self.now.clone();
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
