//! Random programs of nested locks: what one run shows of the order of locks, against all schedules.
//!
//! The run is the one in which nothing can happen, one thread after the other. It must report a circle if and only if the
//! explorer finds a deadlock.

use std::cell::Cell;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use racecourse::check::lock_order::watch;
use racecourse::check::{Checker, FailureKind, Verdict};
use racecourse::sync::{Mutex, RwLock};
use racecourse::thread;

const LOCKS: usize = 3;
const PROGRAMS: u32 = 120;

/// Takes a lock, does what is inside, and lets go of it.
#[derive(Clone, Debug)]
struct Block {
    lock: usize,
    reads: bool,
    inside: Vec<Block>,
}

impl Block {
    /// Without what asks for a lock that it holds, which no thread survives; or for the same as before and no more.
    fn plain(mut self, held: &mut Vec<usize>) -> Option<Self> {
        if held.contains(&self.lock) {
            return None;
        }
        held.push(self.lock);
        self.inside = self
            .inside
            .into_iter()
            .filter_map(|block| block.plain(held))
            .collect();
        held.pop();
        Some(self)
    }

    fn count(&self) -> usize {
        1 + self.inside.iter().map(Self::count).sum::<usize>()
    }
}

type Program = Vec<Vec<Block>>;

fn programs(reads: bool) -> impl Strategy<Value = Program> {
    let leaf = (0..LOCKS, any::<bool>()).prop_map(move |(lock, read)| Block {
        lock,
        reads: reads && read,
        inside: Vec::new(),
    });
    let block = leaf.prop_recursive(3, 4, 2, move |inner| {
        let inside = prop::collection::vec(inner, 1..=2);
        (0..LOCKS, any::<bool>(), inside).prop_map(move |(lock, read, inside)| Block {
            lock,
            reads: reads && read,
            inside,
        })
    });
    let thread = prop::collection::vec(block, 1..=2).prop_map(|blocks| {
        let plain = blocks.into_iter().map(|block| block.plain(&mut Vec::new()));
        plain.flatten().collect::<Vec<_>>()
    });
    prop::collection::vec(thread, 2..=3).prop_filter("small enough to be explored", |program| {
        program.iter().flatten().map(Block::count).sum::<usize>() <= 9
    })
}

enum Locks {
    Mutexes(Vec<Mutex<()>>),
    RwLocks(Vec<RwLock<()>>),
}

impl Locks {
    fn new(reads: bool) -> Self {
        if reads {
            Self::RwLocks((0..LOCKS).map(|_| RwLock::new(())).collect())
        } else {
            Self::Mutexes((0..LOCKS).map(|_| Mutex::new(())).collect())
        }
    }

    fn run(&self, blocks: &[Block]) {
        for block in blocks {
            match self {
                Self::Mutexes(locks) => {
                    let _held = locks[block.lock].lock().unwrap();
                    self.run(&block.inside);
                }
                Self::RwLocks(locks) if block.reads => {
                    let _held = locks[block.lock].read().unwrap();
                    self.run(&block.inside);
                }
                Self::RwLocks(locks) => {
                    let _held = locks[block.lock].write().unwrap();
                    self.run(&block.inside);
                }
            }
        }
    }
}

/// Whether a run in which the threads come one after the other shows a circle.
fn is_reported(program: &Program, reads: bool) -> bool {
    let locks = Locks::new(reads);
    let order = watch(|| {
        for blocks in program {
            thread::scope(|s| {
                s.spawn(|| locks.run(blocks));
            });
        }
    });
    assert!(order.is_complete());
    !order.is_clean()
}

/// Whether some schedule deadlocks.
fn deadlocks(program: &Program, reads: bool) -> bool {
    let program = Arc::new(program.clone());
    let report = Checker::new().run(move || {
        let locks = Locks::new(reads);
        thread::scope(|s| {
            for blocks in &*program {
                s.spawn(|| locks.run(blocks));
            }
        });
    });
    match report.failure() {
        Some(failure) => {
            assert_eq!(failure.kind(), FailureKind::Deadlock, "{report}");
            true
        }
        None => {
            assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
            false
        }
    }
}

fn compare(reads: bool) {
    let config = Config {
        // As elsewhere, the variable asks for more.
        cases: std::env::var("RACECOURSE_PROGRAMS")
            .map_or(PROGRAMS, |count| count.parse().expect("a number"))
            .max(PROGRAMS),
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let found = Cell::new(0);
    let result = TestRunner::new_with_rng(config.clone(), rng).run(&programs(reads), |program| {
        let reported = is_reported(&program, reads);
        found.set(found.get() + u32::from(reported));
        prop_assert_eq!(reported, deadlocks(&program, reads));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    // Neither side is empty.
    assert!(
        found.get() > config.cases / 20 && found.get() < config.cases,
        "{found:?}"
    );
}

#[test]
fn mutexes_are_judged_exactly() {
    compare(false);
}

#[test]
fn read_write_locks_are_judged_exactly() {
    compare(true);
}
