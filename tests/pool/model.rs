//! Generated programs against sequential models.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use racecourse::pool::{Executor, Shutdown, Task, TaskError, ThreadPool, as_completed};

use crate::{must_end, occupy, silent_panic};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn map_is_the_iterators_map(
        items in proptest::collection::vec(any::<i32>(), 0..200),
        workers in 1..4_usize,
        size in 1..50_usize,
    ) {
        let pool = ThreadPool::new(workers);
        let f = |n: i32| i64::from(n) * 3 - 1;
        let expected: Vec<i64> = items.iter().copied().map(f).collect();
        prop_assert_eq!(&pool.map(f, items.clone()), &expected);
        prop_assert_eq!(&pool.map_chunked(f, items.clone(), size), &expected);
        prop_assert_eq!(&Executor::map(&pool, f, items.clone()), &expected);
        prop_assert_eq!(&pool.imap(f, items.clone()).collect::<Vec<_>>(), &expected);
        let mut calls = Vec::new();
        let mapped = pool.map_with_progress(f, items.clone(), |done, total| calls.push((done, total)));
        prop_assert_eq!(&mapped, &expected);
        prop_assert!(calls.into_iter().eq((1..=items.len()).map(|done| (done, items.len()))));
        let mut unordered: Vec<_> = pool.imap_unordered(f, items).collect();
        let mut sorted = expected;
        unordered.sort_unstable();
        sorted.sort_unstable();
        prop_assert_eq!(unordered, sorted);
    }

    #[test]
    fn a_tree_of_waits_has_the_sum_of_its_leaves(tree in tree(), workers in 1..4_usize) {
        let expected = tree.sum();
        let sum = must_end(move || {
            let pool = Arc::new(ThreadPool::new(workers));
            let inner = Arc::clone(&pool);
            pool.submit(move || tree.run(&inner)).join().unwrap()
        });
        prop_assert_eq!(sum, expected);
    }

    #[test]
    fn a_forest_of_joins_ends(
        parents in proptest::collection::vec(any::<prop::sample::Index>(), 0..40),
        workers in 1..4_usize,
        inside: bool,
    ) {
        let (sum, expected) = must_end(move || forest(parents, workers, inside));
        prop_assert_eq!(sum, expected);
    }

    #[test]
    fn every_task_ends_once_and_truly(ops in proptest::collection::vec(op(), 1..60), workers in 1..4_usize) {
        must_end(move || races(&ops, workers));
    }

    #[test]
    fn a_stopped_queue_follows_the_model(ops in proptest::collection::vec(op(), 1..60)) {
        must_end(move || against_model(&ops));
    }
}

/// How the task of a node waits for its children.
#[derive(Clone, Copy, Debug)]
enum Wait {
    InOrder,
    Backwards,
    AsCompleted,
    Scope,
    Map,
    Join,
}

#[derive(Clone, Debug)]
enum Tree {
    Leaf(u64),
    Node(Wait, Vec<Tree>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let wait = prop::sample::select(vec![
        Wait::InOrder,
        Wait::Backwards,
        Wait::AsCompleted,
        Wait::Scope,
        Wait::Map,
        Wait::Join,
    ]);
    let leaf = (0..1000_u64).prop_map(Tree::Leaf);
    leaf.prop_recursive(5, 60, 4, move |child| {
        (wait.clone(), proptest::collection::vec(child, 0..4))
            .prop_map(|(wait, children)| Tree::Node(wait, children))
    })
}

impl Tree {
    fn sum(&self) -> u64 {
        match self {
            Self::Leaf(value) => *value,
            Self::Node(_, children) => children.iter().map(Self::sum).sum(),
        }
    }

    fn run(&self, pool: &Arc<ThreadPool>) -> u64 {
        let (wait, children) = match self {
            Self::Leaf(value) => return *value,
            Self::Node(wait, children) => (*wait, children),
        };
        let submit = |child: &Self| {
            let (child, pool) = (child.clone(), Arc::clone(pool));
            Arc::clone(&pool).submit(move || child.run(&pool))
        };
        match wait {
            Wait::InOrder => {
                let tasks: Vec<_> = children.iter().map(submit).collect();
                tasks.into_iter().map(Task::join_unwrap).sum()
            }
            Wait::Backwards => {
                let tasks: Vec<_> = children.iter().map(submit).collect();
                tasks.into_iter().rev().map(Task::join_unwrap).sum()
            }
            Wait::AsCompleted => as_completed(children.iter().map(submit))
                .map(Task::join_unwrap)
                .sum(),
            Wait::Scope => {
                let sum = AtomicUsize::new(0);
                pool.scope(|scope| {
                    for child in children {
                        let sum = &sum;
                        scope.spawn(move || {
                            sum.fetch_add(child.run(pool) as usize, Ordering::Relaxed)
                        });
                    }
                });
                sum.into_inner() as u64
            }
            Wait::Map => pool.map(|child| child.run(pool), children).iter().sum(),
            Wait::Join => {
                let (left, right) = children.split_at(children.len() / 2);
                let sum = |half: &[Self]| half.iter().map(|child| child.run(pool)).sum::<u64>();
                let (left, right) = pool.join(|| sum(left), || sum(right));
                left + right
            }
        }
    }
}

/// Tasks that each wait for some tasks submitted before them, in the shape of a random forest: returns the
/// sum of what the roots return, and the number of tasks.
fn forest(parents: Vec<prop::sample::Index>, workers: usize, inside: bool) -> (usize, usize) {
    let count = parents.len();
    let pool = Arc::new(ThreadPool::new(workers));
    let submitter = Arc::clone(&pool);
    let grow = move || {
        // The tasks on which each later one waits; what nobody waits for is left to the end.
        let mut awaited: Vec<Vec<Task<usize>>> = (0..=count).map(|_| Vec::new()).collect();
        for (place, parent) in parents.into_iter().enumerate() {
            let children = std::mem::take(&mut awaited[place]);
            let task = submitter.submit(move || {
                std::thread::yield_now();
                1 + children.into_iter().map(Task::join_unwrap).sum::<usize>()
            });
            awaited[place + 1 + parent.index(count - place)].push(task);
        }
        let roots = awaited.pop().into_iter().flatten();
        roots.map(Task::join_unwrap).sum()
    };
    let sum = if inside {
        pool.submit(grow).join().unwrap()
    } else {
        grow()
    };
    (sum, count)
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Submit { panics: bool },
    Cancel(usize),
    Join(usize),
    Detach(usize),
    Shutdown(Shutdown),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => any::<bool>().prop_map(|panics| Op::Submit { panics }),
        4 => (0..20_usize).prop_map(Op::Cancel),
        2 => (0..20_usize).prop_map(Op::Join),
        2 => (0..20_usize).prop_map(Op::Detach),
        1 => prop_oneof![Just(Shutdown::Drain), Just(Shutdown::Immediate)].prop_map(Op::Shutdown),
    ]
}

/// One submitted task, and what is known of it.
struct Tried {
    task: Option<Task<usize>>,
    place: usize,
    runs: Arc<AtomicUsize>,
    panics: bool,
    /// `cancel` said yes.
    cancelled: bool,
}

impl Tried {
    fn submit(pool: &ThreadPool, place: usize, panics: bool) -> Self {
        let runs = Arc::new(AtomicUsize::new(0));
        let inner = Arc::clone(&runs);
        let task = pool.submit(move || {
            inner.fetch_add(1, Ordering::Relaxed);
            if panics {
                silent_panic("as generated");
            }
            place
        });
        Self {
            task: Some(task),
            place,
            runs,
            panics,
            cancelled: false,
        }
    }

    fn cancel(&mut self) {
        if let Some(task) = &self.task
            && task.cancel()
        {
            assert!(
                !std::mem::replace(&mut self.cancelled, true),
                "cancelled twice"
            );
        }
    }

    /// Joins, and checks that the outcome tells the truth about the runs.
    fn join(&mut self) -> Option<Outcome> {
        let outcome = match self.task.take()?.join() {
            Ok(value) => {
                assert_eq!(value, self.place);
                assert!(!self.panics);
                Outcome::Ran
            }
            Err(TaskError::Panicked(caught)) => {
                assert_eq!(caught.message(), "as generated");
                assert!(self.panics);
                Outcome::Ran
            }
            Err(TaskError::Cancelled) => Outcome::Cancelled,
            Err(TaskError::Shutdown) => Outcome::Shutdown,
            Err(other) => panic!("{other}"),
        };
        assert_eq!(self.cancelled, outcome == Outcome::Cancelled);
        let runs = self.runs.load(Ordering::Relaxed);
        assert_eq!(runs, usize::from(outcome == Outcome::Ran));
        Some(outcome)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Ran,
    Cancelled,
    Shutdown,
}

/// Free-running workers: the outcomes vary, what they say must be true.
fn races(ops: &[Op], workers: usize) {
    let pool = ThreadPool::new(workers);
    let mut tried: Vec<Tried> = Vec::new();
    let mut ended = false;
    let mut immediate = false;
    for &op in ops {
        let count = tried.len().max(1);
        match op {
            Op::Submit { panics } => {
                let new = Tried::submit(&pool, tried.len(), panics);
                if ended {
                    assert!(new.task.as_ref().is_some_and(Task::is_finished));
                }
                tried.push(new);
            }
            Op::Cancel(i) => tried.get_mut(i % count).into_iter().for_each(Tried::cancel),
            Op::Join(i) => {
                if let Some(Some(outcome)) = tried.get_mut(i % count).map(Tried::join) {
                    assert!(outcome != Outcome::Shutdown || ended);
                }
            }
            Op::Detach(i) => {
                if let Some(one) = tried.get_mut(i % count) {
                    one.task = None;
                }
            }
            Op::Shutdown(how) => {
                pool.shutdown(how);
                ended = true;
                immediate |= how == Shutdown::Immediate;
                if how == Shutdown::Drain && !immediate {
                    assert!(
                        tried
                            .iter()
                            .flat_map(|one| &one.task)
                            .all(Task::is_finished)
                    );
                }
            }
        }
    }
    drop(pool);
    for mut one in tried {
        assert!(one.task.as_ref().is_none_or(Task::is_finished));
        one.join();
        let runs = one.runs.load(Ordering::Relaxed);
        assert_eq!(Arc::strong_count(&one.runs), 1, "the job is gone");
        assert!(runs <= 1);
        if !ended && !one.cancelled {
            assert_eq!(runs, 1, "nothing accepted is lost");
        }
    }
}

/// The only worker is occupied until the end, so each outcome is determined: the model is the list of what
/// each task must come to. Joins, which would wait, and draining, which would too, are left out.
fn against_model(ops: &[Op]) {
    let pool = ThreadPool::new(1);
    let (open, _blocker) = occupy(&pool);
    let mut tried: Vec<Tried> = Vec::new();
    let mut model: Vec<Outcome> = Vec::new();
    let mut stopped = false;
    for &op in ops {
        let count = tried.len().max(1);
        match op {
            Op::Submit { panics } => {
                tried.push(Tried::submit(&pool, tried.len(), panics));
                model.push(if stopped {
                    Outcome::Shutdown
                } else {
                    Outcome::Ran
                });
            }
            Op::Cancel(i) => {
                if let Some(one) = tried.get_mut(i % count)
                    && one.task.is_some()
                {
                    one.cancel();
                    let expected = &mut model[i % count];
                    if *expected == Outcome::Ran {
                        *expected = Outcome::Cancelled;
                    }
                }
            }
            Op::Detach(i) => {
                if let Some(one) = tried.get_mut(i % count) {
                    one.task = None;
                }
            }
            Op::Shutdown(Shutdown::Immediate) => {
                pool.shutdown(Shutdown::Immediate);
                stopped = true;
                for expected in &mut model {
                    if *expected == Outcome::Ran {
                        *expected = Outcome::Shutdown;
                    }
                }
            }
            Op::Join(_) | Op::Shutdown(Shutdown::Drain) => {}
        }
    }
    drop(open);
    drop(pool);
    for (mut one, expected) in tried.into_iter().zip(model) {
        if let Some(outcome) = one.join() {
            assert_eq!(outcome, expected);
        }
        let runs = one.runs.load(Ordering::Relaxed);
        assert_eq!(runs, usize::from(expected == Outcome::Ran));
    }
}
