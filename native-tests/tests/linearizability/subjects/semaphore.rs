//! The semaphore, whose waiters are served in order.

use std::fmt::{self, Display};
use std::time::Duration;

use proptest::prelude::*;
use racecourse::Semaphore;
use racecourse::lock::{AcquireError, Permit};

use crate::checker::Spec;
use crate::programs::{holds, program};
use crate::run::{LaneOf, Subject};

#[derive(Clone, Copy, Debug)]
enum Act {
    Acquire(usize),
    TryAcquire(usize),
    AcquireTimeout(usize),
    /// Gives back what this thread took last.
    GiveBack,
    Forget,
    Add(usize),
    Available,
    Close,
}

#[derive(Clone, Debug)]
enum Op {
    Acquire(usize),
    TryAcquire(usize),
    AcquireTimeout(usize),
    GiveBack(usize),
    Forget,
    Add(usize),
    Available,
    Close,
}

impl Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acquire(count) => write!(f, "acquire {count}"),
            Self::TryAcquire(count) => write!(f, "try_acquire {count}"),
            Self::AcquireTimeout(count) => write!(f, "acquire_timeout {count}"),
            Self::GiveBack(count) => write!(f, "give back {count}"),
            Self::Forget => write!(f, "forget"),
            Self::Add(count) => write!(f, "add {count}"),
            Self::Available => write!(f, "available"),
            Self::Close => write!(f, "close"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ret {
    Done,
    Error(AcquireError),
    Count(usize),
}

impl Display for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => write!(f, "done"),
            Self::Error(error) => write!(f, "{error:?}"),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}

/// Permits, and the line of those who wait for some. What comes back goes to the head of the line at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Permits {
    available: usize,
    closed: bool,
    /// Calls with what they need, oldest first.
    line: Vec<(usize, usize)>,
    /// Calls that were served and have not returned.
    served: Vec<usize>,
}

impl Permits {
    fn takes(&mut self, count: usize) -> Ret {
        if self.closed {
            Ret::Error(AcquireError::Closed)
        } else if count > self.available || !self.line.is_empty() && count > 0 {
            Ret::Error(AcquireError::NoPermits)
        } else {
            self.available -= count;
            Ret::Done
        }
    }

    fn serve(&mut self) {
        while !self.closed
            && let Some((call, need)) = self.line.first().copied()
            && need <= self.available
        {
            self.available -= need;
            self.served.push(call);
            self.line.remove(0);
        }
    }

    /// First a call joins the line, or is served at once; then it leaves it.
    fn waits(&self, call: usize, count: usize, point: u8, ret: Option<&Ret>) -> Option<Self> {
        let mut after = self.clone();
        if point == 0 {
            match after.takes(count) {
                Ret::Done => after.served.push(call),
                _ => after.line.push((call, count)),
            }
            return Some(after);
        }
        if let Some(place) = after.served.iter().position(|served| *served == call) {
            after.served.remove(place);
            return ret.is_none_or(|ret| *ret == Ret::Done).then_some(after);
        }
        let gives = match ret {
            _ if after.closed => Ret::Error(AcquireError::Closed),
            Some(Ret::Error(AcquireError::Timeout)) => Ret::Error(AcquireError::Timeout),
            _ => return None,
        };
        after.line.retain(|(waiting, _)| *waiting != call);
        after.serve();
        let timed_out = Ret::Error(AcquireError::Timeout);
        ret.is_none_or(|ret| *ret == gives || *ret == timed_out)
            .then_some(after)
    }
}

impl Spec for Permits {
    type Op = Op;
    type Ret = Ret;

    fn points(op: &Op) -> u8 {
        match op {
            Op::Acquire(_) | Op::AcquireTimeout(_) => 2,
            _ => 1,
        }
    }

    fn step(&self, call: usize, op: &Op, point: u8, ret: Option<&Ret>) -> Option<Self> {
        let mut after = self.clone();
        let gives = match op {
            Op::Acquire(count) | Op::AcquireTimeout(count) => {
                return self.waits(call, *count, point, ret);
            }
            Op::TryAcquire(count) => after.takes(*count),
            Op::GiveBack(count) | Op::Add(count) => {
                after.available += count;
                after.serve();
                Ret::Done
            }
            Op::Forget => Ret::Done,
            Op::Available => Ret::Count(after.available),
            Op::Close => {
                after.closed = true;
                Ret::Done
            }
        };
        ret.is_none_or(|ret| *ret == gives).then_some(after)
    }
}

/// On the heap, so that permits can refer to it. Freed at the end.
struct Of(&'static Semaphore);

fn of(result: Result<Permit<'static>, AcquireError>) -> (Ret, Option<Permit<'static>>) {
    match result {
        Ok(permit) => (Ret::Done, Some(permit)),
        Err(error) => (Ret::Error(error), None),
    }
}

impl Subject for Of {
    type Config = usize;
    type Act = Act;
    type Hand = Vec<Permit<'static>>;
    type Spec = Permits;

    fn spec(permits: &usize) -> Permits {
        Permits {
            available: *permits,
            closed: false,
            line: Vec::new(),
            served: Vec::new(),
        }
    }

    fn start(permits: &usize, threads: usize) -> (Self, Vec<Self::Hand>) {
        let semaphore = Box::leak(Box::new(Semaphore::new(*permits)));
        let hands = (0..threads).map(|_| Vec::new()).collect();
        (Self(semaphore), hands)
    }

    fn perform(&self, hand: &mut Self::Hand, act: &Act, lane: &mut LaneOf<'_, Self>) {
        let semaphore = self.0;
        let permit = match *act {
            Act::Acquire(count) => lane.call(Op::Acquire(count), || {
                of(match count {
                    1 => semaphore.acquire(),
                    _ => semaphore.acquire_many(count),
                })
            }),
            Act::TryAcquire(count) => lane.call(Op::TryAcquire(count), || {
                of(semaphore.try_acquire_many(count))
            }),
            Act::AcquireTimeout(count) => lane.call(Op::AcquireTimeout(count), || {
                of(semaphore.acquire_many_timeout(count, Duration::from_micros(50)))
            }),
            Act::GiveBack => {
                let Some(permit) = hand.pop() else { return };
                return lane.plain(Op::GiveBack(permit.count()), || {
                    drop(permit);
                    Ret::Done
                });
            }
            Act::Forget => {
                let Some(permit) = hand.pop() else { return };
                return lane.plain(Op::Forget, || {
                    permit.forget();
                    Ret::Done
                });
            }
            Act::Add(count) => {
                return lane.plain(Op::Add(count), || {
                    semaphore.add_permits(count);
                    Ret::Done
                });
            }
            Act::Available => {
                return lane.plain(Op::Available, || Ret::Count(semaphore.available_permits()));
            }
            Act::Close => {
                return lane.plain(Op::Close, || {
                    semaphore.close();
                    Ret::Done
                });
            }
        };
        hand.extend(permit);
    }

    fn leave(&self, mut hand: Self::Hand, lane: &mut LaneOf<'_, Self>) {
        while !hand.is_empty() {
            self.perform(&mut hand, &Act::GiveBack, lane);
        }
    }

    fn release(&self, lane: &mut LaneOf<'_, Self>) {
        self.perform(&mut Vec::new(), &Act::Close, lane);
    }

    fn finish(self, lane: &mut LaneOf<'_, Self>) {
        // No permit is lost.
        self.perform(&mut Vec::new(), &Act::Available, lane);
        // SAFETY: it was leaked by `start`; the threads have ended, and their permits with them.
        drop(unsafe { Box::from_raw(std::ptr::from_ref(self.0).cast_mut()) });
    }
}

fn permits() -> impl Strategy<Value = Act> + Clone {
    prop_oneof![
        5 => (1..=2_usize).prop_map(Act::Acquire),
        3 => (1..=2_usize).prop_map(Act::TryAcquire),
        1 => (1..=2_usize).prop_map(Act::AcquireTimeout),
        7 => Just(Act::GiveBack),
        1 => Just(Act::Add(1)),
        1 => Just(Act::Available),
    ]
}

#[test]
fn the_semaphore_serves_in_order() {
    holds::<Of>((0..=2_usize, program(permits(), 3, 5)));
}

#[test]
fn the_semaphore_closes_in_one_instant() {
    let act = prop_oneof![8 => permits(), 1 => Just(Act::Close), 1 => Just(Act::Forget)];
    holds::<Of>((0..=2_usize, program(act, 3, 4)));
}
