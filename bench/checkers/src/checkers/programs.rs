//! The programs: one text, compiled once for each checker, with that checker's vocabulary.
//!
//! Each returns its result, so that the different results that a checker finds can be counted too. Sharing is by
//! std's `Arc`, which no checker sees: loom's own would add its reference counting to what is permuted.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Program;
use super::vocabulary::atomic::AtomicUsize;
use super::vocabulary::atomic::Ordering::{self, *};
use super::vocabulary::{Condvar, Mutex, thread};

macro_rules! programs {
    ($($name:literal, $title:literal, $graphs:literal, $results:literal, $run:expr;)*) => {
        pub const ALL: &[Program] = &[$(Program {
            name: $name,
            title: $title,
            graphs: $graphs,
            results: $results,
            run: || $run,
        }),*];
    };
}

programs! {
    "add-3x1", "3 threads × 1 fetch_add", 6, 1, additions(3, 1);
    "add-3x2", "3 threads × 2 fetch_add", 90, 1, additions(3, 2);
    "add-4x1", "4 threads × 1 fetch_add", 24, 1, additions(4, 1);
    "add-3x3", "3 threads × 3 fetch_add", 1_680, 1, additions(3, 3);
    "add-4x3", "4 threads × 3 fetch_add", 369_600, 1, additions(4, 3);
    "mutex-2x1", "mutex, 2 threads × 1 section", 2, 1, sections(2, 1);
    "mutex-3x2", "mutex, 3 threads × 2 sections", 90, 1, sections(3, 2);
    "queue-2x1", "bounded queue of 1, 2 producers × 1 item", 16, 1, queue(2, 1);
    "queue-2x2", "bounded queue of 1, 2 producers × 2 items", 2_432, 1, queue(2, 2);
    "readers-3", "1 writer, 3 readers", 8, 8, readers(3);
    "corr", "CoRR: 2 writers, 2 readers, 4 reads", 72, 47, coherence();
    "sb-seqcst", "store buffering, SeqCst", 3, 3, store_buffering();
    "fib-seqcst", "fib_bench, 2 threads × 4, 1 reader, SeqCst", 19_605, 901, fibonacci(4);
    "treiber", "Treiber's stack, 2 push, 1 pop", 22, 4, treiber(2, 1);
}

/// Runs the threads to their ends.
fn all(threads: Vec<thread::JoinHandle<u64>>) -> Vec<u64> {
    let ended = threads.into_iter().map(|thread| thread.join());
    ended.map(Result::unwrap).collect()
}

/// Results of threads, as one.
fn pack(results: &[u64]) -> u64 {
    results
        .iter()
        .fold(0, |packed, result| packed << 8 | result)
}

fn additions(threads: usize, each: usize) -> u64 {
    let counter = Arc::new(AtomicUsize::new(0));
    let adding = |_| {
        let counter = Arc::clone(&counter);
        thread::spawn(move || {
            for _ in 0..each {
                counter.fetch_add(1, Relaxed);
            }
            0
        })
    };
    all((0..threads).map(adding).collect());
    counter.load(Relaxed) as u64
}

fn sections(threads: usize, each: usize) -> u64 {
    let mutex = Arc::new(Mutex::new(0));
    let counting = |_| {
        let mutex = Arc::clone(&mutex);
        thread::spawn(move || {
            for _ in 0..each {
                *mutex.lock().unwrap() += 1;
            }
            0
        })
    };
    all((0..threads).map(counting).collect());
    *mutex.lock().unwrap()
}

/// Room for one item, and a condvar for either reason to wait.
struct Queue {
    items: Mutex<VecDeque<u64>>,
    has_room: Condvar,
    has_items: Condvar,
}

impl Queue {
    fn put(&self, item: u64) {
        let mut items = self.items.lock().unwrap();
        while items.len() == 1 {
            items = self.has_room.wait(items).unwrap();
        }
        items.push_back(item);
        self.has_items.notify_one();
    }

    fn take(&self) -> u64 {
        let mut items = self.items.lock().unwrap();
        loop {
            if let Some(item) = items.pop_front() {
                self.has_room.notify_one();
                return item;
            }
            items = self.has_items.wait(items).unwrap();
        }
    }
}

fn queue(producers: usize, each: usize) -> u64 {
    let queue = Arc::new(Queue {
        items: Mutex::new(VecDeque::new()),
        has_room: Condvar::new(),
        has_items: Condvar::new(),
    });
    let producing = |_| {
        let queue = Arc::clone(&queue);
        thread::spawn(move || {
            (0..each).for_each(|_| queue.put(1));
            0
        })
    };
    let mut threads: Vec<_> = (0..producers).map(producing).collect();
    let consumed = Arc::clone(&queue);
    threads.push(thread::spawn(move || {
        (0..producers * each).map(|_| consumed.take()).sum()
    }));
    all(threads).into_iter().sum()
}

fn readers(readers: usize) -> u64 {
    let x = Arc::new(AtomicUsize::new(0));
    let mut threads = vec![storing(&x, 1, Release)];
    let reading = |_| {
        let x = Arc::clone(&x);
        thread::spawn(move || x.load(Acquire) as u64)
    };
    threads.extend((0..readers).map(reading));
    pack(&all(threads))
}

fn storing(x: &Arc<AtomicUsize>, value: usize, order: Ordering) -> thread::JoinHandle<u64> {
    let x = Arc::clone(x);
    thread::spawn(move || {
        x.store(value, order);
        0
    })
}

fn coherence() -> u64 {
    let x = Arc::new(AtomicUsize::new(0));
    let mut threads = vec![storing(&x, 1, Relaxed), storing(&x, 2, Relaxed)];
    let reading = |_| {
        let x = Arc::clone(&x);
        thread::spawn(move || (x.load(Relaxed) * 3 + x.load(Relaxed)) as u64)
    };
    threads.extend((0..2).map(reading));
    pack(&all(threads))
}

fn store_buffering() -> u64 {
    let places = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let crossing = |mine: usize| {
        let places = Arc::clone(&places);
        thread::spawn(move || {
            places[mine].store(1, SeqCst);
            places[1 - mine].load(SeqCst) as u64
        })
    };
    pack(&all((0..2).map(crossing).collect()))
}

/// Two threads add each the other's number to their own, so many times; a third reads both.
fn fibonacci(times: usize) -> u64 {
    let numbers = Arc::new([AtomicUsize::new(1), AtomicUsize::new(1)]);
    let adding = |mine: usize| {
        let numbers = Arc::clone(&numbers);
        thread::spawn(move || {
            for _ in 0..times {
                let sum = numbers[mine].load(SeqCst) + numbers[1 - mine].load(SeqCst);
                numbers[mine].store(sum, SeqCst);
            }
            0
        })
    };
    let mut threads: Vec<_> = (0..2).map(adding).collect();
    let numbers = Arc::clone(&numbers);
    threads.push(thread::spawn(move || {
        let first = numbers[0].load(SeqCst) as u64;
        first << 32 | numbers[1].load(SeqCst) as u64
    }));
    all(threads)[2]
}

/// Nodes by their numbers; 0 is none.
struct Stack {
    top: AtomicUsize,
    next: Vec<AtomicUsize>,
}

impl Stack {
    fn push(&self, node: usize) {
        loop {
            let top = self.top.load(Relaxed);
            self.next[node].store(top, Relaxed);
            if self.exchange(top, node) {
                return;
            }
        }
    }

    fn pop(&self) -> usize {
        loop {
            let top = self.top.load(Acquire);
            if top == 0 || self.exchange(top, self.next[top].load(Relaxed)) {
                return top;
            }
        }
    }

    fn exchange(&self, top: usize, new: usize) -> bool {
        let exchanged = self.top.compare_exchange(top, new, AcqRel, Acquire);
        exchanged.is_ok()
    }
}

fn treiber(pushes: usize, pops: usize) -> u64 {
    let stack = Arc::new(Stack {
        top: AtomicUsize::new(0),
        next: (0..=pushes).map(|_| AtomicUsize::new(0)).collect(),
    });
    let using = |node: usize| {
        let stack = Arc::clone(&stack);
        thread::spawn(move || {
            if node > pushes {
                return stack.pop() as u64;
            }
            stack.push(node);
            0
        })
    };
    let popped = pack(&all((1..=pushes + pops).map(using).collect()));
    popped << 8 | stack.top.load(Relaxed) as u64
}
