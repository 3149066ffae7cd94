//! Generated operation sequences, on one thread, against sequential models.
//!
//! Futures are part of the queue's sequences, and with them the rule that no wake-up is lost: after each operation,
//! if a task is asleep, then for each item (or free place) another is awake that will look.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;
use racecourse::lock::{AcquireError, Permit, SpinLock};
use racecourse::queue::{BoundedQueue, GetError, GetFuture, PutError, PutFuture, Shutdown};
use racecourse::{Latch, Semaphore};

use crate::support::{Flag, panic_message};

#[derive(Clone, Debug)]
enum QueueOp {
    Put,
    TryPut,
    PutTimeout,
    Get,
    TryGet,
    GetTimeout,
    TaskDone,
    Join,
    End(Shutdown),
    StartPut,
    StartGet,
    Poll(usize),
    Drop(usize),
    Cancel(usize),
}

fn queue_op() -> impl Strategy<Value = QueueOp> {
    use QueueOp::*;
    prop_oneof![
        3 => Just(Put),
        3 => Just(TryPut),
        2 => Just(PutTimeout),
        3 => Just(Get),
        3 => Just(TryGet),
        2 => Just(GetTimeout),
        3 => Just(TaskDone),
        2 => Just(Join),
        1 => prop_oneof![4 => Just(Shutdown::Drain), 1 => Just(Shutdown::Immediate)].prop_map(End),
        3 => Just(StartPut),
        4 => Just(StartGet),
        8 => any::<usize>().prop_map(Poll),
        3 => any::<usize>().prop_map(Drop),
        2 => any::<usize>().prop_map(Cancel),
    ]
}

/// What `queue.Queue` is, in one thread.
struct QueueModel {
    capacity: usize,
    items: VecDeque<u32>,
    closed: bool,
    unfinished: u64,
}

impl QueueModel {
    fn put(&mut self, item: u32) -> Result<(), PutError<u32>> {
        if self.closed {
            Err(PutError::Closed(item))
        } else if self.items.len() == self.capacity {
            Err(PutError::Full(item))
        } else {
            self.items.push_back(item);
            self.unfinished += 1;
            Ok(())
        }
    }

    fn get(&mut self) -> Result<u32, GetError> {
        let none = if self.closed {
            GetError::Closed
        } else {
            GetError::Empty
        };
        self.items.pop_front().ok_or(none)
    }

    fn shutdown(&mut self, how: Shutdown) -> Vec<u32> {
        self.closed = true;
        if how == Shutdown::Drain {
            return vec![];
        }
        let items: Vec<_> = self.items.drain(..).collect();
        self.unfinished = self.unfinished.saturating_sub(items.len() as u64);
        items
    }
}

enum Either<'a> {
    Put(Pin<Box<PutFuture<'a, u32>>>, u32),
    Get(Pin<Box<GetFuture<'a, u32>>>),
}

/// A future that has been polled, or never was.
struct Task<'a> {
    future: Either<'a>,
    flag: Arc<Flag>,
    waker: Waker,
    waits: bool,
}

impl<'a> Task<'a> {
    fn new(future: Either<'a>) -> Self {
        let (flag, waker) = Flag::new();
        Self {
            future,
            flag,
            waker,
            waits: false,
        }
    }

    fn is_put(&self) -> bool {
        matches!(self.future, Either::Put(..))
    }
}

/// Polls the task as the queue and as the model would; true if it is ready.
fn poll_both(task: &mut Task<'_>, model: &mut QueueModel) -> Result<bool, TestCaseError> {
    task.flag.clear();
    task.waits = true;
    let mut cx = Context::from_waker(&task.waker);
    match &mut task.future {
        Either::Put(future, item) => {
            let got = future.as_mut().poll(&mut cx);
            match model.put(*item) {
                Err(PutError::Full(_)) => prop_assert_eq!(&got, &Poll::Pending),
                result => prop_assert_eq!(&got, &Poll::Ready(result)),
            }
            Ok(got.is_ready())
        }
        Either::Get(future) => {
            let got = future.as_mut().poll(&mut cx);
            match model.get() {
                Err(GetError::Empty) => prop_assert_eq!(&got, &Poll::Pending),
                result => prop_assert_eq!(&got, &Poll::Ready(result)),
            }
            Ok(got.is_ready())
        }
    }
}

/// No task sleeps while there is something for it, unless enough others are awake.
fn no_wakeup_lost(
    tasks: &[Task<'_>],
    put: bool,
    open_chances: usize,
    closed: bool,
) -> Result<(), TestCaseError> {
    let waiting = || {
        tasks
            .iter()
            .filter(|task| task.is_put() == put && task.waits)
    };
    let asleep = waiting().filter(|task| !task.flag.is_set()).count();
    let awake = waiting().filter(|task| task.flag.is_set()).count();
    if closed {
        prop_assert_eq!(asleep, 0, "a task sleeps at a queue that is shut down");
    }
    prop_assert!(
        asleep == 0 || awake >= open_chances,
        "{} asleep, {} awake, for {} (puts: {})",
        asleep,
        awake,
        open_chances,
        put
    );
    Ok(())
}

fn run_queue(capacity: usize, ops: &[QueueOp]) -> Result<(), TestCaseError> {
    let queue = BoundedQueue::new(capacity);
    let mut tasks: Vec<Task<'_>> = vec![];
    // Kept alive: a future that was ready must leave nothing behind in the queue.
    let mut finished: Vec<Task<'_>> = vec![];
    let mut model = QueueModel {
        capacity,
        items: VecDeque::new(),
        closed: false,
        unfinished: 0,
    };
    for (item, op) in (0_u32..).zip(ops) {
        let index = |n: &usize| n.checked_rem(tasks.len());
        match op {
            QueueOp::Put => match model.put(item) {
                Err(PutError::Full(_)) => {} // It would wait for ever.
                result => prop_assert_eq!(queue.put(item), result),
            },
            QueueOp::TryPut => prop_assert_eq!(queue.try_put(item), model.put(item)),
            QueueOp::PutTimeout => {
                let expected = model.put(item).map_err(|error| match error {
                    PutError::Full(item) => PutError::Timeout(item),
                    other => other,
                });
                prop_assert_eq!(queue.put_timeout(item, Duration::ZERO), expected);
            }
            QueueOp::Get => match model.get() {
                Err(GetError::Empty) => {} // It would wait for ever.
                result => prop_assert_eq!(queue.get(), result),
            },
            QueueOp::TryGet => prop_assert_eq!(queue.try_get(), model.get()),
            QueueOp::GetTimeout => {
                let expected = model.get().map_err(|error| match error {
                    GetError::Empty => GetError::Timeout,
                    other => other,
                });
                prop_assert_eq!(queue.get_timeout(Duration::ZERO), expected);
            }
            QueueOp::TaskDone => {
                let allowed = model.unfinished > 0;
                model.unfinished = model.unfinished.saturating_sub(1);
                prop_assert_eq!(queue.task_done().is_ok(), allowed);
            }
            QueueOp::Join => {
                let left = queue
                    .join_timeout(Duration::ZERO)
                    .map_err(|late| late.unfinished());
                prop_assert_eq!(left.err().unwrap_or(0), model.unfinished);
            }
            QueueOp::End(how) => prop_assert_eq!(queue.shutdown(*how), model.shutdown(*how)),
            QueueOp::StartPut => {
                tasks.push(Task::new(Either::Put(
                    Box::pin(queue.put_async(item)),
                    item,
                )));
            }
            QueueOp::StartGet => tasks.push(Task::new(Either::Get(Box::pin(queue.get_async())))),
            QueueOp::Poll(n) => {
                if let Some(n) = index(n)
                    && poll_both(&mut tasks[n], &mut model)?
                {
                    finished.push(tasks.remove(n));
                }
            }
            QueueOp::Drop(n) => {
                if let Some(n) = index(n) {
                    tasks.remove(n);
                }
            }
            QueueOp::Cancel(n) => {
                if let Some(n) = index(n)
                    && tasks[n].is_put()
                    && let Either::Put(future, item) = tasks.remove(n).future
                {
                    prop_assert_eq!(Pin::into_inner(future).cancel(), Some(item));
                }
            }
        }
        if item % 8 == 0 {
            finished.clear();
        }
        prop_assert_eq!(queue.len(), model.items.len());
        prop_assert_eq!(queue.is_empty(), model.items.is_empty());
        prop_assert_eq!(queue.is_full(), model.items.len() == capacity);
        prop_assert_eq!(queue.is_closed(), model.closed);
        no_wakeup_lost(&tasks, false, model.items.len(), model.closed)?;
        no_wakeup_lost(&tasks, true, capacity - model.items.len(), model.closed)?;
    }
    Ok(())
}

#[derive(Clone, Debug)]
enum SemaphoreOp {
    Try(usize),
    Timeout(usize),
    Acquire(usize),
    Drop(usize),
    Forget(usize),
    Add(usize),
    Close,
}

fn semaphore_op() -> impl Strategy<Value = SemaphoreOp> {
    use SemaphoreOp::*;
    prop_oneof![
        4 => (0_usize..4).prop_map(Try),
        2 => (0_usize..4).prop_map(Timeout),
        2 => (0_usize..4).prop_map(Acquire),
        5 => any::<usize>().prop_map(Drop),
        1 => any::<usize>().prop_map(Forget),
        2 => (0_usize..3).prop_map(Add),
        1 => Just(Close),
    ]
}

fn run_semaphore(permits: usize, ops: &[SemaphoreOp]) -> Result<(), TestCaseError> {
    let semaphore = Semaphore::new(permits);
    let mut held: Vec<Permit<'_>> = vec![];
    let (mut available, mut closed) = (permits, false);
    for op in ops {
        let index = |n: &usize| n.checked_rem(held.len());
        let (got, expected) = match op {
            SemaphoreOp::Try(n) => (
                semaphore.try_acquire_many(*n),
                (*n, AcquireError::NoPermits),
            ),
            SemaphoreOp::Timeout(n) => (
                semaphore.acquire_many_timeout(*n, Duration::ZERO),
                (*n, AcquireError::Timeout),
            ),
            SemaphoreOp::Acquire(n) if *n > available && !closed => continue, // It would wait for ever.
            SemaphoreOp::Acquire(n) => (semaphore.acquire_many(*n), (*n, AcquireError::Closed)),
            SemaphoreOp::Drop(n) => {
                if let Some(n) = index(n) {
                    available += held.remove(n).count();
                }
                continue;
            }
            SemaphoreOp::Forget(n) => {
                if let Some(n) = index(n) {
                    held.remove(n).forget();
                }
                continue;
            }
            SemaphoreOp::Add(n) => {
                semaphore.add_permits(*n);
                available += n;
                continue;
            }
            SemaphoreOp::Close => {
                semaphore.close();
                closed = true;
                continue;
            }
        };
        let (need, refusal) = expected;
        let expected = match (closed, need <= available) {
            (true, _) => Err(AcquireError::Closed),
            (false, true) => Ok(need),
            (false, false) => Err(refusal),
        };
        prop_assert_eq!(got.as_ref().map(Permit::count).map_err(|e| *e), expected);
        if let Ok(permit) = got {
            available -= need;
            held.push(permit);
        }
        prop_assert_eq!(semaphore.available_permits(), available);
        prop_assert_eq!(semaphore.is_closed(), closed);
    }
    let out: usize = held.iter().map(Permit::count).sum();
    drop(held);
    prop_assert_eq!(semaphore.available_permits(), available + out);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn queue_is_its_model(capacity in 1_usize..4, ops in prop::collection::vec(queue_op(), 0..60)) {
        run_queue(capacity, &ops)?;
    }

    #[test]
    fn semaphore_is_its_model(permits in 0_usize..5, ops in prop::collection::vec(semaphore_op(), 0..40)) {
        run_semaphore(permits, &ops)?;
    }

    #[test]
    fn latch_is_a_number(count in 0_usize..5, arrivals in 0_usize..8) {
        let latch = Latch::new(count);
        for arrival in 0..arrivals {
            if arrival < count {
                latch.count_down();
            } else {
                prop_assert!(panic_message(|| latch.count_down()).contains("more often than its count"));
            }
            prop_assert_eq!(latch.remaining(), count.saturating_sub(arrival + 1));
            prop_assert_eq!(latch.is_open(), arrival + 1 >= count);
            prop_assert_eq!(latch.wait_timeout(Duration::ZERO).is_ok(), arrival + 1 >= count);
        }
    }

    /// `true` takes the lock if it can and adds to the value; `false` releases it.
    #[test]
    fn spin_lock_is_a_flag(ops in prop::collection::vec(any::<bool>(), 0..40)) {
        let lock = SpinLock::new(0);
        let mut guard = None;
        let mut expected = 0;
        for take in ops {
            if take {
                let attempt = lock.try_lock();
                prop_assert_eq!(attempt.is_some(), guard.is_none());
                if let Some(mut taken) = attempt {
                    *taken += 1;
                    expected += 1;
                    guard = Some(taken);
                }
            } else {
                guard = None;
            }
        }
        drop(guard);
        prop_assert_eq!(lock.into_inner(), expected);
    }
}
