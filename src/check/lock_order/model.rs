//! The order of locks in the executions of a check.
//!
//! Each execution has objects of its own, and is judged by itself; most ask for the same as one before, and are known
//! by that.

use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::graph::Graph;
use super::{Held, Label, LockOrder, describe};
use crate::check::execution::Execution;
use crate::check::explain;
use crate::check::report::Report;

impl Report {
    /// Which locks the complete executions took in orders that could block threads, though none of them did: where the
    /// verdict is *verified*, something in the scenario keeps those threads apart.
    #[must_use]
    pub fn lock_order(&self) -> &LockOrder {
        &self.lock_order
    }
}

/// What a search has seen.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    seen: RefCell<HashSet<u64>>,
    found: RefCell<LockOrder>,
}

impl Orders {
    /// Judges a complete execution.
    pub(crate) fn look(&self, x: &Execution) {
        let state = x.state();
        if state.requests.is_empty() {
            return;
        }
        let mut hasher = DefaultHasher::new();
        state.requests.hash(&mut hasher);
        if !self.seen.borrow_mut().insert(hasher.finish()) {
            return;
        }
        let mut graph = Graph::default();
        let thread = |id: u64| explain::thread_name(&state, usize::try_from(id).unwrap_or(0));
        let label = |held: &Held| {
            let object = &state.objects[usize::try_from(held.lock).unwrap_or(0)];
            Label {
                name: Some(explain::object_name(object)),
                kind: object.label,
                made: object.created,
            }
        };
        let mut found = self.found.borrow_mut();
        for request in &state.requests {
            for circle in graph.add(request) {
                found.add(describe(&circle, &thread, &label));
            }
        }
        found.truncated |= graph.truncated;
    }

    /// Adds what another search has found.
    pub(crate) fn absorb(&self, other: LockOrder) {
        self.found.borrow_mut().absorb(other);
    }

    /// What was found.
    pub(crate) fn take(&self) -> LockOrder {
        self.found.take()
    }
}
