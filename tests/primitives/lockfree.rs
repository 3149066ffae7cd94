//! Each promise of the deque, the stack and the queue without locks, one by one, and all of them against sequential models.

use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;
use racecourse::lockfree::{Queue, Stack, Steal, Stealer, Worker};

use crate::support::panic_message;

#[test]
fn who_may_go_where() {
    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    send::<Worker<Cell<u32>>>();
    send::<Stealer<Cell<u32>>>();
    sync::<Stealer<Cell<u32>>>();
    send::<Stack<Cell<u32>>>();
    sync::<Stack<Cell<u32>>>();
    send::<Queue<Cell<u32>>>();
    sync::<Queue<Cell<u32>>>();
    assert_not_impl!(Worker<u32>: Sync);
    assert_not_impl!(Worker<Rc<u32>>: Send);
    assert_not_impl!(Stealer<Rc<u32>>: Send);
    assert_not_impl!(Stealer<Rc<u32>>: Sync);
    assert_not_impl!(Stack<Rc<u32>>: Send);
    assert_not_impl!(Stack<Rc<u32>>: Sync);
    assert_not_impl!(Queue<Rc<u32>>: Send);
    assert_not_impl!(Queue<Rc<u32>>: Sync);
}

/// An item without a size, one that is not moved by words, one that owns memory.
#[test]
fn items_of_every_kind() {
    fn through<T: Clone + PartialEq + std::fmt::Debug>(item: T) {
        let worker = Worker::with_capacity(1);
        let stack = Stack::new();
        let queue = Queue::new();
        for _ in 0..5 {
            worker.push(item.clone());
            stack.push(item.clone());
            queue.push(item.clone());
        }
        assert_eq!(worker.pop(), Some(item.clone()));
        assert_eq!(worker.stealer().steal(), Steal::Success(item.clone()));
        assert_eq!(stack.pop(), Some(item.clone()));
        assert_eq!(queue.pop(), Some(item));
    }
    through(());
    through((1_u8, 2_u32, None::<u16>));
    through("text".to_owned());
}

/// Nothing is dropped twice, and nothing is left.
#[test]
fn what_nobody_took_is_dropped() {
    let item = Arc::new(());
    let worker = Worker::with_capacity(2);
    let stack = Stack::with_reclamation(1, 1);
    let queue = Queue::with_reclamation(1, 1);
    for _ in 0..20 {
        worker.push(Arc::clone(&item));
        stack.push(Arc::clone(&item));
        queue.push(Arc::clone(&item));
    }
    let stealer = worker.stealer();
    for _ in 0..5 {
        drop((worker.pop(), stealer.steal(), stack.pop(), queue.pop()));
    }
    assert_eq!(Arc::strong_count(&item), 1 + 10 + 15 + 15);
    drop(worker);
    assert_eq!(Arc::strong_count(&item), 1 + 10 + 15 + 15);
    drop((stealer, queue));
    assert_eq!(Arc::strong_count(&item), 1 + 15);
    let mut drained = stack.drain();
    assert!(drained.next().is_some());
    drop(drained);
    assert_eq!(Arc::strong_count(&item), 1);
}

/// Panics when it is dropped, if it is the one.
struct Bomb(bool, Rc<Cell<u32>>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.1.set(self.1.get() + 1);
        assert!(!self.0, "the bomb");
    }
}

#[test]
fn a_destructor_that_panics_keeps_no_other_from_running() {
    let dropped = Rc::new(Cell::new(0));
    let bombs = || (0..5).map(|i| Bomb(i == 2, Rc::clone(&dropped)));
    let stack = Stack::new();
    bombs().for_each(|bomb| stack.push(bomb));
    assert_eq!(panic_message(|| drop(stack)), "the bomb");
    assert_eq!(dropped.take(), 5);
    let queue = Queue::new();
    bombs().for_each(|bomb| queue.push(bomb));
    assert_eq!(panic_message(|| drop(queue)), "the bomb");
    assert_eq!(dropped.take(), 5);
    let worker = Worker::new();
    bombs().for_each(|bomb| worker.push(bomb));
    assert_eq!(panic_message(|| drop(worker)), "the bomb");
    assert_eq!(dropped.take(), 5);
    let stack = Stack::new();
    bombs().for_each(|bomb| stack.push(bomb));
    let drained = catch_unwind(AssertUnwindSafe(|| drop(stack.drain())));
    assert!(drained.is_err());
    assert!(stack.is_empty());
    assert_eq!(dropped.take(), 5);
}

#[test]
fn a_deque_of_too_many_is_refused() {
    let message = panic_message(|| drop(Worker::<u64>::with_capacity(usize::MAX)));
    assert_eq!(message, "capacity overflow");
}

/// At both ends, with growth, and over the end of the ring.
#[derive(Clone, Debug)]
enum Op {
    Push(usize),
    Take(usize),
    Steal(usize),
    Drain,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        4 => (0..9_usize).prop_map(Op::Push),
        3 => (0..9_usize).prop_map(Op::Take),
        3 => (0..9_usize).prop_map(Op::Steal),
        1 => Just(Op::Drain),
    ];
    prop::collection::vec(op, 0..60)
}

proptest! {
    #[test]
    fn deque_as_a_double_ended_queue(capacity in 0..5_usize, ops in ops()) {
        let worker = Worker::with_capacity(capacity);
        let stealer = worker.stealer();
        let mut model = VecDeque::new();
        let mut next = 0;
        for op in ops {
            match op {
                Op::Push(n) => for _ in 0..n {
                    next += 1;
                    worker.push(Box::new(next));
                    model.push_back(next);
                },
                Op::Take(n) => for _ in 0..n {
                    prop_assert_eq!(worker.pop().map(|item| *item), model.pop_back());
                },
                Op::Steal(n) => for _ in 0..n {
                    let stolen = match stealer.steal() {
                        Steal::Success(item) => Some(*item),
                        Steal::Empty => None,
                        Steal::Retry => return Err(TestCaseError::fail("nobody else is there")),
                    };
                    prop_assert_eq!(stolen, model.pop_front());
                },
                Op::Drain => while let Some(item) = worker.pop() {
                    prop_assert_eq!(Some(*item), model.pop_back());
                },
            }
            prop_assert_eq!(worker.len(), model.len());
            prop_assert_eq!(stealer.is_empty(), model.is_empty());
        }
    }

    #[test]
    fn stack_as_a_vec(batch in 0..4_usize, ops in ops()) {
        let stack = Stack::with_reclamation(1, batch);
        let mut model = Vec::new();
        let mut next = 0;
        for op in ops {
            match op {
                Op::Push(n) => for _ in 0..n {
                    next += 1;
                    stack.push(Box::new(next));
                    model.push(next);
                },
                Op::Take(n) | Op::Steal(n) => for _ in 0..n {
                    prop_assert_eq!(stack.pop().map(|item| *item), model.pop());
                },
                Op::Drain => {
                    let all: Vec<i32> = stack.drain().map(|item| *item).collect();
                    prop_assert!(all.iter().eq(model.iter().rev()));
                    model.clear();
                }
            }
            prop_assert_eq!(stack.is_empty(), model.is_empty());
        }
        let all: Vec<i32> = stack.into_iter().map(|item| *item).collect();
        prop_assert!(all.iter().eq(model.iter().rev()));
    }

    #[test]
    fn queue_as_a_vec_deque(batch in 0..4_usize, ops in ops()) {
        let queue = Queue::with_reclamation(1, batch);
        let mut model = VecDeque::new();
        let mut next = 0;
        for op in ops {
            match op {
                Op::Push(n) => for _ in 0..n {
                    next += 1;
                    queue.push(Box::new(next));
                    model.push_back(next);
                },
                Op::Take(n) | Op::Steal(n) => for _ in 0..n {
                    prop_assert_eq!(queue.pop().map(|item| *item), model.pop_front());
                },
                Op::Drain => while let Some(item) = queue.pop() {
                    prop_assert_eq!(Some(*item), model.pop_front());
                },
            }
            prop_assert_eq!(queue.is_empty(), model.is_empty());
        }
    }
}
