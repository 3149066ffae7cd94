//! Stacks: last in, first out.

use std::fmt::{self, Display};

use proptest::prelude::*;
use racecourse::lockfree;

use crate::checker::Spec;
use crate::programs::{holds, program};
use crate::run::{LaneOf, Subject};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Push,
    Pop,
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Push(u8),
    Pop,
}

impl Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Push(value) => write!(f, "push {value}"),
            Self::Pop => write!(f, "pop"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ret {
    Done,
    Item(u8),
    Empty,
}

impl Display for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => write!(f, "done"),
            Self::Item(item) => write!(f, "{item}"),
            Self::Empty => write!(f, "empty"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stack(pub(crate) Vec<u8>);

impl Spec for Stack {
    type Op = Op;
    type Ret = Ret;

    fn step(&self, _call: usize, op: &Op, _point: u8, ret: Option<&Ret>) -> Option<Self> {
        let mut after = self.clone();
        let gives = match op {
            Op::Push(value) => {
                after.0.push(*value);
                Ret::Done
            }
            Op::Pop => after.0.pop().map_or(Ret::Empty, Ret::Item),
        };
        ret.is_none_or(|ret| *ret == gives).then_some(after)
    }
}

/// A stack of whatever kind.
pub(crate) trait Stacks: Sync + Sized {
    fn new() -> Self;
    fn push(&self, value: u8);
    fn pop(&self) -> Option<u8>;
}

pub(crate) struct Of<S>(S);

impl<S: Stacks> Subject for Of<S> {
    type Config = ();
    type Act = Act;
    type Hand = ();
    type Spec = Stack;

    fn spec((): &()) -> Stack {
        Stack(Vec::new())
    }

    fn start((): &(), threads: usize) -> (Self, Vec<()>) {
        (Self(S::new()), vec![(); threads])
    }

    fn perform(&self, _hand: &mut (), act: &Act, lane: &mut LaneOf<'_, Self>) {
        match act {
            Act::Push => {
                let value = lane.value();
                lane.plain(Op::Push(value), || {
                    self.0.push(value);
                    Ret::Done
                });
            }
            Act::Pop => lane.plain(Op::Pop, || self.0.pop().map_or(Ret::Empty, Ret::Item)),
        }
    }

    fn finish(self, lane: &mut LaneOf<'_, Self>) {
        // Nothing is lost: what is left is there.
        let mut emptied = false;
        while !emptied {
            lane.plain(Op::Pop, || match self.0.pop() {
                Some(item) => Ret::Item(item),
                None => {
                    emptied = true;
                    Ret::Empty
                }
            });
        }
    }
}

pub(crate) fn pushes_and_pops() -> impl Strategy<Value = Act> + Clone {
    prop_oneof![Just(Act::Push), Just(Act::Pop)]
}

impl Stacks for lockfree::Stack<u8> {
    fn new() -> Self {
        // Memory is given back as soon as it can be.
        Self::with_reclamation(1, 1)
    }

    fn push(&self, value: u8) {
        self.push(value);
    }

    fn pop(&self) -> Option<u8> {
        self.pop()
    }
}

#[test]
fn the_stack_is_a_stack() {
    holds::<Of<lockfree::Stack<u8>>>((Just(()), program(pushes_and_pops(), 3, 6)));
}
