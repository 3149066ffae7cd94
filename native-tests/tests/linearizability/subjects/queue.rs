//! Queues: first in, first out.

use std::collections::VecDeque;
use std::fmt::{self, Display};
use std::time::Duration;

use proptest::prelude::*;
use racecourse::lockfree;
use racecourse::queue::{BoundedQueue, GetError, PutError, RingBuffer, Shutdown};

use crate::checker::Spec;
use crate::programs::{holds, program};
use crate::run::{LaneOf, Subject};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Put,
    TryPut,
    PutTimeout,
    Get,
    TryGet,
    GetTimeout,
    Len,
    TaskDone,
    Join,
    Shutdown(Shutdown),
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Put(u8),
    TryPut(u8),
    PutTimeout(u8),
    Get,
    TryGet,
    GetTimeout,
    Len,
    TaskDone,
    Join,
    Shutdown(Shutdown),
    /// Closes, and takes what is there in a second step.
    CloseAndTake,
    /// The sender is gone, and puts no more.
    SenderLeaves,
    /// The receiver is gone, and with it what is there.
    ReceiverLeaves,
}

impl Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(value) => write!(f, "put {value}"),
            Self::TryPut(value) => write!(f, "try_put {value}"),
            Self::PutTimeout(value) => write!(f, "put_timeout {value}"),
            Self::Get => write!(f, "get"),
            Self::TryGet => write!(f, "try_get"),
            Self::GetTimeout => write!(f, "get_timeout"),
            Self::Len => write!(f, "len"),
            Self::TaskDone => write!(f, "task_done"),
            Self::Join => write!(f, "join"),
            Self::Shutdown(how) => write!(f, "shutdown {how:?}"),
            Self::CloseAndTake => write!(f, "shutdown Immediate"),
            Self::SenderLeaves | Self::ReceiverLeaves => write!(f, "leave"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ret {
    Done,
    Item(u8),
    Len(usize),
    Items(Vec<u8>),
    Full,
    Empty,
    Closed,
    Timeout,
    TooMany,
}

impl Display for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => write!(f, "done"),
            Self::Item(value) => write!(f, "{value}"),
            Self::Len(len) => write!(f, "{len}"),
            Self::Items(items) => write!(f, "{items:?}"),
            Self::Full => write!(f, "full"),
            Self::Empty => write!(f, "empty"),
            Self::Closed => write!(f, "closed"),
            Self::Timeout => write!(f, "timeout"),
            Self::TooMany => write!(f, "too many"),
        }
    }
}

pub(crate) fn of_put(result: Result<(), PutError<u8>>) -> Ret {
    match result {
        Ok(()) => Ret::Done,
        Err(PutError::Full(_)) => Ret::Full,
        Err(PutError::Closed(_)) => Ret::Closed,
        Err(PutError::Timeout(_)) => Ret::Timeout,
    }
}

pub(crate) fn of_get(result: Result<u8, GetError>) -> Ret {
    match result {
        Ok(item) => Ret::Item(item),
        Err(GetError::Empty) => Ret::Empty,
        Err(GetError::Closed) => Ret::Closed,
        Err(GetError::Timeout) => Ret::Timeout,
    }
}

/// Python's `queue.Queue` in one thread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Queue {
    pub(crate) items: VecDeque<u8>,
    pub(crate) capacity: usize,
    pub(crate) closed: bool,
    pub(crate) unfinished: usize,
}

impl Queue {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            items: VecDeque::new(),
            capacity,
            closed: false,
            unfinished: 0,
        }
    }

    /// What `op` gives, having changed the queue; `None` if it has to wait.
    fn give(&mut self, op: &Op) -> Option<Ret> {
        Some(match op {
            Op::Put(value) | Op::TryPut(value) | Op::PutTimeout(value) => {
                if self.closed {
                    return Some(Ret::Closed);
                } else if self.items.len() < self.capacity {
                    self.items.push_back(*value);
                    self.unfinished += 1;
                    return Some(Ret::Done);
                }
                match op {
                    Op::TryPut(_) => Ret::Full,
                    Op::PutTimeout(_) => Ret::Timeout,
                    _ => return None,
                }
            }
            Op::Get | Op::TryGet | Op::GetTimeout => match self.items.pop_front() {
                Some(item) => Ret::Item(item),
                None if self.closed => Ret::Closed,
                None => match op {
                    Op::TryGet => Ret::Empty,
                    Op::GetTimeout => Ret::Timeout,
                    _ => return None,
                },
            },
            Op::Len => Ret::Len(self.items.len()),
            Op::TaskDone if self.unfinished == 0 => Ret::TooMany,
            Op::TaskDone => {
                self.unfinished -= 1;
                Ret::Done
            }
            Op::Join if self.unfinished > 0 => return None,
            Op::Join => Ret::Done,
            Op::Shutdown(how) => {
                self.closed = true;
                if *how == Shutdown::Drain {
                    return Some(Ret::Items(Vec::new()));
                }
                let items: Vec<_> = self.items.drain(..).collect();
                // Some may have been reported before they were got.
                self.unfinished = self.unfinished.saturating_sub(items.len());
                Ret::Items(items)
            }
            Op::CloseAndTake => Ret::Items(self.items.drain(..).collect()),
            Op::SenderLeaves => {
                self.closed = true;
                Ret::Done
            }
            Op::ReceiverLeaves => {
                self.closed = true;
                self.items.clear();
                Ret::Done
            }
        })
    }
}

impl Spec for Queue {
    type Op = Op;
    type Ret = Ret;

    fn points(op: &Op) -> u8 {
        match op {
            Op::CloseAndTake => 2,
            _ => 1,
        }
    }

    fn step(&self, _call: usize, op: &Op, point: u8, ret: Option<&Ret>) -> Option<Self> {
        let mut after = self.clone();
        if matches!(op, Op::CloseAndTake) && point == 0 {
            after.closed = true;
            return Some(after);
        }
        let gives = after.give(op)?;
        ret.is_none_or(|ret| *ret == gives).then_some(after)
    }
}

/// A queue of whatever kind that lets nobody wait.
pub(crate) trait Tries: Sync + Sized {
    fn new(capacity: usize) -> Self;
    fn try_put(&self, value: u8) -> bool;
    fn try_get(&self) -> Option<u8>;
    fn len(&self) -> usize;
}

pub(crate) struct Of<Q>(pub(crate) Q);

impl<Q: Tries> Subject for Of<Q> {
    type Config = usize;
    type Act = Act;
    type Hand = ();
    type Spec = Queue;

    fn spec(capacity: &usize) -> Queue {
        Queue::new(*capacity)
    }

    fn start(capacity: &usize, threads: usize) -> (Self, Vec<()>) {
        (Self(Q::new(*capacity)), vec![(); threads])
    }

    fn perform(&self, _hand: &mut (), act: &Act, lane: &mut LaneOf<'_, Self>) {
        match act {
            Act::TryPut => {
                let value = lane.value();
                lane.plain(Op::TryPut(value), || match self.0.try_put(value) {
                    true => Ret::Done,
                    false => Ret::Full,
                });
            }
            Act::TryGet => lane.plain(Op::TryGet, || {
                self.0.try_get().map_or(Ret::Empty, Ret::Item)
            }),
            Act::Len => lane.plain(Op::Len, || Ret::Len(self.0.len())),
            other => unreachable!("{other:?} waits"),
        }
    }

    fn finish(self, lane: &mut LaneOf<'_, Self>) {
        // Nothing is lost: what is left is there.
        let mut emptied = false;
        while !emptied {
            lane.plain(Op::TryGet, || match self.0.try_get() {
                Some(item) => Ret::Item(item),
                None => {
                    emptied = true;
                    Ret::Empty
                }
            });
        }
    }
}

/// Steps that do not wait.
pub(crate) fn tries() -> impl Strategy<Value = Act> + Clone {
    prop_oneof![3 => Just(Act::TryPut), 3 => Just(Act::TryGet), 1 => Just(Act::Len)]
}

const SHORT: Duration = Duration::from_micros(50);

/// A queue of whatever kind whose ends wait.
pub(crate) trait Waits: Sync + Sized {
    /// Whether an immediate shutdown is one step.
    const AT_ONCE: bool;

    fn new(capacity: usize) -> Self;
    fn put(&self, item: u8) -> Result<(), PutError<u8>>;
    fn try_put(&self, item: u8) -> Result<(), PutError<u8>>;
    fn put_timeout(&self, item: u8, timeout: Duration) -> Result<(), PutError<u8>>;
    fn get(&self) -> Result<u8, GetError>;
    fn try_get(&self) -> Result<u8, GetError>;
    fn get_timeout(&self, timeout: Duration) -> Result<u8, GetError>;
    fn len(&self) -> usize;
    fn shutdown(&self, how: Shutdown) -> Vec<u8>;

    /// That counts what is done, if it does.
    fn counts(&self) -> Option<&BoundedQueue<u8>>;
}

macro_rules! waits {
    ($($queue:ident $at_once:literal $counts:expr;)*) => {$(
        impl Waits for $queue<u8> {
            const AT_ONCE: bool = $at_once;

            fn new(capacity: usize) -> Self {
                Self::new(capacity)
            }
            fn put(&self, item: u8) -> Result<(), PutError<u8>> {
                self.put(item)
            }
            fn try_put(&self, item: u8) -> Result<(), PutError<u8>> {
                self.try_put(item)
            }
            fn put_timeout(&self, item: u8, timeout: Duration) -> Result<(), PutError<u8>> {
                self.put_timeout(item, timeout)
            }
            fn get(&self) -> Result<u8, GetError> {
                self.get()
            }
            fn try_get(&self) -> Result<u8, GetError> {
                self.try_get()
            }
            fn get_timeout(&self, timeout: Duration) -> Result<u8, GetError> {
                self.get_timeout(timeout)
            }
            fn len(&self) -> usize {
                self.len()
            }
            fn shutdown(&self, how: Shutdown) -> Vec<u8> {
                self.shutdown(how)
            }
            fn counts(&self) -> Option<&BoundedQueue<u8>> {
                let counts: fn(&Self) -> Option<&BoundedQueue<u8>> = $counts;
                counts(self)
            }
        }
    )*};
}

waits! {
    BoundedQueue true |queue| Some(queue);
    RingBuffer false |_| None;
}

pub(crate) struct Waiting<Q>(Q);

impl<Q: Waits> Subject for Waiting<Q> {
    type Config = usize;
    type Act = Act;
    type Hand = ();
    type Spec = Queue;

    fn spec(capacity: &usize) -> Queue {
        Queue::new(*capacity)
    }

    fn start(capacity: &usize, threads: usize) -> (Self, Vec<()>) {
        (Self(Q::new(*capacity)), vec![(); threads])
    }

    fn perform(&self, _hand: &mut (), act: &Act, lane: &mut LaneOf<'_, Self>) {
        let queue = &self.0;
        let value = lane.value();
        match act {
            Act::Put => lane.plain(Op::Put(value), || of_put(queue.put(value))),
            Act::TryPut => lane.plain(Op::TryPut(value), || of_put(queue.try_put(value))),
            Act::PutTimeout => lane.plain(Op::PutTimeout(value), || {
                of_put(queue.put_timeout(value, SHORT))
            }),
            Act::Get => lane.plain(Op::Get, || of_get(queue.get())),
            Act::TryGet => lane.plain(Op::TryGet, || of_get(queue.try_get())),
            Act::GetTimeout => lane.plain(Op::GetTimeout, || of_get(queue.get_timeout(SHORT))),
            Act::Len => lane.plain(Op::Len, || Ret::Len(queue.len())),
            Act::TaskDone => {
                let counts = queue.counts().expect("it counts");
                lane.plain(Op::TaskDone, || match counts.task_done() {
                    Ok(()) => Ret::Done,
                    Err(_) => Ret::TooMany,
                });
            }
            Act::Join => lane.plain(Op::Join, || {
                queue.counts().expect("it counts").join();
                Ret::Done
            }),
            Act::Shutdown(how) => {
                let op = match how {
                    Shutdown::Immediate if !Q::AT_ONCE => Op::CloseAndTake,
                    how => Op::Shutdown(*how),
                };
                lane.plain(op, || Ret::Items(queue.shutdown(*how)));
            }
        }
    }

    fn release(&self, lane: &mut LaneOf<'_, Self>) {
        // Whoever puts and gets goes on once it is shut down; whoever joins, once all is done.
        self.perform(&mut (), &Act::Shutdown(Shutdown::Immediate), lane);
        while let Some(counts) = self.0.counts()
            && counts.join_timeout(Duration::ZERO).is_err()
        {
            self.perform(&mut (), &Act::TaskDone, lane);
        }
    }

    fn finish(self, lane: &mut LaneOf<'_, Self>) {
        // Nothing is lost: what is left is there.
        self.perform(&mut (), &Act::Shutdown(Shutdown::Immediate), lane);
    }
}

/// Steps of producers and consumers, that wait or do not.
fn puts_and_gets() -> impl Strategy<Value = Act> + Clone {
    prop_oneof![
        4 => Just(Act::Put),
        3 => Just(Act::TryPut),
        1 => Just(Act::PutTimeout),
        4 => Just(Act::Get),
        3 => Just(Act::TryGet),
        1 => Just(Act::GetTimeout),
        1 => Just(Act::Len),
    ]
}

fn and_shutdowns() -> impl Strategy<Value = Act> + Clone {
    prop_oneof![
        6 => puts_and_gets(),
        2 => Just(Act::Shutdown(Shutdown::Drain)),
        1 => Just(Act::Shutdown(Shutdown::Immediate)),
    ]
}

fn is_a_queue<Q: Waits>() {
    holds::<Waiting<Q>>((1..=3_usize, program(puts_and_gets(), 3, 5)));
}

fn ends_in_order<Q: Waits>() {
    holds::<Waiting<Q>>((1..=2_usize, program(and_shutdowns(), 3, 4)));
}

#[test]
fn the_bounded_queue_is_a_queue() {
    is_a_queue::<BoundedQueue<u8>>();
}

#[test]
fn the_bounded_queue_ends_in_one_instant() {
    ends_in_order::<BoundedQueue<u8>>();
}

#[test]
fn the_bounded_queue_counts_what_is_done() {
    let act = prop_oneof![
        3 => puts_and_gets(),
        2 => Just(Act::TaskDone),
        1 => Just(Act::Join),
        1 => Just(Act::Shutdown(Shutdown::Immediate)),
    ];
    holds::<Waiting<BoundedQueue<u8>>>((1..=2_usize, program(act, 3, 4)));
}

#[test]
fn the_ring_is_a_queue() {
    is_a_queue::<RingBuffer<u8>>();
}

#[test]
fn the_ring_ends_in_two_steps() {
    ends_in_order::<RingBuffer<u8>>();
}

/// Without a limit, and without a length.
impl Tries for lockfree::Queue<u8> {
    fn new(_capacity: usize) -> Self {
        // Memory is given back as soon as it can be.
        Self::with_reclamation(1, 1)
    }

    fn try_put(&self, value: u8) -> bool {
        self.push(value);
        true
    }

    fn try_get(&self) -> Option<u8> {
        self.pop()
    }

    fn len(&self) -> usize {
        unreachable!("nobody asks")
    }
}

#[test]
fn the_linked_queue_is_a_queue() {
    let act = prop_oneof![Just(Act::TryPut), Just(Act::TryGet)];
    holds::<Of<lockfree::Queue<u8>>>((Just(usize::MAX), program(act, 3, 6)));
}
