//! The jobs that wait for a worker, oldest first, with an index of who submitted them.

use std::collections::{BTreeMap, BTreeSet};

use super::task::{Runnable, TaskId};

/// How many ancestors of a task are remembered. Helping looks for queued tasks by ancestor; a task whose
/// common ancestor with the waiter is further away is left to other workers. A longer memory would make each
/// task larger, and a chain of references would grow without end when each task submits its successor.
const REMEMBERED: usize = 6;

/// A task, the scope that it belongs to if any, then its submitter's lineage: nearest first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lineage {
    /// 0 marks an unused place; no task has that id.
    ids: [TaskId; REMEMBERED],
}

impl Lineage {
    /// The lineage of something that `self` submits.
    pub(super) fn child(self, id: TaskId) -> Self {
        let mut ids = [id; REMEMBERED];
        ids[1..].copy_from_slice(&self.ids[..REMEMBERED - 1]);
        Self { ids }
    }

    /// The task itself.
    pub(super) fn id(self) -> TaskId {
        self.ids[0]
    }

    fn ancestors(&self) -> impl Iterator<Item = TaskId> {
        self.ids[1..].iter().copied().filter(|id| id.0 != 0)
    }
}

/// A job in the queue.
pub(super) struct Entry {
    pub(super) job: Box<dyn Runnable>,
    pub(super) lineage: Lineage,
}

/// All under the pool's mutex. A job is in the queue, or somebody has taken it out and runs or discards it:
/// so starting, cancelling and shutting down cannot disagree about who has a job.
#[derive(Default)]
pub(super) struct RunQueue {
    entries: BTreeMap<TaskId, Entry>,
    /// (ancestor, task) for every remembered ancestor of every queued task.
    descendants: BTreeSet<(TaskId, TaskId)>,
    last_id: u64,
}

impl RunQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn next_id(&mut self) -> TaskId {
        self.last_id += 1;
        TaskId(self.last_id)
    }

    pub(super) fn push(&mut self, entry: Entry) {
        let id = entry.lineage.id();
        for ancestor in entry.lineage.ancestors() {
            self.descendants.insert((ancestor, id));
        }
        self.entries.insert(id, entry);
    }

    pub(super) fn pop_oldest(&mut self) -> Option<Entry> {
        let (_, entry) = self.entries.pop_first()?;
        self.forget(&entry.lineage);
        Some(entry)
    }

    pub(super) fn remove(&mut self, id: TaskId) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        self.forget(&entry.lineage);
        Some(entry)
    }

    /// Takes the newest descendant of `ancestor`. Newest, because it is the smallest piece of a divided
    /// problem: the waiter is soon back at its own work, and its stack stays shallow.
    pub(super) fn remove_descendant(&mut self, ancestor: TaskId) -> Option<Entry> {
        let range = (ancestor, TaskId(0))..=(ancestor, TaskId(u64::MAX));
        let &(_, id) = self.descendants.range(range).next_back()?;
        self.remove(id)
    }

    pub(super) fn take_all(&mut self) -> Vec<Entry> {
        self.descendants.clear();
        std::mem::take(&mut self.entries).into_values().collect()
    }

    fn forget(&mut self, lineage: &Lineage) {
        for ancestor in lineage.ancestors() {
            self.descendants.remove(&(ancestor, lineage.id()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::TaskError;

    struct Nothing;
    impl Runnable for Nothing {
        fn run(self: Box<Self>) {}
        fn discard(self: Box<Self>, _: TaskError) {}
    }

    fn push(queue: &mut RunQueue, parent: Lineage) -> Lineage {
        let lineage = parent.child(queue.next_id());
        let job = Box::new(Nothing);
        queue.push(Entry { job, lineage });
        lineage
    }

    fn id(entry: Option<Entry>) -> Option<u64> {
        entry.map(|entry| entry.lineage.id().0)
    }

    #[test]
    fn oldest_first() {
        let mut queue = RunQueue::default();
        for _ in 0..3 {
            push(&mut queue, Lineage::default());
        }
        assert_eq!(id(queue.pop_oldest()), Some(1));
        assert_eq!(id(queue.remove(TaskId(3))), Some(3));
        assert_eq!(id(queue.remove(TaskId(3))), None);
        assert_eq!(id(queue.pop_oldest()), Some(2));
        assert!(queue.entries.is_empty());
    }

    #[test]
    fn descendants_newest_first_and_no_others() {
        let mut queue = RunQueue::default();
        let root = push(&mut queue, Lineage::default());
        let child = push(&mut queue, root);
        push(&mut queue, child);
        push(&mut queue, Lineage::default());
        assert_eq!(id(queue.remove_descendant(root.id())), Some(3));
        assert_eq!(id(queue.remove_descendant(child.id())), None);
        assert_eq!(id(queue.remove_descendant(root.id())), Some(2));
        assert_eq!(id(queue.remove_descendant(root.id())), None);
        assert_eq!(queue.take_all().len(), 2);
        assert!(queue.descendants.is_empty());
    }

    #[test]
    fn distant_ancestors_are_forgotten_everywhere() {
        let mut queue = RunQueue::default();
        let root = push(&mut queue, Lineage::default());
        let mut last = root;
        for _ in 0..REMEMBERED {
            last = push(&mut queue, last);
        }
        assert_eq!(
            id(queue.remove_descendant(root.id())),
            Some(REMEMBERED as u64)
        );
        while queue.pop_oldest().is_some() {}
        assert!(queue.descendants.is_empty());
    }
}
