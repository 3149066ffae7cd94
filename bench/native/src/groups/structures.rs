//! Structures without locks: the work-stealing deque, the stack, the unbounded queue.

mod peers;

use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_utils::Backoff;
use racecourse::lockfree::{Queue, Stack, Steal, Stealer, Worker};

use crate::contest::{Contestant, Group, Row, Sample, Unit};
use crate::floors::{Floor, repeat};
use crate::threads::each;

pub(crate) const GROUP: Group = Group {
    name: "structures",
    about: "deque, stack and unbounded queue without locks: one thread, a thief, 1×1, 2×2",
    rows,
};

fn rows() -> Vec<Row> {
    vec![
        deque(
            "deque, push and pop",
            one_by_one::<Worker<u64>>,
            one_by_one::<peers::Worker>,
        ),
        deque(
            "deque, the last item",
            last::<Worker<u64>>,
            last::<peers::Worker>,
        ),
        deque(
            "deque, 1000 pushes, 1000 pops",
            thousand::<Worker<u64>>,
            thousand::<peers::Worker>,
        ),
        deque(
            "deque, push and steal",
            push_and_steal::<Worker<u64>>,
            push_and_steal::<peers::Worker>,
        ),
        deque(
            "deque, all stolen by one thief",
            all_stolen::<Worker<u64>>,
            all_stolen::<peers::Worker>,
        ),
        deque(
            "deque, owner and one thief",
            with_a_thief::<Worker<u64>>,
            with_a_thief::<peers::Worker>,
        ),
        stack(
            "stack, one thread",
            same_thread::<Stack<u64>>,
            same_thread::<peers::Treiber>,
        ),
        stack(
            "stack, 1×1",
            shape::<Stack<u64>, 1>,
            shape::<peers::Treiber, 1>,
        ),
        stack(
            "stack, 2×2",
            shape::<Stack<u64>, 2>,
            shape::<peers::Treiber, 2>,
        ),
        queue(
            "queue, one thread",
            same_thread::<Queue<u64>>,
            same_thread::<peers::MichaelScott>,
            same_thread::<peers::Segments>,
        ),
        queue(
            "queue, 1×1",
            shape::<Queue<u64>, 1>,
            shape::<peers::MichaelScott, 1>,
            shape::<peers::Segments, 1>,
        ),
        queue(
            "queue, 2×2",
            shape::<Queue<u64>, 2>,
            shape::<peers::MichaelScott, 2>,
            shape::<peers::Segments, 2>,
        ),
    ]
}

type Run = fn(u64) -> Sample;

fn deque(name: &str, ours: Run, theirs: Run) -> Row {
    Row::new(name, Unit::Time)
        .floor(Floor::Cas)
        .with(Contestant::ours("Worker", ours).goal(0.8))
        .with(Contestant::peer(
            "crossbeam-deque",
            "crossbeam-deque",
            theirs,
        ))
}

fn stack(name: &str, ours: Run, theirs: Run) -> Row {
    Row::new(name, Unit::Time)
        .floor(Floor::Cas)
        .with(Contestant::ours("Stack", ours).goal(0.8))
        .with(Contestant::peer(
            "Treiber on crossbeam-epoch",
            "crossbeam-epoch",
            theirs,
        ))
}

fn queue(name: &str, ours: Run, theirs: Run, segments: Run) -> Row {
    const SAME: &[&str] = &["Michael-Scott on crossbeam-epoch"];
    Row::new(name, Unit::Time)
        .floor(Floor::Cas)
        .with(Contestant::ours("Queue", ours).goal_against(0.8, SAME))
        .with(Contestant::peer(SAME[0], "crossbeam-epoch", theirs))
        // Another structure: many items share an allocation.
        .with(Contestant::peer("SegQueue", "crossbeam-queue", segments))
}

/// A deque by its two sides.
pub(crate) trait Deque: Sized + Send {
    type Stealer: Send;

    fn new() -> Self;
    fn push(&self, item: u64);
    fn pop(&self) -> Option<u64>;
    fn stealer(&self) -> Self::Stealer;
    fn steal(stealer: &Self::Stealer) -> Option<u64>;
}

impl Deque for Worker<u64> {
    type Stealer = Stealer<u64>;

    fn new() -> Self {
        Worker::new()
    }

    fn push(&self, item: u64) {
        self.push(item);
    }

    fn pop(&self) -> Option<u64> {
        self.pop()
    }

    fn stealer(&self) -> Stealer<u64> {
        self.stealer()
    }

    fn steal(stealer: &Stealer<u64>) -> Option<u64> {
        match stealer.steal() {
            Steal::Success(item) => Some(item),
            Steal::Empty | Steal::Retry => None,
        }
    }
}

/// Items go in, and come out. `None`: there is none at the moment.
pub(crate) trait Pile: Sync {
    fn new() -> Self;
    fn add(&self, item: u64);
    fn take(&self) -> Option<u64>;
}

impl Pile for Stack<u64> {
    fn new() -> Self {
        Stack::new()
    }

    fn add(&self, item: u64) {
        self.push(item);
    }

    fn take(&self) -> Option<u64> {
        self.pop()
    }
}

impl Pile for Queue<u64> {
    fn new() -> Self {
        Queue::new()
    }

    fn add(&self, item: u64) {
        self.push(item);
    }

    fn take(&self) -> Option<u64> {
        self.pop()
    }
}

/// With two items below, so that it is never the last.
fn one_by_one<D: Deque>(items: u64) -> Sample {
    let deque = D::new();
    deque.push(0);
    deque.push(0);
    repeat(items, || {
        deque.push(black_box(1));
        black_box(deque.pop());
    })
}

fn last<D: Deque>(items: u64) -> Sample {
    let deque = D::new();
    repeat(items, || {
        deque.push(black_box(1));
        black_box(deque.pop());
    })
}

fn thousand<D: Deque>(items: u64) -> Sample {
    let deque = D::new();
    let rounds = items.div_ceil(1000);
    let sample = repeat(rounds, || {
        for item in 0..1000 {
            deque.push(black_box(item));
        }
        while let Some(item) = deque.pop() {
            black_box(item);
        }
    });
    Sample::new(sample.elapsed, 1000 * rounds)
}

fn push_and_steal<D: Deque>(items: u64) -> Sample {
    let deque = D::new();
    let stealer = deque.stealer();
    repeat(items, || {
        deque.push(black_box(1));
        black_box(D::steal(&stealer));
    })
}

/// The owner pushes as fast as it can, and a thief takes all.
fn all_stolen<D: Deque>(items: u64) -> Sample {
    let deque = D::new();
    let stealer = deque.stealer();
    let owner: Box<dyn FnOnce() + Send> =
        Box::new(move || (0..items).for_each(|item| deque.push(item)));
    let thief: Box<dyn FnOnce() + Send> = Box::new(move || {
        let mut stolen = 0;
        // Whoever asks without a pause keeps the owner from its own end.
        let backoff = Backoff::new();
        while stolen < items {
            match D::steal(&stealer) {
                Some(item) => {
                    black_box(item);
                    stolen += 1;
                    backoff.reset();
                }
                None => backoff.snooze(),
            }
        }
    });
    Sample::new(each([owner, thief]), items)
}

/// Both work for a moment on what they took, as a pool's workers do; the owner in rounds of a hundred.
fn with_a_thief<D: Deque>(items: u64) -> Sample {
    let deque = D::new();
    let stealer = deque.stealer();
    let rounds = items.div_ceil(100);
    let done = std::sync::Arc::new(AtomicUsize::new(0));
    let all = usize::try_from(100 * rounds).expect("not so many");
    let counted = std::sync::Arc::clone(&done);
    let owner: Box<dyn FnOnce() + Send> = Box::new(move || {
        for _ in 0..rounds {
            (0..100).for_each(|item| deque.push(item));
            let mut own = 0;
            while let Some(item) = deque.pop() {
                work(item);
                own += 1;
            }
            counted.fetch_add(own, Ordering::Relaxed);
        }
    });
    let thief: Box<dyn FnOnce() + Send> = Box::new(move || {
        while done.load(Ordering::Relaxed) < all {
            match D::steal(&stealer) {
                Some(item) => {
                    work(item);
                    done.fetch_add(1, Ordering::Relaxed);
                }
                None => spin_loop(),
            }
        }
    });
    Sample::new(each([owner, thief]), 100 * rounds)
}

/// Some thirty nanoseconds.
fn work(item: u64) {
    let mut x = item;
    for _ in 0..32 {
        x = black_box(x.wrapping_mul(5) + 1);
    }
}

fn same_thread<P: Pile>(items: u64) -> Sample {
    let pile = P::new();
    repeat(items, || {
        pile.add(black_box(1));
        black_box(pile.take());
    })
}

/// So many threads add, and so many others take.
fn shape<P: Pile, const THREADS: u64>(items: u64) -> Sample {
    let pile = P::new();
    let each_has = items.div_ceil(THREADS);
    let pile = &pile;
    let mut threads: Vec<Box<dyn FnOnce() + Send + '_>> = Vec::new();
    for _ in 0..THREADS {
        threads.push(Box::new(move || {
            (0..each_has).for_each(|item| pile.add(item))
        }));
        threads.push(Box::new(move || {
            let mut taken = 0;
            let mut idle = 0_u32;
            while taken < each_has {
                if let Some(item) = pile.take() {
                    black_box(item);
                    taken += 1;
                    idle = 0;
                } else {
                    idle += 1;
                    // The adder may not be running.
                    if idle < 100 {
                        spin_loop()
                    } else {
                        std::thread::yield_now()
                    }
                }
            }
        }));
    }
    Sample::new(each(threads), each_has * THREADS)
}
