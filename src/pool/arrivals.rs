//! Where the ends of several tasks are announced, for who waits for the first of them.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::parking_lot::{Condvar, Mutex};

/// Ended tasks, by the number under which each was registered, in the order in which they ended.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    keys: Mutex<VecDeque<usize>>,
    changed: Condvar,
}

impl Arrivals {
    pub(super) fn is_empty(&self) -> bool {
        self.keys.lock().is_empty()
    }

    /// Waits for the next one.
    pub(super) fn wait(&self) -> usize {
        let mut keys = self.keys.lock();
        loop {
            if let Some(key) = keys.pop_front() {
                return key;
            }
            self.changed.wait(&mut keys);
        }
    }
}

/// To whom, and as what, the end of a task is announced.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) arrivals: Arc<Arrivals>,
    pub(super) key: usize,
}

impl Notice {
    pub(super) fn announce(self) {
        self.arrivals.keys.lock().push_back(self.key);
        self.arrivals.changed.notify_one();
    }
}
