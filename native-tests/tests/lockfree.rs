//! Real threads on the structures without locks: no item lost or doubled, the order kept that is promised, no memory left.
//!
//! ThreadSanitizer runs this too. The deque's two fences it does not understand, and need not: they decide who takes an item, and
//! what is in the item is published by Release and Acquire.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use racecourse::lockfree::{Queue, Stack, Steal, Worker};
use racecourse_native_tests::scope;

const ITEMS: usize = 20_000;

/// An item in memory of its own, that counts how many of them there are.
struct Item<'a>(Box<usize>, &'a AtomicUsize);

impl<'a> Item<'a> {
    fn new(number: usize, living: &'a AtomicUsize) -> Self {
        living.fetch_add(1, Ordering::Relaxed);
        Self(Box::new(number), living)
    }
}

impl Drop for Item<'_> {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Who has taken which: each once.
struct Taken(Vec<AtomicBool>);

impl Taken {
    fn new(items: usize) -> Self {
        Self((0..items).map(|_| AtomicBool::new(false)).collect())
    }

    fn take(&self, item: &Item<'_>) {
        let before = self.0[*item.0].swap(true, Ordering::Relaxed);
        assert!(!before, "{} was taken twice", item.0);
    }

    fn assert_all(&self) {
        let left = self
            .0
            .iter()
            .position(|taken| !taken.load(Ordering::Relaxed));
        assert_eq!(left, None, "an item was lost");
    }
}

#[test]
fn deque_owner_and_two_thieves() {
    let living = AtomicUsize::new(0);
    let taken = Taken::new(ITEMS);
    let over = AtomicBool::new(false);
    let worker: Worker<Item<'_>> = Worker::with_capacity(1);
    scope(|s| {
        for _ in 0..2 {
            let stealer = worker.stealer();
            let (taken, over) = (&taken, &over);
            s.spawn(move || {
                let mut last = None;
                loop {
                    match stealer.steal() {
                        Steal::Success(item) => {
                            assert!(last < Some(*item.0), "stolen out of order");
                            last = Some(*item.0);
                            taken.take(&item);
                        }
                        Steal::Retry => {}
                        Steal::Empty if over.load(Ordering::Acquire) => return,
                        Steal::Empty => std::thread::yield_now(),
                    }
                }
            });
        }
        // Bursts of other sizes each time, and now and then down to nothing.
        let mut number = 0;
        while number < ITEMS {
            for _ in 0..number % 7 + 1 {
                if number < ITEMS {
                    worker.push(Item::new(number, &living));
                    number += 1;
                }
            }
            for _ in 0..number % 5 {
                if let Some(item) = worker.pop() {
                    taken.take(&item);
                }
            }
        }
        over.store(true, Ordering::Release);
    });
    while let Some(item) = worker.pop() {
        taken.take(&item);
    }
    taken.assert_all();
    assert_eq!(living.load(Ordering::Relaxed), 0);
}

#[test]
fn stack_two_by_two_with_drains() {
    let living = AtomicUsize::new(0);
    let taken = Taken::new(2 * ITEMS);
    let stack: Stack<Item<'_>> = Stack::with_reclamation(1, 2);
    let left = AtomicUsize::new(2 * ITEMS);
    scope(|s| {
        for producer in 0..2 {
            let (stack, living) = (&stack, &living);
            s.spawn(move || {
                for number in 0..ITEMS {
                    stack.push(Item::new(producer * ITEMS + number, living));
                }
            });
        }
        for drains in [false, true] {
            let (stack, taken, left) = (&stack, &taken, &left);
            s.spawn(move || {
                while left.load(Ordering::Relaxed) > 0 {
                    let mut got = 0;
                    let mut take = |item: Item<'_>| {
                        taken.take(&item);
                        got += 1;
                    };
                    if drains {
                        stack.drain().for_each(&mut take);
                    } else if let Some(item) = stack.pop() {
                        take(item);
                    }
                    if got == 0 {
                        std::thread::yield_now();
                    }
                    left.fetch_sub(got, Ordering::Relaxed);
                }
            });
        }
    });
    taken.assert_all();
    assert!(stack.is_empty());
    assert_eq!(living.load(Ordering::Relaxed), 0);
}

#[test]
fn queue_two_by_two_in_order() {
    let living = AtomicUsize::new(0);
    let taken = Taken::new(2 * ITEMS);
    let queue: Queue<Item<'_>> = Queue::with_reclamation(1, 2);
    let left = AtomicUsize::new(2 * ITEMS);
    scope(|s| {
        for producer in 0..2 {
            let (queue, living) = (&queue, &living);
            s.spawn(move || {
                for number in 0..ITEMS {
                    queue.push(Item::new(producer * ITEMS + number, living));
                }
            });
        }
        for _ in 0..2 {
            let (queue, taken, left) = (&queue, &taken, &left);
            s.spawn(move || {
                let mut last = [None; 2];
                while left.load(Ordering::Relaxed) > 0 {
                    let Some(item) = queue.pop() else {
                        std::thread::yield_now();
                        continue;
                    };
                    let last = &mut last[*item.0 / ITEMS];
                    assert!(*last < Some(*item.0), "out of order");
                    *last = Some(*item.0);
                    taken.take(&item);
                    left.fetch_sub(1, Ordering::Relaxed);
                }
            });
        }
    });
    taken.assert_all();
    assert!(queue.is_empty());
    assert_eq!(living.load(Ordering::Relaxed), 0);
}

/// As many threads as there are slots, and four times as many, that come and go.
#[test]
fn more_threads_than_slots() {
    let stack = Stack::with_reclamation(1, 1);
    let queue = Queue::with_reclamation(1, 1);
    for _ in 0..20 {
        scope(|s| {
            for _ in 0..16 {
                s.spawn(|| {
                    for number in 0..50 {
                        stack.push(Box::new(number));
                        queue.push(stack.pop().expect("one for each"));
                        drop(queue.pop().expect("one for each"));
                    }
                });
            }
        });
    }
    assert!(stack.is_empty() && queue.is_empty());
}
