//! A place in the schedule at which threads meet and nothing is synchronised.

use loom::sync::Condvar;

/// loom takes any two passes as depending on each other, and tries both orders. Its condvar without
/// waiters does just that: a fence sees the reads of loom's atomics, and its mutex synchronises.
#[derive(Debug)]
pub(super) struct Gate(Condvar);

impl Gate {
    pub(super) fn new() -> Self {
        Self(Condvar::new())
    }

    pub(super) fn pass(&self) {
        self.0.notify_one();
    }
}
