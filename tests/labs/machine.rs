//! Threads as lists of atomic steps, run in an order that the test chooses: proptest generates and shrinks it, or all of
//! them are tried. One OS thread, no luck involved.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// What a step did.
pub enum Step {
    /// It ran; the next one follows.
    Next,
    /// It ran; the step with this index follows.
    Goto(usize),
    /// It ran, and the thread has ended.
    End,
    /// It cannot run now.
    Blocked,
}

/// A step of the thread with this number, on the shared state.
pub type Action<S> = fn(&mut S, usize) -> Step;

/// One list of steps for each thread. A thread also ends behind its last step.
pub struct Program<S> {
    pub start: S,
    pub threads: Vec<Vec<Action<S>>>,
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    AllDone,
    Stuck,
}

/// An execution, from its start to its end.
pub struct Execution<S> {
    pub ended: Ended,
    pub state: S,
    /// How many threads could run, step by step.
    pub ready: Vec<usize>,
}

impl<S: Clone> Program<S> {
    /// Runs under `schedule`: each entry picks one of the threads that can run; behind its end the first of them runs.
    pub fn run(&self, schedule: &[usize]) -> Execution<S> {
        let mut state = self.start.clone();
        let mut at = vec![0; self.threads.len()];
        let mut ready = Vec::new();
        loop {
            assert!(ready.len() < 1_000, "the program does not end");
            // Every thread takes its step on a copy: the copy that is picked becomes the state.
            let next: Vec<_> = (0..at.len())
                .filter_map(|thread| {
                    let action = self.threads[thread].get(at[thread])?;
                    let mut copy = state.clone();
                    let then = match action(&mut copy, thread) {
                        Step::Next => at[thread] + 1,
                        Step::Goto(step) => step,
                        Step::End => self.threads[thread].len(),
                        Step::Blocked => return None,
                    };
                    Some((thread, then, copy))
                })
                .collect();
            if next.is_empty() {
                let all_done = at.iter().zip(&self.threads).all(|(at, t)| *at == t.len());
                let ended = if all_done {
                    Ended::AllDone
                } else {
                    Ended::Stuck
                };
                return Execution {
                    ended,
                    state,
                    ready,
                };
            }
            let pick = schedule
                .get(ready.len())
                .map_or(0, |pick| pick % next.len());
            ready.push(next.len());
            let (thread, then, copy) = next.into_iter().nth(pick).expect("a pick among them");
            at[thread] = then;
            state = copy;
        }
    }

    /// What `view` makes of every execution there is.
    pub fn all<T: Ord>(&self, view: impl Fn(&Execution<S>) -> T) -> BTreeSet<T> {
        let mut views = BTreeSet::new();
        let mut schedule = Vec::new();
        loop {
            let execution = self.run(&schedule);
            views.insert(view(&execution));
            // The next schedule in lexical order: the last pick that can still grow does.
            schedule.resize(execution.ready.len(), 0);
            while let Some(pick) = schedule.pop() {
                if pick + 1 < execution.ready[schedule.len()] {
                    schedule.push(pick + 1);
                    break;
                }
            }
            if schedule.is_empty() {
                return views;
            }
        }
    }

    /// Lets proptest look for a schedule whose execution breaks `invariant`, and shrink it. `None` if it finds none.
    pub fn find(&self, invariant: impl Fn(&Execution<S>) -> bool) -> Option<Vec<usize>> {
        let config = Config {
            cases: 1_000,
            failure_persistence: None, // found anew in each run, from the same seed
            ..Config::default()
        };
        let mut runner =
            TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        let schedules = prop::collection::vec(0..self.threads.len(), 0..24);
        let result = runner.run(&schedules, |schedule| {
            prop_assert!(invariant(&self.run(&schedule)));
            Ok(())
        });
        match result {
            Ok(()) => None,
            Err(TestError::Fail(_, mut schedule)) => {
                // What follows the end is a pick of 0 anyway; proptest does not know that.
                let last = schedule.iter().rposition(|&pick| pick != 0);
                schedule.truncate(last.map_or(0, |last| last + 1));
                Some(schedule)
            }
            Err(TestError::Abort(reason)) => panic!("proptest gave up: {reason}"),
        }
    }
}

/// A lock: who holds it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lock(Option<usize>);

impl Lock {
    pub fn take(&mut self, thread: usize) -> Step {
        if self.0.is_some() {
            return Step::Blocked;
        }
        self.0 = Some(thread);
        Step::Next
    }

    pub fn free(&mut self, thread: usize) {
        assert_eq!(self.0.take(), Some(thread), "only the holder unlocks");
    }
}

/// A condition variable: who sleeps, in the order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Bell(Vec<usize>);

impl Bell {
    /// Unlocks and falls asleep, in one step.
    pub fn sleep(&mut self, lock: &mut Lock, thread: usize) {
        lock.free(thread);
        self.0.push(thread);
    }

    /// Wakes the first sleeper. Nobody there: the notification is gone.
    pub fn ring(&mut self) {
        if !self.0.is_empty() {
            self.0.remove(0);
        }
    }

    /// Blocked until woken, and until the lock is free.
    pub fn wake(&self, lock: &mut Lock, thread: usize) -> Step {
        if self.0.contains(&thread) {
            return Step::Blocked;
        }
        lock.take(thread)
    }
}
