//! The scenarios of what blocks: the bounded queue, the spin lock, the semaphore, the latch.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use racecourse::cell::UnsafeCell;
use racecourse::lock::{AcquireError, SpinLock};
use racecourse::queue::{BoundedQueue, GetError, PutError, Shutdown};
use racecourse::thread::block_on;
use racecourse::{Latch, Semaphore, thread};

pub(crate) const ALL: &[super::Named] = &[
    ("queue_1x1_keeps_order", queue_1x1_keeps_order),
    ("queue_1x1_publishes", queue_1x1_publishes),
    ("queue_2x1_loses_nothing", queue_2x1_loses_nothing),
    ("queue_1x2_wakes_both_getters", queue_1x2_wakes_both_getters),
    ("queue_drain_against_put", queue_drain_against_put),
    ("queue_immediate_against_put", queue_immediate_against_put),
    (
        "queue_immediate_against_waiting_put",
        queue_immediate_against_waiting_put,
    ),
    ("queue_drain_against_get", queue_drain_against_get),
    ("queue_immediate_against_get", queue_immediate_against_get),
    (
        "queue_shutdown_wakes_both_getters",
        queue_shutdown_wakes_both_getters,
    ),
    (
        "queue_join_waits_for_task_done",
        queue_join_waits_for_task_done,
    ),
    ("queue_join_against_immediate", queue_join_against_immediate),
    (
        "queue_get_timeout_loses_nothing",
        queue_get_timeout_loses_nothing,
    ),
    (
        "queue_put_timeout_loses_nothing",
        queue_put_timeout_loses_nothing,
    ),
    (
        "queue_timed_getter_leaves_no_sleeper",
        queue_timed_getter_leaves_no_sleeper,
    ),
    ("async_get_against_put", async_get_against_put),
    ("async_put_against_get", async_put_against_get),
    ("async_get_against_shutdown", async_get_against_shutdown),
    (
        "async_cancelled_get_wakes_another",
        async_cancelled_get_wakes_another,
    ),
    (
        "async_cancelled_put_wakes_another",
        async_cancelled_put_wakes_another,
    ),
    ("async_and_thread_both_get", async_and_thread_both_get),
    (
        "async_idle_future_keeps_nothing_from_a_thread",
        async_idle_future_keeps_nothing_from_a_thread,
    ),
    ("spin_lock_excludes", spin_lock_excludes),
    ("spin_lock_try_lock_excludes", spin_lock_try_lock_excludes),
    ("semaphore_of_one_excludes", semaphore_of_one_excludes),
    ("semaphore_of_two_admits_two", semaphore_of_two_admits_two),
    (
        "semaphore_serves_a_big_request",
        semaphore_serves_a_big_request,
    ),
    (
        "semaphore_timeout_loses_no_permit",
        semaphore_timeout_loses_no_permit,
    ),
    (
        "semaphore_leaving_head_frees_the_line",
        semaphore_leaving_head_frees_the_line,
    ),
    ("semaphore_close_wakes", semaphore_close_wakes),
    (
        "semaphore_close_against_release",
        semaphore_close_against_release,
    ),
    ("latch_publishes", latch_publishes),
    ("latch_of_two", latch_of_two),
    ("latch_arrive_and_wait", latch_arrive_and_wait),
    ("latch_timeout", latch_timeout),
];

/// So short that both outcomes occur natively.
const SHORT: Duration = Duration::from_micros(20);

fn queue<T>(capacity: usize) -> Arc<BoundedQueue<T>> {
    Arc::new(BoundedQueue::new(capacity))
}

// ---- queue ----------------------------------------------------------------------------------

/// What is put in order is got in order, with a put that has to wait.
pub fn queue_1x1_keeps_order() {
    let queue = queue(1);
    let producer = thread::spawn({
        let queue = Arc::clone(&queue);
        move || {
            queue.put(1).unwrap();
            queue.put(2).unwrap();
        }
    });
    assert_eq!(queue.get(), Ok(1));
    assert_eq!(queue.get(), Ok(2));
    producer.join().unwrap();
    assert!(queue.is_empty());
}

/// What was done before the put is seen after the get: no data race on the cell.
pub fn queue_1x1_publishes() {
    let shared = Arc::new((BoundedQueue::new(1), Cell::new(0)));
    let producer = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            shared.1.set(7);
            shared.0.put(()).unwrap();
        }
    });
    shared.0.get().unwrap();
    assert_eq!(shared.1.get(), 7);
    producer.join().unwrap();
}

/// Two producers, one place: both items arrive, once each.
pub fn queue_2x1_loses_nothing() {
    let queue = queue(1);
    let producers = [1, 2].map(|item| {
        let queue = Arc::clone(&queue);
        thread::spawn(move || queue.put(item).unwrap())
    });
    assert_eq!(queue.get().unwrap() + queue.get().unwrap(), 3);
    for producer in producers {
        producer.join().unwrap();
    }
    assert_eq!(queue.try_get(), Err(GetError::Empty));
}

/// Two waiting getters, two items: each gets one.
pub fn queue_1x2_wakes_both_getters() {
    let queue = queue(2);
    let getters = [(), ()].map(|()| {
        let queue = Arc::clone(&queue);
        thread::spawn(move || queue.get().unwrap())
    });
    queue.put(1).unwrap();
    queue.put(2).unwrap();
    let sum: i32 = getters.into_iter().map(|g| g.join().unwrap()).sum();
    assert_eq!(sum, 3);
}

/// A put that races with `Drain` is either in the queue or handed back.
pub fn queue_drain_against_put() {
    let queue = queue(1);
    let producer = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.put(1)
    });
    assert!(queue.shutdown(Shutdown::Drain).is_empty());
    match producer.join().unwrap() {
        Ok(()) => assert_eq!(queue.get(), Ok(1)),
        Err(error) => assert_eq!(error, PutError::Closed(1)),
    }
    assert_eq!(queue.get(), Err(GetError::Closed));
}

/// A put that races with `Immediate` is either returned there or handed back here.
pub fn queue_immediate_against_put() {
    let queue = queue(1);
    let producer = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.put(1)
    });
    let returned = queue.shutdown(Shutdown::Immediate);
    match producer.join().unwrap() {
        Ok(()) => assert_eq!(returned, [1]),
        Err(error) => {
            assert_eq!(error, PutError::Closed(1));
            assert!(returned.is_empty());
        }
    }
    assert_eq!(queue.get(), Err(GetError::Closed));
}

/// The same with a full queue: the put may wait, and must then be woken and refused.
pub fn queue_immediate_against_waiting_put() {
    let queue = queue(1);
    queue.put(1).unwrap();
    let producer = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.put(2)
    });
    assert_eq!(queue.shutdown(Shutdown::Immediate), [1]);
    assert_eq!(producer.join().unwrap(), Err(PutError::Closed(2)));
}

/// `Drain` leaves the item to the getter, and then ends it.
pub fn queue_drain_against_get() {
    let queue = queue(1);
    queue.put(1).unwrap();
    let getter = thread::spawn({
        let queue = Arc::clone(&queue);
        move || (queue.get(), queue.get())
    });
    queue.shutdown(Shutdown::Drain);
    assert_eq!(getter.join().unwrap(), (Ok(1), Err(GetError::Closed)));
}

/// `Immediate` and the getter do not both have the item, and not neither.
pub fn queue_immediate_against_get() {
    let queue = queue(1);
    queue.put(1).unwrap();
    let getter = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.get()
    });
    let returned = queue.shutdown(Shutdown::Immediate);
    match getter.join().unwrap() {
        Ok(1) => assert!(returned.is_empty()),
        other => {
            assert_eq!(other, Err(GetError::Closed));
            assert_eq!(returned, [1]);
        }
    }
}

/// No getter sleeps on after a shutdown.
pub fn queue_shutdown_wakes_both_getters() {
    let queue = queue::<u8>(1);
    let getters = [(), ()].map(|()| {
        let queue = Arc::clone(&queue);
        thread::spawn(move || queue.get())
    });
    queue.shutdown(Shutdown::Drain);
    for getter in getters {
        assert_eq!(getter.join().unwrap(), Err(GetError::Closed));
    }
}

/// `join` returns after the work, and sees it.
pub fn queue_join_waits_for_task_done() {
    let shared = Arc::new((BoundedQueue::new(1), Cell::new(0)));
    shared.0.put(7).unwrap();
    let worker = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            let item = shared.0.get().unwrap();
            shared.1.set(item);
            shared.0.task_done().unwrap();
        }
    });
    shared.0.join();
    assert_eq!(shared.1.get(), 7);
    worker.join().unwrap();
    assert!(shared.0.task_done().is_err());
}

/// `Immediate` counts what it drops as done, and so lets `join` go.
pub fn queue_join_against_immediate() {
    let queue = queue(2);
    queue.put(1).unwrap();
    queue.put(2).unwrap();
    let joiner = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.join()
    });
    assert_eq!(queue.shutdown(Shutdown::Immediate), [1, 2]);
    joiner.join().unwrap();
}

/// A getter whose time passes leaves the item where it is.
pub fn queue_get_timeout_loses_nothing() {
    let queue = queue(1);
    let getter = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.get_timeout(SHORT)
    });
    queue.put(1).unwrap();
    match getter.join().unwrap() {
        Ok(item) => {
            assert_eq!(item, 1);
            assert_eq!(queue.try_get(), Err(GetError::Empty));
        }
        Err(error) => {
            assert_eq!(error, GetError::Timeout);
            assert_eq!(queue.try_get(), Ok(1));
        }
    }
}

/// A putter whose time passes gets its item back.
pub fn queue_put_timeout_loses_nothing() {
    let queue = queue(1);
    queue.put(1).unwrap();
    let putter = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.put_timeout(2, SHORT)
    });
    assert_eq!(queue.get(), Ok(1));
    match putter.join().unwrap() {
        Ok(()) => assert_eq!(queue.try_get(), Ok(2)),
        Err(error) => {
            assert_eq!(error, PutError::Timeout(2));
            assert_eq!(queue.try_get(), Err(GetError::Empty));
        }
    }
}

/// A getter that gives up does not take with it the wake-up that another needs.
pub fn queue_timed_getter_leaves_no_sleeper() {
    let queue = queue(1);
    let timed = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.get_timeout(SHORT)
    });
    let patient = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.get()
    });
    queue.put(1).unwrap();
    if timed.join().unwrap().is_ok() {
        queue.put(2).unwrap();
        assert_eq!(patient.join().unwrap(), Ok(2));
    } else {
        assert_eq!(patient.join().unwrap(), Ok(1));
    }
}

// ---- queue, for tasks -----------------------------------------------------------------------

/// A task that found nothing is woken by a put.
pub fn async_get_against_put() {
    let queue = queue(1);
    let task = thread::spawn({
        let queue = Arc::clone(&queue);
        move || block_on(queue.get_async())
    });
    queue.put(1).unwrap();
    assert_eq!(task.join().unwrap(), Ok(1));
}

/// A task that found no room is woken by a get.
pub fn async_put_against_get() {
    let queue = queue(1);
    queue.put(1).unwrap();
    let task = thread::spawn({
        let queue = Arc::clone(&queue);
        move || block_on(queue.put_async(2))
    });
    assert_eq!(queue.get(), Ok(1));
    assert_eq!(queue.get(), Ok(2));
    assert_eq!(task.join().unwrap(), Ok(()));
}

/// No task sleeps on after a shutdown.
pub fn async_get_against_shutdown() {
    let queue = queue::<u8>(1);
    let task = thread::spawn({
        let queue = Arc::clone(&queue);
        move || block_on(queue.get_async())
    });
    queue.shutdown(Shutdown::Immediate);
    assert_eq!(task.join().unwrap(), Err(GetError::Closed));
}

/// The put wakes the oldest future, which is then dropped: the task behind it must get the item.
pub fn async_cancelled_get_wakes_another() {
    let queue = queue(1);
    let mut oldest = Box::pin(queue.get_async());
    assert!(poll_once(oldest.as_mut()).is_pending());
    let task = thread::spawn({
        let queue = Arc::clone(&queue);
        move || block_on(queue.get_async())
    });
    queue.put(1).unwrap();
    drop(oldest);
    assert_eq!(task.join().unwrap(), Ok(1));
}

/// The same for a free place.
pub fn async_cancelled_put_wakes_another() {
    let queue = queue(1);
    queue.put(1).unwrap();
    let mut oldest = Box::pin(queue.put_async(2));
    assert!(poll_once(oldest.as_mut()).is_pending());
    let task = thread::spawn({
        let queue = Arc::clone(&queue);
        move || block_on(queue.put_async(3))
    });
    assert_eq!(queue.get(), Ok(1));
    drop(oldest);
    assert_eq!(task.join().unwrap(), Ok(()));
    assert_eq!(queue.get(), Ok(3));
}

/// A thread and a task wait together: two items reach both.
pub fn async_and_thread_both_get() {
    let queue = queue(2);
    let task = thread::spawn({
        let queue = Arc::clone(&queue);
        move || block_on(queue.get_async()).unwrap()
    });
    let blocked = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.get().unwrap()
    });
    queue.put(1).unwrap();
    queue.put(2).unwrap();
    assert_eq!(task.join().unwrap() + blocked.join().unwrap(), 3);
}

/// A future that was woken, and is neither polled nor dropped, does not keep the item from a thread that waits.
pub fn async_idle_future_keeps_nothing_from_a_thread() {
    let queue = queue(1);
    let mut idle = Box::pin(queue.get_async());
    assert!(poll_once(idle.as_mut()).is_pending());
    let blocked = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.get()
    });
    queue.put(1).unwrap();
    assert_eq!(blocked.join().unwrap(), Ok(1));
}

fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

// ---- locks ----------------------------------------------------------------------------------

/// A cell whose every access an engine checks for a data race.
struct Cell(UnsafeCell<i32>);

// SAFETY: not safe by itself. The scenarios are there to show that the accesses never race; natively, that is
// what the primitive under test promises.
unsafe impl Sync for Cell {}
// SAFETY: an `i32` may go to any thread.
unsafe impl Send for Cell {}

impl Cell {
    fn new(value: i32) -> Self {
        Self(UnsafeCell::new(value))
    }

    fn get(&self) -> i32 {
        // SAFETY: the primitive under test orders this after every write, and keeps others away.
        self.0.with(|value| unsafe { *value })
    }

    fn set(&self, new: i32) {
        // SAFETY: as in `get`.
        self.0.with_mut(|value| unsafe { *value = new });
    }

    /// In two steps: two threads in here at once lose an increment, and race.
    fn increment(&self) {
        self.set(self.get() + 1);
    }
}

/// Two critical sections never overlap, and the later one sees the earlier.
pub fn spin_lock_excludes() {
    let shared = Arc::new((SpinLock::new(()), Cell::new(0)));
    let other = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            let _guard = shared.0.lock();
            shared.1.increment();
        }
    });
    {
        let _guard = shared.0.lock();
        shared.1.increment();
    }
    other.join().unwrap();
    assert_eq!(shared.1.get(), 2);
}

/// `try_lock` excludes as well, and fails only while the lock is held.
pub fn spin_lock_try_lock_excludes() {
    let shared = Arc::new((SpinLock::new(()), Cell::new(0)));
    let other = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            let _guard = shared.0.lock();
            shared.1.increment();
        }
    });
    let mut expected = 1;
    if let Some(_guard) = shared.0.try_lock() {
        shared.1.increment();
        expected += 1;
    }
    other.join().unwrap();
    assert!(shared.0.try_lock().is_some());
    assert_eq!(shared.1.get(), expected);
}

// ---- semaphore ------------------------------------------------------------------------------

/// One permit is a lock.
pub fn semaphore_of_one_excludes() {
    let shared = Arc::new((Semaphore::new(1), Cell::new(0)));
    let other = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            let _permit = shared.0.acquire().unwrap();
            shared.1.increment();
        }
    });
    {
        let _permit = shared.0.acquire().unwrap();
        shared.1.increment();
    }
    other.join().unwrap();
    assert_eq!(shared.1.get(), 2);
    assert_eq!(shared.0.available_permits(), 1);
}

/// `main` keeps one of two permits. Two others share the second one, and so exclude each other.
pub fn semaphore_of_two_admits_two() {
    let shared = Arc::new((Semaphore::new(2), Cell::new(0)));
    let _kept = shared.0.acquire().unwrap();
    let others = [(), ()].map(|()| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            let _permit = shared.0.acquire().unwrap();
            shared.1.increment();
        })
    });
    for other in others {
        other.join().unwrap();
    }
    assert_eq!(shared.1.get(), 2);
    assert_eq!(shared.0.available_permits(), 1);
}

/// A request for all permits and one for a single permit both come through.
pub fn semaphore_serves_a_big_request() {
    let semaphore = Arc::new(Semaphore::new(2));
    let first = semaphore.acquire().unwrap();
    let others = [2, 1].map(|count| {
        let semaphore = Arc::clone(&semaphore);
        thread::spawn(move || assert_eq!(semaphore.acquire_many(count).unwrap().count(), count))
    });
    drop(first);
    for other in others {
        other.join().unwrap();
    }
    assert_eq!(semaphore.available_permits(), 2);
}

/// A permit that arrives together with the timeout is taken or left, not lost.
pub fn semaphore_timeout_loses_no_permit() {
    let semaphore = Arc::new(Semaphore::new(1));
    let held = semaphore.acquire().unwrap();
    let other = thread::spawn({
        let semaphore = Arc::clone(&semaphore);
        move || {
            semaphore
                .acquire_timeout(SHORT)
                .map(|permit| permit.count())
        }
    });
    drop(held);
    match other.join().unwrap() {
        Ok(count) => assert_eq!(count, 1),
        Err(error) => assert_eq!(error, AcquireError::Timeout),
    }
    assert_eq!(semaphore.available_permits(), 1);
}

/// The head asks for more than there will ever be. When its time has passed, those behind it are served.
pub fn semaphore_leaving_head_frees_the_line() {
    let semaphore = Arc::new(Semaphore::new(1));
    let big = thread::spawn({
        let semaphore = Arc::clone(&semaphore);
        move || {
            semaphore
                .acquire_many_timeout(2, SHORT)
                .map(|permit| permit.count())
        }
    });
    assert_eq!(semaphore.acquire().unwrap().count(), 1);
    assert_eq!(big.join().unwrap(), Err(AcquireError::Timeout));
    assert_eq!(semaphore.available_permits(), 1);
}

/// No one waits on at a closed semaphore.
pub fn semaphore_close_wakes() {
    let semaphore = Arc::new(Semaphore::new(0));
    let others = [(), ()].map(|()| {
        let semaphore = Arc::clone(&semaphore);
        thread::spawn(move || semaphore.acquire().map(|permit| permit.count()))
    });
    semaphore.close();
    for other in others {
        assert_eq!(other.join().unwrap(), Err(AcquireError::Closed));
    }
}

/// A permit that comes back after the close is not given to one who waited.
pub fn semaphore_close_against_release() {
    let semaphore = Arc::new(Semaphore::new(1));
    let held = semaphore.acquire().unwrap();
    let other = thread::spawn({
        let semaphore = Arc::clone(&semaphore);
        move || semaphore.acquire().map(|permit| permit.count())
    });
    semaphore.close();
    drop(held);
    assert_eq!(other.join().unwrap(), Err(AcquireError::Closed));
    assert_eq!(semaphore.available_permits(), 1);
}

// ---- latch ----------------------------------------------------------------------------------

/// What was done before `count_down` is seen after `wait`: no data race on the cell.
pub fn latch_publishes() {
    let shared = Arc::new((Latch::new(1), Cell::new(0)));
    let other = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            shared.1.set(7);
            shared.0.count_down();
        }
    });
    shared.0.wait();
    assert_eq!(shared.1.get(), 7);
    other.join().unwrap();
}

/// The last of two arrivals opens, and publishes what both did.
pub fn latch_of_two() {
    let shared = Arc::new((Latch::new(2), [Cell::new(0), Cell::new(0)]));
    let others = [0, 1].map(|index| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            shared.1[index].set(7);
            shared.0.count_down();
        })
    });
    shared.0.wait();
    assert_eq!(shared.1[0].get() + shared.1[1].get(), 14);
    for other in others {
        other.join().unwrap();
    }
}

/// Both arrive, both go on, and each sees what the other did before.
pub fn latch_arrive_and_wait() {
    let shared = Arc::new((Latch::new(2), [Cell::new(0), Cell::new(0)]));
    let meet = |shared: &(Latch, [Cell; 2]), me: usize| {
        shared.1[me].set(7);
        shared.0.arrive_and_wait();
        assert_eq!(shared.1[1 - me].get(), 7);
    };
    let other = thread::spawn({
        let shared = Arc::clone(&shared);
        move || meet(&shared, 1)
    });
    meet(&shared, 0);
    other.join().unwrap();
}

/// A wait whose time passes says so, and the latch still opens.
pub fn latch_timeout() {
    let latch = Arc::new(Latch::new(1));
    let waiter = thread::spawn({
        let latch = Arc::clone(&latch);
        move || latch.wait_timeout(SHORT)
    });
    latch.count_down();
    if let Err(late) = waiter.join().unwrap() {
        assert_eq!(late.remaining(), 1);
    }
    assert!(latch.is_open());
}
