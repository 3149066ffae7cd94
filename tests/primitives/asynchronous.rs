//! `put_async` and `get_async`, promise by promise.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use racecourse::queue::{BoundedQueue, GetError, GetFuture, PutError, PutFuture, Shutdown};

use racecourse::thread::block_on;

use crate::support::{A_WHILE, Flag, panic_message, within_seconds};

fn poll<F: Future>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn futures_travel_between_threads() {
    fn send<T: Send>() {}
    fn unpin<T: Unpin>() {}
    send::<PutFuture<'_, u8>>();
    send::<GetFuture<'_, u8>>();
    unpin::<PutFuture<'_, std::marker::PhantomPinned>>();
    unpin::<GetFuture<'_, std::marker::PhantomPinned>>();
}

#[test]
fn one_put_wakes_the_oldest_task_only() {
    let queue = BoundedQueue::new(2);
    let [(first, a), (second, b)] = [Flag::new(), Flag::new()];
    let mut oldest = pin!(queue.get_async());
    let mut newer = pin!(queue.get_async());
    assert!(poll(oldest.as_mut(), &a).is_pending());
    assert!(poll(newer.as_mut(), &b).is_pending());
    queue.put(1).unwrap();
    assert!(first.is_set() && !second.is_set());
    queue.put(2).unwrap();
    assert!(second.is_set());
    assert_eq!(poll(oldest, &a), Poll::Ready(Ok(1)));
    assert_eq!(poll(newer, &b), Poll::Ready(Ok(2)));
}

#[test]
fn overtaken_task_keeps_its_place() {
    let queue = BoundedQueue::new(1);
    let [(first, a), (second, b)] = [Flag::new(), Flag::new()];
    let mut oldest = pin!(queue.get_async());
    let mut newer = pin!(queue.get_async());
    assert!(poll(oldest.as_mut(), &a).is_pending());
    assert!(poll(newer.as_mut(), &b).is_pending());
    queue.put(1).unwrap();
    assert_eq!(queue.try_get(), Ok(1)); // A newcomer is quicker than the task that was woken.
    first.clear();
    assert!(poll(oldest.as_mut(), &a).is_pending());
    queue.put(2).unwrap();
    assert!(first.is_set() && !second.is_set());
}

#[test]
fn last_waker_counts() {
    let queue = BoundedQueue::new(1);
    let [(old, a), (new, b)] = [Flag::new(), Flag::new()];
    let mut get = pin!(queue.get_async());
    assert!(poll(get.as_mut(), &a).is_pending());
    assert!(poll(get.as_mut(), &b).is_pending());
    queue.put(1).unwrap();
    assert!(new.is_set() && !old.is_set());
    assert_eq!(Arc::strong_count(&old), 2, "the replaced waker is gone");
}

#[test]
fn dropped_future_leaves_no_waker_behind() {
    let queue = BoundedQueue::<u8>::new(1);
    let (flag, waker) = Flag::new();
    {
        let mut get = pin!(queue.get_async());
        assert!(poll(get.as_mut(), &waker).is_pending());
        assert_eq!(Arc::strong_count(&flag), 3);
    }
    assert_eq!(Arc::strong_count(&flag), 2);
    queue.put(1).unwrap();
    assert!(!flag.is_set());
}

/// Ready before its turn: the second in line is polled for some other reason, and finds the item of the first.
#[test]
fn future_that_was_ready_leaves_no_waker_behind() {
    let queue = BoundedQueue::new(1);
    let [(_, a), (flag, b)] = [Flag::new(), Flag::new()];
    let mut oldest = pin!(queue.get_async());
    let mut newer = pin!(queue.get_async());
    assert!(poll(oldest.as_mut(), &a).is_pending());
    assert!(poll(newer.as_mut(), &b).is_pending());
    queue.put(1).unwrap();
    assert_eq!(poll(newer, &b), Poll::Ready(Ok(1)));
    assert_eq!(Arc::strong_count(&flag), 2);

    queue.put(2).unwrap();
    let mut oldest = pin!(queue.put_async(3));
    let mut newer = pin!(queue.put_async(4));
    assert!(poll(oldest.as_mut(), &a).is_pending());
    assert!(poll(newer.as_mut(), &b).is_pending());
    assert_eq!(queue.get(), Ok(2));
    assert_eq!(poll(newer, &b), Poll::Ready(Ok(())));
    assert_eq!(Arc::strong_count(&flag), 2);
}

#[test]
fn idle_future_keeps_nothing_from_a_thread() {
    within_seconds(20, || {
        let queue = BoundedQueue::new(1);
        let mut idle = pin!(queue.get_async());
        assert!(poll(idle.as_mut(), Waker::noop()).is_pending());
        thread::scope(|s| {
            let blocked = s.spawn(|| queue.get());
            thread::sleep(A_WHILE);
            queue.put(1).unwrap();
            assert_eq!(blocked.join().unwrap(), Ok(1));
        });
    });
}

#[test]
fn woken_and_dropped_passes_the_wakeup_on() {
    let queue = BoundedQueue::new(1);
    let [(first, a), (second, b)] = [Flag::new(), Flag::new()];
    let mut oldest = Box::pin(queue.get_async());
    let mut newer = pin!(queue.get_async());
    assert!(poll(oldest.as_mut(), &a).is_pending());
    assert!(poll(newer.as_mut(), &b).is_pending());
    queue.put(1).unwrap();
    assert!(first.is_set() && !second.is_set());
    drop(oldest);
    assert!(second.is_set());
    assert_eq!(poll(newer, &b), Poll::Ready(Ok(1)));

    let mut oldest = Box::pin(queue.put_async(3));
    let mut newer = pin!(queue.put_async(4));
    second.clear();
    queue.put(2).unwrap();
    assert!(poll(oldest.as_mut(), &a).is_pending());
    assert!(poll(newer.as_mut(), &b).is_pending());
    assert_eq!(queue.get(), Ok(2));
    assert!(!second.is_set());
    assert_eq!(Pin::into_inner(oldest).cancel(), Some(3));
    assert!(second.is_set());
    assert_eq!(poll(newer, &b), Poll::Ready(Ok(())));
    assert_eq!(queue.get(), Ok(4));
}

#[test]
fn cancelled_put_gives_the_item_back() {
    let queue = BoundedQueue::new(1);
    assert_eq!(queue.put_async(1).cancel(), Some(1));
    let mut put = Box::pin(queue.put_async(2));
    assert!(poll(put.as_mut(), Waker::noop()).is_ready());
    assert_eq!(Pin::into_inner(put).cancel(), None);
    assert_eq!(queue.len(), 1);
}

#[test]
fn shutdown_wakes_every_task() {
    let queue = BoundedQueue::new(1);
    queue.put(1).unwrap();
    let empty = BoundedQueue::<u8>::new(1);
    let (flags, wakers): (Vec<_>, Vec<_>) = (0..4).map(|_| Flag::new()).unzip();
    let mut puts: Vec<_> = (2..4).map(|n| Box::pin(queue.put_async(n))).collect();
    let mut gets: Vec<_> = (2..4).map(|_| Box::pin(empty.get_async())).collect();
    for n in 0..2 {
        assert!(poll(puts[n].as_mut(), &wakers[n]).is_pending());
        assert!(poll(gets[n].as_mut(), &wakers[n + 2]).is_pending());
    }
    queue.shutdown(Shutdown::Drain);
    empty.shutdown(Shutdown::Drain);
    assert!(flags.iter().all(|flag| flag.is_set()));
    assert_eq!(
        poll(puts[0].as_mut(), &wakers[0]),
        Poll::Ready(Err(PutError::Closed(2)))
    );
    assert_eq!(Pin::into_inner(puts.pop().unwrap()).cancel(), Some(3));
    assert_eq!(
        poll(gets[0].as_mut(), &wakers[2]),
        Poll::Ready(Err(GetError::Closed))
    );
}

#[test]
fn polled_after_ready_panics_with_the_remedy() {
    let queue = BoundedQueue::new(1);
    let mut put = pin!(queue.put_async(1));
    let mut get = pin!(queue.get_async());
    assert!(poll(put.as_mut(), Waker::noop()).is_ready());
    assert!(poll(get.as_mut(), Waker::noop()).is_ready());
    let message = panic_message(|| poll(put, Waker::noop()).is_ready());
    assert!(message.starts_with("PutFuture polled again"), "{message}");
    let message = panic_message(|| poll(get, Waker::noop()).is_ready());
    assert!(message.starts_with("GetFuture polled again"), "{message}");
}

/// A waker that uses the queue from inside `wake`, as an executor that polls at once does.
struct Eager(Arc<BoundedQueue<u8>>, Mutex<Vec<u8>>);

impl Wake for Eager {
    fn wake(self: Arc<Self>) {
        self.1.lock().unwrap().extend(self.0.try_get());
    }
}

#[test]
fn waker_may_use_the_queue() {
    within_seconds(20, || {
        let queue = Arc::new(BoundedQueue::new(1));
        let eager = Arc::new(Eager(Arc::clone(&queue), Mutex::default()));
        let mut get = pin!(queue.get_async());
        assert!(poll(get.as_mut(), &Waker::from(Arc::clone(&eager))).is_pending());
        queue.put(1).unwrap();
        assert_eq!(*eager.1.lock().unwrap(), [1]);
    });
}

/// A waker whose last reference uses the queue as it goes, as a task that owns a future of the same queue does.
struct LastWord(Arc<BoundedQueue<u8>>);

impl Wake for LastWord {
    fn wake(self: Arc<Self>) {}
}

impl Drop for LastWord {
    fn drop(&mut self) {
        self.0.len();
    }
}

#[test]
fn destructor_of_a_waker_may_use_the_queue() {
    within_seconds(20, || {
        let queue = Arc::new(BoundedQueue::new(1));
        let waker = || Waker::from(Arc::new(LastWord(Arc::clone(&queue))));
        let mut get = Box::pin(queue.get_async());
        assert!(poll(get.as_mut(), &waker()).is_pending());
        assert!(poll(get.as_mut(), &waker()).is_pending()); // replaced
        drop(get); // deregistered by cancellation
        let mut get = pin!(queue.get_async());
        assert!(poll(get.as_mut(), &waker()).is_pending());
        queue.put(1).unwrap(); // woken
        assert_eq!(poll(get, &waker()), Poll::Ready(Ok(1)));

        queue.put(1).unwrap();
        let mut put = Box::pin(queue.put_async(2));
        assert!(poll(put.as_mut(), &waker()).is_pending());
        drop(put);
        let mut put = pin!(queue.put_async(2));
        assert!(poll(put.as_mut(), &waker()).is_pending());
        queue.shutdown(Shutdown::Immediate);
    });
}

struct Broken;

impl Wake for Broken {
    fn wake(self: Arc<Self>) {
        panic!("broken waker");
    }
}

#[test]
fn broken_waker_does_not_silence_the_others() {
    let queue = BoundedQueue::<u8>::new(1);
    let broken = Waker::from(Arc::new(Broken));
    let (flag, waker) = Flag::new();
    let mut first = pin!(queue.get_async());
    let mut second = pin!(queue.get_async());
    assert!(poll(first.as_mut(), &broken).is_pending());
    assert!(poll(second.as_mut(), &waker).is_pending());
    assert_eq!(
        panic_message(|| queue.shutdown(Shutdown::Drain)),
        "broken waker"
    );
    assert!(flag.is_set());
    assert!(queue.is_closed());
}

/// Threads and tasks on both sides, and tasks that give up half way: every item arrives once.
#[test]
fn threads_tasks_and_cancellation_mixed() {
    const EACH: usize = 2_000;
    within_seconds(60, || {
        for capacity in [1, 3] {
            let queue = BoundedQueue::new(capacity);
            let seen: Vec<_> = (0..4 * EACH).map(|_| AtomicUsize::new(0)).collect();
            let note = |item: usize| assert_eq!(seen[item].fetch_add(1, Ordering::Relaxed), 0);
            thread::scope(|s| {
                let consumers: Vec<_> = (0..4)
                    .map(|me| {
                        let (queue, note) = (&queue, &note);
                        s.spawn(move || {
                            loop {
                                if me % 2 == 0 {
                                    match queue.get() {
                                        Ok(item) => note(item),
                                        Err(_) => return,
                                    }
                                    continue;
                                }
                                // Begin, perhaps be woken, and give up.
                                let waker = Waker::from(Arc::new(Unpark(thread::current())));
                                let mut given_up = Box::pin(queue.get_async());
                                if let Poll::Ready(Ok(item)) = poll(given_up.as_mut(), &waker) {
                                    note(item);
                                }
                                drop(given_up);
                                match block_on(queue.get_async()) {
                                    Ok(item) => note(item),
                                    Err(_) => return,
                                }
                            }
                        })
                    })
                    .collect();
                let producers: Vec<_> = (0..4)
                    .map(|me| {
                        let queue = &queue;
                        s.spawn(move || {
                            for item in me * EACH..(me + 1) * EACH {
                                if me % 2 == 0 {
                                    queue.put(item).unwrap();
                                    continue;
                                }
                                let mut given_up = Box::pin(queue.put_async(item));
                                if poll(given_up.as_mut(), Waker::noop()).is_pending() {
                                    let item = Pin::into_inner(given_up).cancel().unwrap();
                                    block_on(queue.put_async(item)).unwrap();
                                }
                            }
                        })
                    })
                    .collect();
                for producer in producers {
                    producer.join().unwrap();
                }
                queue.shutdown(Shutdown::Drain);
                for consumer in consumers {
                    consumer.join().unwrap();
                }
            });
            assert!(seen.iter().all(|count| count.load(Ordering::Relaxed) == 1));
        }
    });
}
