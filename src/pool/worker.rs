//! What a thread knows about being a worker: of which pool, and inside which task.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::sync::Arc;

use super::join::Halves;
use super::run_queue::{Ancestors, Entry, with_parent};
use super::shared::{Shared, Submitter};
use super::task::{Key, TaskId};

struct Current {
    shared: Arc<Shared>,
    /// The innermost task that runs on this thread.
    task: Running,
}

/// A task, and who submitted it. The id is 0 outside of tasks.
#[derive(Default)]
struct Running {
    id: TaskId,
    ancestors: Ancestors,
    /// The ancestors of what it submits, made when it submits something.
    of_children: Ancestors,
}

crate::thread_local! {
    // Borrowed only to copy in or out: no operation on a lock, and no foreign code, runs under the borrow.
    static CURRENT: RefCell<Option<Current>> = RefCell::new(None);
    // The second halves of `join`s on this thread; null outside of a `join`, unless it is a worker. Without a destructor, so that a
    // `join` finds it quickly.
    static HALVES: Cell<*const Halves> = const { Cell::new(ptr::null()) };
}

/// Gives `look` what this thread knows of itself as a worker.
fn with_current<R>(look: impl FnOnce(&mut Current) -> R) -> Option<R> {
    // `try_with`: a destructor of another thread-local may drop or join a task after this one is gone.
    CURRENT
        .try_with(|current| current.borrow_mut().as_mut().map(look))
        .ok()
        .flatten()
}

/// The pool of which this thread is a worker, and the id of the task that it is in.
fn current() -> Option<(Arc<Shared>, TaskId)> {
    with_current(|current| (Arc::clone(&current.shared), current.task.id))
}

/// The body of a worker thread.
pub(super) fn run(shared: Arc<Shared>, index: usize) {
    CURRENT.with(|current| {
        *current.borrow_mut() = Some(Current {
            shared: Arc::clone(&shared),
            task: Running::default(),
        });
    });
    {
        let halves = Halves::new(&shared, ptr::null());
        let _entered = enter(&halves);
        shared.work(index);
    }
    let last = CURRENT.with(|current| current.borrow_mut().take());
    drop(last);
}

/// The halves of this thread, or null.
#[inline]
pub(super) fn halves() -> *const Halves {
    HALVES.try_with(Cell::get).unwrap_or(ptr::null())
}

/// Makes `halves` this thread's until the guard is dropped.
pub(super) fn enter(halves: &Halves) -> Entered<'_> {
    HALVES.set(halves);
    Entered(halves)
}

pub(super) struct Entered<'a>(&'a Halves);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        HALVES.set(self.0.outer());
    }
}

/// Before this thread waits, or runs another task.
fn offer_all_halves() {
    let mut halves = halves();
    // SAFETY: what `halves` gives is there (see `enter`), and so is what was before.
    while let Some(these) = unsafe { halves.as_ref() } {
        these.offer_all();
        halves = these.outer();
    }
}

/// Runs an entry of the queue, as the task that it is.
pub(super) fn execute(entry: Entry) {
    let Entry {
        work,
        id,
        ancestors,
    } = entry;
    let outer = replace_task(Running {
        id,
        ancestors,
        of_children: None,
    });
    work.run();
    replace_task(outer);
}

fn replace_task(task: Running) -> Running {
    with_current(|current| std::mem::replace(&mut current.task, task)).unwrap_or_default()
}

pub(super) fn is_worker_of(shared: &Shared) -> bool {
    with_current(|current| ptr::eq(Arc::as_ptr(&current.shared), shared)).unwrap_or(false)
}

/// Who submits to `shared` on this thread.
pub(super) fn submitter(shared: &Shared) -> Submitter {
    with_current(|current| {
        if !ptr::eq(Arc::as_ptr(&current.shared), shared) {
            return None;
        }
        let task = &mut current.task;
        // Outside of tasks a worker submits nothing.
        if task.of_children.is_none() && task.id != TaskId::default() {
            task.of_children = with_parent(task.id, &task.ancestors);
        }
        Some(Submitter {
            ancestors: task.of_children.clone(),
            inside: true,
        })
    })
    .flatten()
    .unwrap_or(Submitter {
        ancestors: None,
        inside: false,
    })
}

fn owns(shared: &Arc<Shared>, key: Key) -> bool {
    key.host == Some(Arc::as_ptr(shared).cast())
}

/// Called before waiting for one task. On a worker, runs queued jobs until the task has `ended`, or, if it
/// belongs to another executor, until there is none to help with. Elsewhere does nothing.
pub(super) fn help_with_task(key: Key, ended: &dyn Fn() -> bool) {
    offer_all_halves();
    let Some((shared, waiter)) = current() else {
        return;
    };
    if owns(&shared, key) {
        shared.help(
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
        shared.help(&mut |queue| queue.remove_descendant(waiter), ended, false);
    }
}

/// As `help_with_task`, before waiting for the first of several tasks.
pub(super) fn help_with_any<'k, I>(keys: &mut dyn FnMut() -> I, ended: &dyn Fn() -> bool)
where
    I: Iterator<Item = Key> + 'k,
{
    offer_all_halves();
    let Some((shared, waiter)) = current() else {
        return;
    };
    let all_own = keys().all(|key| owns(&shared, key));
    shared.help(
        &mut |queue| {
            keys()
                .filter(|key| owns(&shared, *key))
                .find_map(|key| queue.remove(key.id))
                .or_else(|| queue.remove_descendant(waiter))
        },
        ended,
        all_own,
    );
}

/// As `help_with_task`, before waiting for all the tasks that have `group` among their ancestors.
pub(super) fn help_with_group(
    shared: &Arc<Shared>,
    group: Option<TaskId>,
    ended: &dyn Fn() -> bool,
) {
    offer_all_halves();
    let Some((own, waiter)) = current() else {
        return;
    };
    let is_own = Arc::ptr_eq(&own, shared);
    own.help(
        &mut |queue| {
            group
                .filter(|_| is_own)
                .and_then(|group| queue.remove_descendant(group))
                .or_else(|| queue.remove_descendant(waiter))
        },
        ended,
        is_own,
    );
}

/// Waits until the half `id` of a `join` on `shared`, which somebody is running, has `ended`. A worker helps meanwhile.
pub(super) fn wait_for_half(shared: &Shared, id: TaskId, ended: &dyn Fn() -> bool) {
    offer_all_halves();
    if let Some((own, waiter)) = current() {
        let is_own = ptr::eq(Arc::as_ptr(&own), shared);
        own.help(
            &mut |queue| {
                is_own
                    .then(|| queue.remove_descendant(id))
                    .flatten()
                    .or_else(|| queue.remove_descendant(waiter))
            },
            ended,
            is_own,
        );
    }
    // Here a worker of the pool finds that it has ended.
    shared.help(&mut |_| None, ended, true);
}

/// On a worker of the task's pool, runs the task here and now if it has not started.
pub(super) fn run_if_queued(key: Key) {
    if let Some((shared, _)) = current()
        && owns(&shared, key)
    {
        offer_all_halves();
        shared.run_if_queued(key.id);
    }
}
