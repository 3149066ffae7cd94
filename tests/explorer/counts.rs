//! How many executions there are: one for each execution graph, no duplicate, none missing.
//!
//! The largest are counted if `RACECOURSE_PROGRAMS` is in the environment.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use racecourse::check::{Checker, Engine, Report, Verdict};
use racecourse::sync::{Condvar, Mutex};
use racecourse::thread;

use crate::execute::execute;
use crate::program::{Code, Op, Program};
use crate::structures::{Fibonacci, LastZero, MichaelScott, SpinLock, Treiber};

/// Without what may happen by itself: the counts are those of the program.
fn explore(scenario: impl Fn() + Send + Sync + 'static) -> Report {
    let checker = Checker::new()
        .engine(Engine::Explorer)
        .spurious_wakeups(0)
        .weak_failures(0);
    let report = checker.run(scenario);
    assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
    report
}

/// Whether executions may end blocked: where there are spin loops.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blocked {
    Never,
    Sometimes,
}

#[track_caller]
fn check(what: &str, report: &Report, executions: u64, blocked: Blocked) {
    assert_eq!(report.executions(), executions, "{what}");
    if blocked == Blocked::Never {
        assert_eq!(report.blocked(), 0, "{what}");
    }
    println!(
        "{what}: {executions} executions, {} blocked, {:?}",
        report.blocked(),
        report.elapsed()
    );
}

#[track_caller]
fn code<C: Code + Send + Sync + 'static>(what: &str, code: C, executions: u64, blocked: Blocked) {
    let code = Arc::new(code);
    let report = explore(move || drop(execute(&code)));
    check(what, &report, executions, blocked);
}

fn large() -> bool {
    std::env::var_os("RACECOURSE_PROGRAMS").is_some()
}

fn adds(threads: usize, each: usize, executions: u64) {
    let add = Op::Add {
        x: 0,
        value: 1,
        order: Relaxed,
    };
    let program = Program {
        locations: 1,
        threads: vec![vec![add; each]; threads],
    };
    code(
        &format!("{threads} threads, {each} additions each"),
        program,
        executions,
        Blocked::Never,
    );
}

/// (nk)! / (k!)^n.
#[test]
fn additions() {
    for (threads, each, executions) in [(3, 1, 6), (3, 2, 90), (4, 1, 24), (3, 3, 1_680)] {
        adds(threads, each, executions);
    }
    if large() {
        adds(5, 2, 113_400);
        adds(4, 3, 369_600);
    }
}

fn sections(threads: usize, each: usize, executions: u64) {
    let report = explore(move || {
        let mutex = Arc::new(Mutex::new(0));
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                let mutex = Arc::clone(&mutex);
                thread::spawn(move || {
                    for _ in 0..each {
                        *mutex.lock().unwrap() += 1;
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
    check(
        &format!("{threads} threads, {each} sections each"),
        &report,
        executions,
        Blocked::Never,
    );
}

/// The orders of the lock, as many as of additions.
#[test]
fn critical_sections() {
    for (threads, each, executions) in [(2, 1, 2), (3, 1, 6), (3, 2, 90), (4, 2, 2_520)] {
        sections(threads, each, executions);
    }
    if large() {
        sections(4, 3, 369_600);
    }
}

/// A queue with room for one: a mutex, and a condvar for either reason to wait, notified with the mutex held.
#[derive(Default)]
struct Queue {
    items: Mutex<VecDeque<usize>>,
    has_room: Condvar,
    has_items: Condvar,
}

impl Queue {
    fn put(&self, item: usize) {
        let mut items = self.items.lock().unwrap();
        while items.len() == 1 {
            items = self.has_room.wait(items).unwrap();
        }
        items.push_back(item);
        self.has_items.notify_one();
    }

    fn take(&self) -> usize {
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

/// So many producers put so many items each, and one consumer takes them.
pub(crate) fn produce(producers: usize, each: usize) {
    let queue = Arc::new(Queue::default());
    let threads: Vec<_> = (0..producers)
        .map(|_| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || (0..each).for_each(|item| queue.put(item)))
        })
        .collect();
    let consumer = {
        let queue = Arc::clone(&queue);
        thread::spawn(move || (0..producers * each).map(|_| queue.take()).sum::<usize>())
    };
    for thread in threads {
        thread.join().unwrap();
    }
    consumer.join().unwrap();
}

/// Each execution is an order of the critical sections and a choice of who is woken; counted by a dynamic program over
/// (items, what each thread has left to do and waits for). With `notify_all` the second is 3,840.
#[test]
fn bounded_queue() {
    for (producers, each, executions) in [(2, 1, 16), (2, 2, 2_432)] {
        let report = explore(move || produce(producers, each));
        let what = format!("{producers} producers, {each} items each");
        check(&what, &report, executions, Blocked::Never);
    }
}

/// Each reader sees the write or not.
#[test]
fn readers() {
    for readers in [3, 6, 10] {
        let write = Op::Store {
            x: 0,
            value: 1,
            order: Release,
        };
        let read = Op::Load {
            x: 0,
            order: Acquire,
        };
        let mut threads = vec![vec![write]];
        threads.resize(1 + readers, vec![read]);
        let program = Program {
            locations: 1,
            threads,
        };
        code(
            &format!("{readers} readers"),
            program,
            1 << readers,
            Blocked::Never,
        );
    }
}

/// A message from one thread to another, with so many other threads before them: their clocks are long.
#[test]
fn message_among_many() {
    for others in [0, 6, 7, 14, 15, 23] {
        let mut threads = vec![Vec::new(); others];
        let store = |x, order| Op::Store { x, value: 1, order };
        let load = |x, order| Op::Load { x, order };
        threads.push(vec![store(0, Relaxed), store(1, Release)]);
        threads.push(vec![load(1, Acquire), load(0, Relaxed)]);
        let program = Program {
            locations: 2,
            threads,
        };
        // Who has seen the second sees the first.
        code(
            &format!("a message after {others} others"),
            program,
            3,
            Blocked::Never,
        );
    }
}

/// (n + 3) · 2^(n - 2).
#[test]
fn last_zero() {
    for (writers, executions) in [(5, 64), (6, 144), (10, 3_328)] {
        code(
            &format!("last zero of {writers}"),
            LastZero(writers),
            executions,
            Blocked::Never,
        );
    }
}

/// GenMC's numbers for its `fib_bench`, the same program: 34,205 and 525,630 with release and acquire, 19,605 with SeqCst.
/// Those with four additions are also the axioms' (in a minute).
#[test]
fn fibonacci() {
    let mut table = vec![
        (2, Relaxed, 180),
        (2, Acquire, 153),
        (2, SeqCst, 140),
        (3, Relaxed, 2_800),
    ];
    table.extend([
        (3, Acquire, 2_258),
        (3, SeqCst, 1_698),
        (4, Acquire, 34_205),
    ]);
    if large() {
        table.extend([
            (4, Relaxed, 44_100),
            (4, SeqCst, 19_605),
            (5, Acquire, 525_630),
        ]);
    }
    for (times, order, executions) in table {
        let what = format!("{times} Fibonacci additions each, {order:?}");
        code(
            &what,
            Fibonacci { times, order },
            executions,
            Blocked::Never,
        );
    }
}

#[test]
fn treiber_stack() {
    for (pushes, pops, executions) in [(2, 0, 4), (2, 1, 22), (2, 2, 220), (3, 0, 60)] {
        let what = format!("Treiber's stack, {pushes} pushes, {pops} pops");
        code(&what, Treiber { pushes, pops }, executions, Blocked::Never);
    }
}

#[test]
fn michael_scott_queue() {
    for (puts, takes, executions) in [(2, 0, 22), (1, 1, 4), (2, 1, 188), (2, 2, 11_198)] {
        let what = format!("Michael and Scott's queue, {puts} puts, {takes} takes");
        code(
            &what,
            MichaelScott { puts, takes },
            executions,
            Blocked::Never,
        );
    }
}

#[test]
fn spin_lock() {
    for (threads, executions) in [(2, 2), (3, 6), (4, 24)] {
        code(
            &format!("spin lock of {threads}"),
            SpinLock(threads),
            executions,
            Blocked::Sometimes,
        );
    }
}
