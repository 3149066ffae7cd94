//! A part of a search that another worker goes on with.

use std::cell::RefCell;
use std::rc::Rc;

use super::graph::Graph;
use super::revisit::{Search, Todo};
use super::waiters::Waiters;

/// Something that was left to be explored, with the graph to which it applies.
pub(super) struct Parcel {
    graph: Graph<Waiters>,
    todo: Todo,
}

impl Search {
    /// Gives away the oldest of what is left for later, if it is not all that is left: nearest to the root of the search,
    /// it stands for the most.
    ///
    /// What is left for later can be taken up in any order: it applies to the graph as it was when it was left, of which
    /// what was added later leaves everything as it is, but for the event that is to be otherwise.
    pub(super) fn give(&mut self) -> Option<Parcel> {
        let left: usize =
            self.todo.len() + self.saved.iter().map(|(_, todo)| todo.len()).sum::<usize>();
        if left < 2 {
            return None;
        }
        let saved = self.saved.iter_mut().find(|(_, todo)| !todo.is_empty());
        let (graph, todo) = match saved {
            Some((graph, todo)) => (&*graph, todo),
            None => (&self.graph, &mut self.todo),
        };
        let todo = todo.remove(0);
        let mut copy = Graph::default();
        copy.copy(graph, &graph.kept_at(todo.stamp));
        Some(Parcel {
            graph: copy.map_waiters(|waiters| waiters.borrow().clone()),
            todo,
        })
    }

    /// Goes on with what another worker gave, having nothing left.
    pub(super) fn adopt(&mut self, parcel: Parcel) {
        debug_assert!(
            self.todo.is_empty() && self.saved.is_empty(),
            "there is nothing left"
        );
        self.graph = parcel
            .graph
            .map_waiters(|waiters| Rc::new(RefCell::new(waiters)));
        self.todo.push(parcel.todo);
    }

    /// Has nothing to begin with.
    pub(super) fn rest(&mut self) {
        self.weight = 0.0;
    }

    /// Another worker has done so much of the search.
    pub(super) fn add_done(&mut self, done: f64) {
        self.done += done;
    }
}
