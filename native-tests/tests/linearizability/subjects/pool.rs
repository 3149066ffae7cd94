//! Pools: each task runs once, between its submission and its result, or is handed back.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use proptest::prelude::*;
use racecourse::pool::{Executor, Shutdown, Task, TaskError, ThreadPool};

use crate::checker::{Call, Spec};
use crate::programs::{holds, program};
use crate::run::{Lane, LaneOf, Notes, Subject, lock};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Submit {
        fails: bool,
    },
    /// Waits for the task that this thread submitted last.
    Join,
    Cancel,
    /// Nobody will ask for the result of the last.
    Detach,
    Shutdown(Shutdown),
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Submit(u8),
    Start(u8),
    End {
        task: u8,
        fails: bool,
    },
    Join(u8),
    Cancel(u8),
    Shutdown(Shutdown),
    /// How often it was begun, counted when all was over.
    Count(u8),
}

impl Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Submit(task) => write!(f, "submit {task}"),
            Self::Start(task) => write!(f, "start {task}"),
            Self::End { task, fails: false } => write!(f, "end {task}"),
            Self::End { task, fails: true } => write!(f, "fail {task}"),
            Self::Join(task) => write!(f, "join {task}"),
            Self::Cancel(task) => write!(f, "cancel {task}"),
            Self::Shutdown(how) => write!(f, "shutdown {how:?}"),
            Self::Count(task) => write!(f, "count {task}"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ret {
    Done,
    Value(u8),
    Failed,
    Cancelled,
    Shutdown,
    Yes,
    No,
    Times(usize),
}

impl Display for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::Times(times) => write!(f, "{times}"),
            other => f.write_str(&format!("{other:?}").to_lowercase()),
        }
    }
}

fn of_join(result: Result<u8, TaskError>) -> Ret {
    match result {
        Ok(value) => Ret::Value(value),
        Err(TaskError::Panicked(_)) => Ret::Failed,
        #[cfg(unix)]
        Err(TaskError::Lost(_)) => Ret::Failed,
        Err(TaskError::Cancelled) => Ret::Cancelled,
        Err(TaskError::Shutdown) => Ret::Shutdown,
        Err(other) => panic!("{other}"),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Queued,
    Running,
    Ended(Ended),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Ended {
    Well,
    Badly,
    Cancelled,
    Shutdown,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tasks {
    /// How many run at a time.
    workers: usize,
    /// Whether it is written down when they run.
    seen: bool,
    open: bool,
    /// Whether it has ended with its queued tasks dropped.
    dropped: bool,
    stages: BTreeMap<u8, Stage>,
    /// Oldest first.
    queue: Vec<u8>,
}

impl Tasks {
    pub(crate) fn new(workers: usize, seen: bool) -> Self {
        Self {
            workers,
            seen,
            open: true,
            dropped: false,
            stages: BTreeMap::new(),
            queue: Vec::new(),
        }
    }

    fn end(&mut self, task: u8, how: Ended) {
        self.queue.retain(|queued| *queued != task);
        self.stages.insert(task, Stage::Ended(how));
    }

    fn running(&self) -> usize {
        let stages = self.stages.values();
        stages.filter(|stage| **stage == Stage::Running).count()
    }

    /// What the join of a task gives, `None` if that is not known yet.
    fn outcome(&self, task: u8) -> Option<Ret> {
        match self.stages.get(&task)? {
            Stage::Queued | Stage::Running => None,
            Stage::Ended(Ended::Well) => Some(Ret::Value(task)),
            Stage::Ended(Ended::Badly) => Some(Ret::Failed),
            Stage::Ended(Ended::Cancelled) => Some(Ret::Cancelled),
            Stage::Ended(Ended::Shutdown) => Some(Ret::Shutdown),
        }
    }
}

impl Spec for Tasks {
    type Op = Op;
    type Ret = Ret;

    fn points(op: &Op) -> u8 {
        match op {
            Op::Shutdown(Shutdown::Drain) => 2,
            _ => 1,
        }
    }

    fn step(&self, _call: usize, op: &Op, point: u8, ret: Option<&Ret>) -> Option<Self> {
        let mut after = self.clone();
        let gives = match *op {
            Op::Submit(task) if self.open => {
                after.stages.insert(task, Stage::Queued);
                after.queue.push(task);
                Ret::Done
            }
            Op::Submit(task) => {
                after.end(task, Ended::Shutdown);
                Ret::Done
            }
            // About the oldest first: a worker may take several at a time. Never more run than there are workers.
            Op::Start(task) if self.queue.contains(&task) && self.running() < self.workers => {
                after.queue.retain(|queued| *queued != task);
                after.stages.insert(task, Stage::Running);
                Ret::Done
            }
            Op::Start(_) => return None,
            Op::End { task, fails } => {
                if self.stages.get(&task) != Some(&Stage::Running) {
                    return None;
                }
                after.end(task, if fails { Ended::Badly } else { Ended::Well });
                Ret::Done
            }
            Op::Join(task) => match (self.outcome(task), ret) {
                (Some(outcome), _) => outcome,
                // It goes on by itself: a worker will come.
                (None, None) => return Some(after),
                (None, Some(ret)) if !self.seen => {
                    match ret {
                        Ret::Value(_) => after.end(task, Ended::Well),
                        Ret::Failed => after.end(task, Ended::Badly),
                        Ret::Shutdown if self.dropped => after.end(task, Ended::Shutdown),
                        _ => return None,
                    }
                    after.outcome(task)?
                }
                (None, Some(_)) => return None,
            },
            Op::Cancel(task) => match self.stages.get(&task)? {
                Stage::Queued if !self.seen && ret == Some(&Ret::No) => Ret::No,
                Stage::Queued => {
                    after.end(task, Ended::Cancelled);
                    Ret::Yes
                }
                _ => Ret::No,
            },
            Op::Shutdown(Shutdown::Immediate) => {
                after.open = false;
                after.dropped = true;
                if !self.seen {
                    // Who runs is not known: each queued task may be dropped, or run.
                    return Some(after);
                }
                for task in std::mem::take(&mut after.queue) {
                    after.end(task, Ended::Shutdown);
                }
                Ret::Done
            }
            Op::Shutdown(Shutdown::Drain) if point == 0 => {
                after.open = false;
                return Some(after);
            }
            Op::Shutdown(Shutdown::Drain) => {
                let waits = self.queue.len() + self.running() > 0;
                if waits && self.seen && ret.is_some() {
                    return None;
                }
                Ret::Done
            }
            Op::Count(task) => {
                // Once, if it ended by itself; never, if it was handed back; of what nobody asked for, either.
                let right: &[usize] = match self.stages.get(&task)? {
                    Stage::Queued | Stage::Running => &[0, 1],
                    Stage::Ended(Ended::Well | Ended::Badly) => &[1],
                    Stage::Ended(Ended::Cancelled | Ended::Shutdown) => &[0],
                };
                let Some(Ret::Times(times)) = ret else {
                    return Some(after);
                };
                return right.contains(times).then_some(after);
            }
        };
        ret.is_none_or(|ret| *ret == gives).then_some(after)
    }
}

/// The tasks that a thread has submitted and not let go.
pub(crate) type Hand = Vec<(u8, Task<u8>)>;

/// One step on any pool; how a task is submitted is the pool's own.
pub(crate) fn perform(
    pool: &impl Executor,
    hand: &mut Hand,
    act: Act,
    lane: &mut Lane<'_, Op, Ret>,
    submit: impl FnOnce(bool, &mut Lane<'_, Op, Ret>) -> (u8, Task<u8>),
) {
    match act {
        Act::Submit { fails } => hand.push(submit(fails, lane)),
        Act::Join => {
            let Some((number, task)) = hand.pop() else {
                return;
            };
            lane.plain(Op::Join(number), || of_join(task.join()));
        }
        Act::Cancel => {
            let Some((number, task)) = hand.last() else {
                return;
            };
            lane.plain(Op::Cancel(*number), || match task.cancel() {
                true => Ret::Yes,
                false => Ret::No,
            });
        }
        Act::Detach => drop(hand.pop()),
        Act::Shutdown(how) => lane.plain(Op::Shutdown(how), || {
            pool.shutdown(how);
            Ret::Done
        }),
    }
}

struct Threads {
    pool: ThreadPool,
    workers: Arc<Mutex<Vec<ThreadId>>>,
    /// The lane of the first worker.
    first: usize,
}

/// What a task does: it writes down that it runs.
fn task(
    number: u8,
    fails: bool,
    submitted: u64,
    notes: Notes<Op, Ret>,
    lane: impl FnOnce() -> usize,
) -> u8 {
    let (invoked, started) = (notes.clock.now(), notes.clock.now());
    let lane = lane();
    notes.note(Call {
        lane,
        op: Op::Start(number),
        invoked,
        earliest: submitted,
        returned: Some((started, Ret::Done)),
    });
    for _ in 0..(u32::from(number) * 37) % 100 {
        std::hint::spin_loop();
    }
    let invoked = notes.clock.now();
    notes.note(Call {
        lane,
        op: Op::End {
            task: number,
            fails,
        },
        invoked,
        earliest: invoked,
        // Its end is seen by whoever joins it, some time later.
        returned: None,
    });
    if fails {
        // Without a word on the standard error.
        resume_unwind(Box::new("as planned"));
    }
    number
}

impl Subject for Threads {
    type Config = usize;
    type Act = Act;
    type Hand = Hand;
    type Spec = Tasks;

    fn spec(workers: &usize) -> Tasks {
        Tasks::new(*workers, true)
    }

    fn start(workers: &usize, threads: usize) -> (Self, Vec<Self::Hand>) {
        let this = Self {
            pool: ThreadPool::new(*workers),
            workers: Arc::default(),
            first: threads + 1,
        };
        (this, (0..threads).map(|_| Vec::new()).collect())
    }

    fn perform(&self, hand: &mut Self::Hand, act: &Act, lane: &mut LaneOf<'_, Self>) {
        perform(&self.pool, hand, *act, lane, |fails, lane| {
            let number = lane.value();
            let (notes, workers, first) = (lane.notes(), Arc::clone(&self.workers), self.first);
            let submitted = notes.clock.now();
            let lane_of_this = move || {
                let mut workers = lock(&workers);
                let me = thread::current().id();
                let place = workers.iter().position(|worker| *worker == me);
                first
                    + place.unwrap_or_else(|| {
                        workers.push(me);
                        workers.len() - 1
                    })
            };
            let submit = || {
                let job = move || task(number, fails, submitted, notes, lane_of_this);
                (Ret::Done, self.pool.submit(job))
            };
            (number, lane.call(Op::Submit(number), submit))
        });
    }

    fn leave(&self, mut hand: Self::Hand, lane: &mut LaneOf<'_, Self>) {
        while !hand.is_empty() {
            self.perform(&mut hand, &Act::Join, lane);
        }
    }

    fn release(&self, _lane: &mut LaneOf<'_, Self>) {
        self.pool.shutdown(Shutdown::Immediate);
    }

    fn finish(self, lane: &mut LaneOf<'_, Self>) {
        // Nothing runs any more once this has returned.
        lane.plain(Op::Shutdown(Shutdown::Drain), || {
            drop(self.pool);
            Ret::Done
        });
    }
}

pub(crate) fn tasks() -> impl Strategy<Value = Act> + Clone {
    prop_oneof![
        6 => Just(Act::Submit { fails: false }),
        1 => Just(Act::Submit { fails: true }),
        4 => Just(Act::Join),
        2 => Just(Act::Cancel),
        1 => Just(Act::Detach),
    ]
}

pub(crate) fn tasks_until_the_end() -> impl Strategy<Value = Act> + Clone {
    prop_oneof![
        8 => tasks(),
        1 => Just(Act::Shutdown(Shutdown::Drain)),
        1 => Just(Act::Shutdown(Shutdown::Immediate)),
    ]
}

#[test]
fn a_pool_of_threads_runs_each_task_once() {
    holds::<Threads>((1..=2_usize, program(tasks(), 3, 4)));
}

#[test]
fn a_pool_of_threads_ends_in_one_instant() {
    holds::<Threads>((1..=2_usize, program(tasks_until_the_end(), 3, 4)));
}
