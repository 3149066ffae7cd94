//! The sequence lock: a register whose two words never come from two changes.

use std::fmt::{self, Display};

use proptest::prelude::*;
use racecourse::lock::SeqLock;

use crate::checker::Spec;
use crate::programs::{holds, program};
use crate::run::{LaneOf, Subject};

#[derive(Clone, Copy, Debug)]
enum Act {
    Read,
    TryRead,
    Write,
    Update,
}

#[derive(Clone, Debug)]
enum Op {
    Read,
    TryRead,
    Write(u64),
    Add(u64),
}

impl Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read => write!(f, "read"),
            Self::TryRead => write!(f, "try_read"),
            Self::Write(value) => write!(f, "write {value}"),
            Self::Add(value) => write!(f, "add {value}"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ret {
    Words([u64; 2]),
    Changing,
    Done,
}

impl Display for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words([first, second]) if first == second => write!(f, "{first}"),
            Self::Words([first, second]) => write!(f, "torn: {first} and {second}"),
            Self::Changing => write!(f, "changing"),
            Self::Done => write!(f, "done"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Register {
    value: u64,
    /// Whether a change has begun that has not ended.
    changing: bool,
}

impl Spec for Register {
    type Op = Op;
    type Ret = Ret;

    fn points(op: &Op) -> u8 {
        match op {
            Op::Read | Op::TryRead => 1,
            Op::Write(_) | Op::Add(_) => 2,
        }
    }

    fn step(&self, _call: usize, op: &Op, point: u8, ret: Option<&Ret>) -> Option<Self> {
        let mut after = self.clone();
        let gives = match op {
            Op::TryRead if ret == Some(&Ret::Changing) => {
                return self.changing.then_some(after);
            }
            Op::Read | Op::TryRead => Ret::Words([self.value; 2]),
            _ if point == 0 => {
                after.changing = true;
                return (!self.changing).then_some(after);
            }
            Op::Write(value) => {
                after = Self {
                    value: *value,
                    changing: false,
                };
                Ret::Done
            }
            Op::Add(value) => {
                after = Self {
                    value: self.value + value,
                    changing: false,
                };
                Ret::Done
            }
        };
        ret.is_none_or(|ret| *ret == gives).then_some(after)
    }
}

struct Of(SeqLock<[u64; 2]>);

impl Subject for Of {
    type Config = ();
    type Act = Act;
    type Hand = ();
    type Spec = Register;

    fn spec((): &()) -> Register {
        Register {
            value: 0,
            changing: false,
        }
    }

    fn start((): &(), threads: usize) -> (Self, Vec<()>) {
        (Self(SeqLock::new([0; 2])), vec![(); threads])
    }

    fn perform(&self, _hand: &mut (), act: &Act, lane: &mut LaneOf<'_, Self>) {
        let value = u64::from(lane.value());
        match act {
            Act::Read => lane.plain(Op::Read, || Ret::Words(self.0.read())),
            Act::TryRead => lane.plain(Op::TryRead, || {
                self.0.try_read().map_or(Ret::Changing, Ret::Words)
            }),
            Act::Write => lane.plain(Op::Write(value), || {
                self.0.write([value; 2]);
                Ret::Done
            }),
            Act::Update => lane.plain(Op::Add(value), || {
                self.0.update(|words| words.map(|word| word + value));
                Ret::Done
            }),
        }
    }
}

#[test]
fn the_sequence_lock_is_a_register() {
    let act = prop_oneof![
        4 => Just(Act::Read),
        1 => Just(Act::TryRead),
        2 => Just(Act::Write),
        2 => Just(Act::Update),
    ];
    holds::<Of>((Just(()), program(act, 3, 5)));
}
