//! What the steps imply: who holds which lock, where a thread was preempted, what a blocked one
//! waits for.

use std::collections::HashMap;

use super::{Operation, Step, Timeline};

/// What a blocked step waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// These threads hold the lock.
    Holders(Vec<usize>),
    /// A lock that its own thread holds.
    Itself,
    /// The thread with this name.
    Thread(String),
    Notification,
    Unpark,
    /// Nothing is known but the object.
    Object,
}

/// One entry for each step of the timeline.
#[derive(Debug)]
pub(super) struct History {
    /// The step begins by preempting the thread of the step before: that thread could have gone on.
    pub(super) preempts: Vec<bool>,
    /// For a blocked step, what it waits for.
    pub(super) awaited: Vec<Option<Awaited>>,
    /// For a stale load, the value that was the latest, if a step shows it.
    pub(super) latest: Vec<Option<String>>,
    /// The threads that wait after the step, except in a join that is only scaffolding.
    pub(super) waiting: Vec<Vec<usize>>,
}

impl History {
    pub(super) fn of(timeline: &Timeline) -> Self {
        let steps = &timeline.steps;
        let next = next_of_thread(steps);
        let mut history = Self {
            preempts: vec![false; steps.len()],
            awaited: vec![None; steps.len()],
            latest: vec![None; steps.len()],
            waiting: Vec::with_capacity(steps.len()),
        };
        let mut locks = Locks::default();
        let mut written: HashMap<&str, String> = HashMap::new();
        let mut finished: Vec<usize> = Vec::new();
        let mut waiting: Vec<usize> = Vec::new();
        let mut previous: Option<usize> = None;

        for (i, step) in steps.iter().enumerate() {
            if let Some(p) = previous
                && steps[p].thread != step.thread
            {
                let going = next[p].map(|n| &steps[n]);
                history.preempts[i] =
                    can_leave(&steps[p]) && can_go_on(going, timeline, &locks, &finished);
            }
            waiting.retain(|&thread| thread != step.thread);
            locks.acquire_awaited(step);
            if step.blocked {
                history.awaited[i] = Some(awaited(step, &locks));
                if !step.folds() {
                    waiting.push(step.thread);
                }
            }
            if step.stale
                && let Some(object) = step.object.as_deref()
            {
                history.latest[i] = written.get(object).cloned();
            }
            if let (Some(object), Some(value)) = (step.object.as_deref(), value_written(step)) {
                written.insert(object, value);
            }
            locks.record(step);
            if step.operation == Operation::Finish {
                finished.push(step.thread);
            }
            history.waiting.push(waiting.clone());
            previous = Some(i);
        }
        history
    }
}

/// For each step, the next one of the same thread.
fn next_of_thread(steps: &[Step]) -> Vec<Option<usize>> {
    let mut next = vec![None; steps.len()];
    let mut last: HashMap<usize, usize> = HashMap::new();
    for (i, step) in steps.iter().enumerate().rev() {
        next[i] = last.insert(step.thread, i);
    }
    next
}

/// After `step`, was it the schedule that left the thread, rather than the thread that gave way?
fn can_leave(step: &Step) -> bool {
    use Operation::*;
    !step.blocked
        && !matches!(
            step.operation,
            Finish | Wait | Park | Yield | SpinHint | Sleep | Observe
        )
}

/// Could a thread whose next step is `next` have taken it at once?
fn can_go_on(next: Option<&Step>, timeline: &Timeline, locks: &Locks, finished: &[usize]) -> bool {
    use Operation::*;
    let Some(next) = next else {
        // The execution ended before this thread did.
        return true;
    };
    match next.operation {
        // Nothing was left to do.
        Finish => false,
        Join => finished
            .iter()
            .any(|&t| next.target() == timeline.threads.get(t).map(String::as_str)),
        Lock | ReadLock | WriteLock => next
            .object
            .as_deref()
            .is_none_or(|object| locks.others(object, next).is_empty()),
        _ => true,
    }
}

fn awaited(step: &Step, locks: &Locks) -> Awaited {
    use Operation::*;
    match (step.operation, step.target()) {
        (Join, Some(thread)) => Awaited::Thread(thread.to_owned()),
        (Wait, _) => Awaited::Notification,
        (Park, _) => Awaited::Unpark,
        (Lock | ReadLock | WriteLock, _) => {
            let Some(object) = step.object.as_deref() else {
                return Awaited::Object;
            };
            let others = locks.others(object, step);
            if !others.is_empty() {
                Awaited::Holders(others)
            } else if locks.holds(object, step.thread) {
                Awaited::Itself
            } else if let Some(holders) = step.detail.strip_prefix("held by ") {
                // Taken before the first step that is shown.
                Awaited::Thread(holders.to_owned())
            } else {
                Awaited::Object
            }
        }
        _ => Awaited::Object,
    }
}

/// The value that `step` left in its object, from its detail: `3`, or `2 -> 3`.
pub(super) fn value_written(step: &Step) -> Option<String> {
    use Operation::*;
    match step.operation {
        Store | Write => (!step.detail.is_empty()).then(|| step.detail.clone()),
        Swap | FetchAdd | FetchSub | FetchAnd | FetchNand | FetchOr | FetchXor | FetchMax
        | FetchMin | CompareExchange => step
            .detail
            .rsplit_once("-> ")
            .map(|(_, value)| value.to_owned()),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Shared,
    Exclusive,
}

/// Who holds what, and what a blocked thread has asked for.
#[derive(Debug, Default)]
pub(super) struct Locks {
    /// Each lock that is held, by which thread, and how.
    pub(super) held: Vec<(String, usize, Mode)>,
    asked: HashMap<usize, (Operation, String, Mode)>,
    /// The mutex that a waiting thread gave back, to be taken again when it wakes.
    lent: HashMap<usize, (String, Mode)>,
}

impl Locks {
    /// The holders of `object` that stand in the way of `step`.
    fn others(&self, object: &str, step: &Step) -> Vec<usize> {
        let shared = step.operation == Operation::ReadLock;
        let mut threads: Vec<usize> = self
            .held
            .iter()
            .filter(|(name, thread, mode)| {
                name == object && *thread != step.thread && !(shared && *mode == Mode::Shared)
            })
            .map(|&(_, thread, _)| thread)
            .collect();
        threads.dedup();
        threads
    }

    fn holds(&self, object: &str, thread: usize) -> bool {
        self.held
            .iter()
            .any(|(name, holder, _)| name == object && *holder == thread)
    }

    /// A thread that had asked for a lock and now takes its next step has got it, unless this
    /// step is the taking itself, recorded on its own.
    pub(super) fn acquire_awaited(&mut self, step: &Step) {
        if let Some((operation, object, mode)) = self.asked.remove(&step.thread)
            && !(operation == step.operation && step.object.as_deref() == Some(&object))
        {
            self.held.push((object, step.thread, mode));
        }
    }

    pub(super) fn record(&mut self, step: &Step) {
        use Operation::*;
        let mode = match step.operation {
            ReadLock | TryReadLock => Mode::Shared,
            _ => Mode::Exclusive,
        };
        match (step.operation, step.object.clone()) {
            (Lock | ReadLock | WriteLock, Some(object)) if step.blocked => {
                self.asked
                    .insert(step.thread, (step.operation, object, mode));
            }
            (Lock | TryLock | ReadLock | TryReadLock | WriteLock | TryWriteLock, Some(object)) => {
                self.held.push((object, step.thread, mode));
            }
            (Unlock | ReadUnlock | WriteUnlock, Some(object)) => {
                self.release(step.thread, |name| name == object);
            }
            (Wait, _) => {
                // The mutex that the wait names, else the one taken last: it is the condvar's.
                let named = self.release(step.thread, |name| step.detail.contains(name));
                if let Some(lent) = named.or_else(|| self.release(step.thread, |_| true)) {
                    self.lent.insert(step.thread, lent);
                }
            }
            (Wake | WakeSpurious | WakeTimeout, _) => {
                if let Some((object, mode)) = self.lent.remove(&step.thread) {
                    self.asked.insert(step.thread, (Lock, object, mode));
                }
            }
            _ => {}
        }
    }

    fn release(&mut self, thread: usize, wanted: impl Fn(&str) -> bool) -> Option<(String, Mode)> {
        let at = self
            .held
            .iter()
            .rposition(|(name, holder, _)| *holder == thread && wanted(name))?;
        let (object, _, mode) = self.held.remove(at);
        Some((object, mode))
    }
}
