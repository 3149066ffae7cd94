//! The jobs that wait for a worker, oldest first, with an index of who submitted them.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::batches::Job;
use super::join::Half;
use super::task::TaskId;
use super::ticket::Ticket;

/// How many ancestors of a task are remembered. Helping looks for queued tasks by ancestor; a task whose
/// common ancestor with the waiter is further away is left to other workers. A longer memory would make each
/// list longer, and a chain of references would grow without end when each task submits its successor.
const REMEMBERED: usize = 5;

/// Who submitted a task: the scope that it belongs to if any, the submitting task, and who submitted that;
/// nearest first. `None` for what comes from outside the pool, so that it costs nothing there; shared by all that one
/// task submits.
pub(super) type Ancestors = Option<Arc<[TaskId; REMEMBERED]>>;

/// The ancestors of what `id`, which has these ancestors, submits.
pub(super) fn with_parent(id: TaskId, ancestors: &Ancestors) -> Ancestors {
    // 0 marks an unused place; no task has that id.
    let mut ids = [TaskId::default(); REMEMBERED];
    ids[0] = id;
    if let Some(ancestors) = ancestors {
        ids[1..].copy_from_slice(&ancestors[..REMEMBERED - 1]);
    }
    Some(Arc::new(ids))
}

fn each(ancestors: &Ancestors) -> impl Iterator<Item = TaskId> {
    let ids = ancestors.as_deref().map_or(&[][..], |ids| &ids[..]);
    ids.iter().copied().filter(|id| *id != TaskId::default())
}

/// What waits for a worker.
pub(super) enum Work {
    Task(Ticket),
    /// Of a `join`, on the stack of the thread that called it.
    Half(Half),
}

impl Work {
    /// Does not unwind.
    pub(super) fn run(self) {
        match self {
            Self::Task(task) => task.run(),
            Self::Half(half) => half.run(),
        }
    }
}

/// A piece of work in the queue.
pub(super) struct Entry {
    pub(super) work: Work,
    pub(super) id: TaskId,
    pub(super) ancestors: Ancestors,
}

impl From<Job> for Entry {
    fn from((id, task): Job) -> Self {
        Self {
            work: Work::Task(task),
            id,
            ancestors: None,
        }
    }
}

/// All under the pool's mutex. A job is in the queue, or somebody has taken it out and runs or discards it:
/// so starting, cancelling and shutting down cannot disagree about who has a job.
#[derive(Default)]
pub(super) struct RunQueue {
    /// In the order of their ids. What is taken from the middle leaves a hole, so that nothing moves; neither the
    /// first nor the last is ever one.
    places: VecDeque<Place>,
    holes: usize,
    /// (ancestor, task) for every remembered ancestor of every queued task.
    descendants: BTreeSet<(TaskId, TaskId)>,
    last_id: u64,
}

struct Place {
    id: TaskId,
    ancestors: Ancestors,
    work: Option<Work>,
}

/// More holes than this, and than what is queued, are closed.
const MOST_HOLES: usize = 32;

impl RunQueue {
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.holes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn next_id(&mut self) -> TaskId {
        self.last_id += 1;
        TaskId(self.last_id)
    }

    /// Queues `work` under the next id.
    pub(super) fn push(&mut self, work: Work, ancestors: Ancestors) -> TaskId {
        let id = self.next_id();
        for ancestor in each(&ancestors) {
            self.descendants.insert((ancestor, id));
        }
        self.places.push_back(Place {
            id,
            ancestors,
            work: Some(work),
        });
        id
    }

    /// The oldest, if it is a task from outside of the pool.
    pub(super) fn next_plain(&mut self) -> Option<Job> {
        let oldest = self.places.front()?;
        if oldest.ancestors.is_some() || !matches!(oldest.work, Some(Work::Task(_))) {
            return None;
        }
        match self.pop_oldest()? {
            Entry {
                id,
                work: Work::Task(task),
                ..
            } => Some((id, task)),
            Entry { .. } => unreachable!("it is a task"),
        }
    }

    pub(super) fn oldest(&self) -> Option<TaskId> {
        Some(self.places.front()?.id)
    }

    pub(super) fn pop_oldest(&mut self) -> Option<Entry> {
        let place = self.places.pop_front()?;
        self.trim();
        self.entry(place.id, place.ancestors, place.work)
    }

    pub(super) fn remove(&mut self, id: TaskId) -> Option<Entry> {
        let index = self.find(id)?;
        let place = &mut self.places[index];
        let work = Some(place.work.take()?);
        let ancestors = place.ancestors.take();
        self.holes += 1;
        self.trim();
        if self.holes > MOST_HOLES && self.holes > self.len() {
            self.places.retain(|place| place.work.is_some());
            self.holes = 0;
        }
        self.entry(id, ancestors, work)
    }

    /// Takes the newest descendant of `ancestor`. Newest, because it is the smallest piece of a divided
    /// problem: the waiter is soon back at its own work, and its stack stays shallow.
    pub(super) fn remove_descendant(&mut self, ancestor: TaskId) -> Option<Entry> {
        if self.descendants.is_empty() {
            return None;
        }
        let range = (ancestor, TaskId(0))..=(ancestor, TaskId(u64::MAX));
        let &(_, id) = self.descendants.range(range).next_back()?;
        self.remove(id)
    }

    /// All tasks. The halves of joins stay: whoever joins takes them back.
    pub(super) fn take_tasks(&mut self) -> Vec<Ticket> {
        self.holes = 0;
        let mut tasks = Vec::new();
        for place in std::mem::take(&mut self.places) {
            match place.work {
                Some(Work::Task(task)) => {
                    self.forget(place.id, &place.ancestors);
                    tasks.push(task);
                }
                Some(Work::Half(_)) => self.places.push_back(place),
                None => {}
            }
        }
        tasks
    }

    /// What leaves the queue.
    fn entry(&mut self, id: TaskId, ancestors: Ancestors, work: Option<Work>) -> Option<Entry> {
        self.forget(id, &ancestors);
        let work = work?;
        if let Work::Half(half) = &work {
            half.leaves_the_queue();
        }
        Some(Entry {
            work,
            id,
            ancestors,
        })
    }

    fn find(&self, id: TaskId) -> Option<usize> {
        let (first, last) = (self.places.front()?, self.places.back()?);
        if last.id == id {
            return Some(self.places.len() - 1);
        }
        // Where it is if everything since the first is still queued.
        let guess = id.0.checked_sub(first.id.0)? as usize;
        if self.places.get(guess).is_some_and(|place| place.id == id) {
            return Some(guess);
        }
        self.places.binary_search_by_key(&id, |place| place.id).ok()
    }

    fn trim(&mut self) {
        while self.places.front().is_some_and(|p| p.work.is_none()) {
            self.places.pop_front();
            self.holes -= 1;
        }
        while self.places.back().is_some_and(|p| p.work.is_none()) {
            self.places.pop_back();
            self.holes -= 1;
        }
    }

    fn forget(&mut self, id: TaskId, ancestors: &Ancestors) {
        for ancestor in each(ancestors) {
            self.descendants.remove(&(ancestor, id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::ticket::Filled;

    /// The new task's id, and the ancestors of what it submits.
    fn push(queue: &mut RunQueue, ancestors: &Ancestors) -> (TaskId, Ancestors) {
        let id = queue.push(
            Work::Task(Filled::<(), ()>::new(()).0.erase()),
            ancestors.clone(),
        );
        (id, with_parent(id, ancestors))
    }

    fn id(entry: Option<Entry>) -> Option<u64> {
        entry.map(|entry| entry.id.0)
    }

    #[test]
    fn oldest_first() {
        let mut queue = RunQueue::default();
        for _ in 0..3 {
            push(&mut queue, &None);
        }
        assert_eq!(id(queue.pop_oldest()), Some(1));
        assert_eq!(id(queue.remove(TaskId(3))), Some(3));
        assert_eq!(id(queue.remove(TaskId(3))), None);
        assert_eq!(id(queue.pop_oldest()), Some(2));
        assert!(queue.is_empty());
    }

    #[test]
    fn descendants_newest_first_and_no_others() {
        let mut queue = RunQueue::default();
        let (root, of_root) = push(&mut queue, &None);
        let (child, of_child) = push(&mut queue, &of_root);
        push(&mut queue, &of_child);
        push(&mut queue, &None);
        assert_eq!(id(queue.remove_descendant(root)), Some(3));
        assert_eq!(id(queue.remove_descendant(child)), None);
        assert_eq!(id(queue.remove_descendant(root)), Some(2));
        assert_eq!(id(queue.remove_descendant(root)), None);
        assert_eq!(queue.len(), 2);
        assert_eq!(queue.take_tasks().len(), 2);
        assert!(queue.is_empty() && queue.descendants.is_empty());
    }

    #[test]
    fn distant_ancestors_are_forgotten_everywhere() {
        let mut queue = RunQueue::default();
        let (root, mut last) = push(&mut queue, &None);
        for _ in 0..=REMEMBERED {
            last = push(&mut queue, &last).1;
        }
        assert_eq!(
            id(queue.remove_descendant(root)),
            Some(REMEMBERED as u64 + 1)
        );
        while queue.pop_oldest().is_some() {}
        assert!(queue.descendants.is_empty());
    }

    #[test]
    fn holes_do_not_pile_up_and_everything_is_found() {
        let mut queue = RunQueue::default();
        let (first, _) = push(&mut queue, &None);
        let mut previous = push(&mut queue, &None).0;
        for _ in 0..1000 {
            let (next, _) = push(&mut queue, &None);
            assert_eq!(id(queue.remove(previous)), Some(previous.0));
            assert_eq!(id(queue.remove(previous)), None);
            previous = next;
            assert_eq!(queue.len(), 2);
            assert!(queue.places.len() <= MOST_HOLES + 4);
        }
        assert_eq!(id(queue.remove(first)), Some(1));
        assert_eq!(queue.places.len(), 1);
        assert_eq!(id(queue.pop_oldest()), Some(previous.0));
        assert!(queue.is_empty());
    }

    #[test]
    fn against_a_map() {
        // xorshift64
        let mut random = 7_u64;
        let mut below = |n: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % n
        };
        let mut queue = RunQueue::default();
        let mut model = std::collections::BTreeSet::new();
        for _ in 0..20_000 {
            match below(8) {
                0..4 if model.len() < 200 => {
                    model.insert(push(&mut queue, &None).0.0);
                }
                4 => assert_eq!(id(queue.pop_oldest()), model.pop_first()),
                5 if !model.is_empty() => {
                    let at = below(model.len() as u64) as usize;
                    let one = *model.iter().nth(at).expect("below its length");
                    model.remove(&one);
                    assert_eq!(id(queue.remove(TaskId(one))), Some(one));
                }
                _ => {
                    let any = below(queue.last_id + 1);
                    let found = model.remove(&any).then_some(any);
                    assert_eq!(id(queue.remove(TaskId(any))), found);
                }
            }
            assert_eq!(queue.len(), model.len());
            assert_eq!(queue.is_empty(), model.is_empty());
        }
    }
}
