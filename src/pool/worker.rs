//! What a thread knows about being a worker: of which pool, and inside which task.

use std::cell::RefCell;
use std::sync::Arc;

use super::run_queue::Lineage;
use super::shared::{Shared, Submitter};
use super::task::{Key, TaskId};

#[derive(Clone)]
struct Current {
    shared: Arc<Shared>,
    /// Of the innermost task that runs on this thread.
    lineage: Lineage,
}

crate::thread_local! {
    // Borrowed only to copy in or out: no operation on a lock, and no foreign code, runs under the borrow.
    static CURRENT: RefCell<Option<Current>> = RefCell::new(None);
}

fn current() -> Option<Current> {
    // `try_with`: a destructor of another thread-local may drop or join a task after this one is gone.
    CURRENT
        .try_with(|current| current.borrow().clone())
        .ok()
        .flatten()
}

/// The body of a worker thread.
pub(super) fn run(shared: Arc<Shared>) {
    CURRENT.with(|current| {
        *current.borrow_mut() = Some(Current {
            shared: Arc::clone(&shared),
            lineage: Lineage::default(),
        });
    });
    shared.work();
    let last = CURRENT.with(|current| current.borrow_mut().take());
    drop(last);
}

/// Runs `job`, which does not unwind, as the task `lineage`.
pub(super) fn with_lineage(lineage: Lineage, job: impl FnOnce()) {
    let outer = replace_lineage(lineage);
    job();
    replace_lineage(outer);
}

fn replace_lineage(lineage: Lineage) -> Lineage {
    CURRENT.with(|current| match current.borrow_mut().as_mut() {
        Some(current) => std::mem::replace(&mut current.lineage, lineage),
        None => Lineage::default(),
    })
}

pub(super) fn is_worker_of(shared: &Arc<Shared>) -> bool {
    current().is_some_and(|current| Arc::ptr_eq(&current.shared, shared))
}

/// Who submits to `shared` on this thread.
pub(super) fn submitter(shared: &Arc<Shared>) -> Submitter {
    match current() {
        Some(current) if Arc::ptr_eq(&current.shared, shared) => Submitter {
            lineage: current.lineage,
            inside: true,
        },
        _ => Submitter {
            lineage: Lineage::default(),
            inside: false,
        },
    }
}

impl Current {
    fn owns(&self, key: Key) -> bool {
        key.host == Some(Arc::as_ptr(&self.shared).cast())
    }
}

/// Called before waiting for one task. On a worker, runs queued jobs until the task has `ended`, or, if it
/// belongs to another executor, until there is none to help with. Elsewhere does nothing.
pub(super) fn help_with_task(key: Key, ended: &dyn Fn() -> bool) {
    let Some(current) = current() else { return };
    let waiter = current.lineage.id();
    if current.owns(key) {
        current.shared.help(
            &mut |queue| {
                queue
                    .remove(key.id)
                    .or_else(|| queue.remove_descendant(key.id))
                    .or_else(|| queue.remove_descendant(waiter))
            },
            ended,
            true,
        );
    } else {
        current
            .shared
            .help(&mut |queue| queue.remove_descendant(waiter), ended, false);
    }
}

/// As `help_with_task`, before waiting for the first of several tasks.
pub(super) fn help_with_any<'k, I>(keys: &mut dyn FnMut() -> I, ended: &dyn Fn() -> bool)
where
    I: Iterator<Item = Key> + 'k,
{
    let Some(current) = current() else { return };
    let waiter = current.lineage.id();
    let all_own = keys().all(|key| current.owns(key));
    current.shared.help(
        &mut |queue| {
            keys()
                .filter(|key| current.owns(*key))
                .find_map(|key| queue.remove(key.id))
                .or_else(|| queue.remove_descendant(waiter))
        },
        ended,
        all_own,
    );
}

/// As `help_with_task`, before waiting for all the tasks that have `group` among their ancestors.
pub(super) fn help_with_group(shared: &Arc<Shared>, group: TaskId, ended: &dyn Fn() -> bool) {
    let Some(current) = current() else { return };
    let waiter = current.lineage.id();
    if Arc::ptr_eq(&current.shared, shared) {
        current.shared.help(
            &mut |queue| {
                queue
                    .remove_descendant(group)
                    .or_else(|| queue.remove_descendant(waiter))
            },
            ended,
            true,
        );
    } else {
        current
            .shared
            .help(&mut |queue| queue.remove_descendant(waiter), ended, false);
    }
}

/// On a worker of the task's pool, runs the task here and now if it has not started.
pub(super) fn run_if_queued(key: Key) {
    if let Some(current) = current()
        && current.owns(key)
    {
        current.shared.run_if_queued(key.id);
    }
}
