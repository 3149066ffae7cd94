//! The work-stealing deque: the owner's end is a stack, the thieves' end gives the oldest.

use std::collections::VecDeque;
use std::fmt::{self, Display};

use proptest::prelude::*;
use racecourse::lockfree::{Steal, Stealer, Worker};

use crate::checker::Spec;
use crate::programs::{holds, program};
use crate::run::{LaneOf, Subject};

/// What the owner does. A thief steals, whatever it says.
#[derive(Clone, Copy, Debug)]
enum Act {
    Push,
    Pop,
}

#[derive(Clone, Debug)]
enum Op {
    Push(u8),
    Pop,
    Steal,
}

impl Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Push(value) => write!(f, "push {value}"),
            Self::Pop => write!(f, "pop"),
            Self::Steal => write!(f, "steal"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ret {
    Done,
    Item(u8),
    Empty,
    Retry,
}

impl Display for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(item) => write!(f, "{item}"),
            other => f.write_str(&format!("{other:?}").to_lowercase()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Deque(VecDeque<u8>);

impl Spec for Deque {
    type Op = Op;
    type Ret = Ret;

    fn step(&self, _call: usize, op: &Op, _point: u8, ret: Option<&Ret>) -> Option<Self> {
        let mut after = self.clone();
        let gives = match op {
            Op::Push(value) => {
                after.0.push_back(*value);
                Ret::Done
            }
            Op::Pop => after.0.pop_back().map_or(Ret::Empty, Ret::Item),
            // It promises nothing, and takes nothing.
            Op::Steal if ret == Some(&Ret::Retry) => Ret::Retry,
            Op::Steal => after.0.pop_front().map_or(Ret::Empty, Ret::Item),
        };
        ret.is_none_or(|ret| *ret == gives).then_some(after)
    }
}

/// The first thread is the owner.
enum Hand {
    Owner(Worker<u8>),
    Thief(Stealer<u8>),
}

struct Of(Stealer<u8>);

fn steal(thief: &Stealer<u8>) -> Ret {
    match thief.steal() {
        Steal::Success(item) => Ret::Item(item),
        Steal::Empty => Ret::Empty,
        Steal::Retry => Ret::Retry,
    }
}

impl Subject for Of {
    /// The capacity to begin with.
    type Config = usize;
    type Act = Act;
    type Hand = Hand;
    type Spec = Deque;

    fn spec(_capacity: &usize) -> Deque {
        Deque(VecDeque::new())
    }

    fn start(capacity: &usize, threads: usize) -> (Self, Vec<Hand>) {
        let worker = Worker::with_capacity(*capacity);
        let stealer = worker.stealer();
        let mut hands = vec![Hand::Owner(worker)];
        hands.extend((1..threads).map(|_| Hand::Thief(stealer.clone())));
        (Self(stealer), hands)
    }

    fn perform(&self, hand: &mut Hand, act: &Act, lane: &mut LaneOf<'_, Self>) {
        match (hand, act) {
            (Hand::Owner(worker), Act::Push) => {
                let value = lane.value();
                lane.plain(Op::Push(value), || {
                    worker.push(value);
                    Ret::Done
                });
            }
            (Hand::Owner(worker), Act::Pop) => {
                lane.plain(Op::Pop, || worker.pop().map_or(Ret::Empty, Ret::Item));
            }
            (Hand::Thief(thief), _) => lane.plain(Op::Steal, || steal(thief)),
        }
    }

    fn finish(self, lane: &mut LaneOf<'_, Self>) {
        // Nothing is lost: what is left is there, and nobody disturbs any more.
        let mut emptied = false;
        while !emptied {
            lane.plain(Op::Steal, || {
                let ret = steal(&self.0);
                assert_ne!(ret, Ret::Retry, "nobody else steals");
                emptied = ret == Ret::Empty;
                ret
            });
        }
    }
}

#[test]
fn the_deque_gives_each_item_once_at_one_of_its_ends() {
    let act = prop_oneof![3 => Just(Act::Push), 2 => Just(Act::Pop)];
    holds::<Of>((1..=4_usize, program(act, 3, 7)));
}
