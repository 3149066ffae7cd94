//! Locks for readers and writers: who reads finds what the last writer has left, and nobody writes meanwhile.

use std::fmt::{self, Display};

use proptest::prelude::*;
use racecourse::lock::ShardedRwLock;

use crate::checker::{Call, History, Rest, Spec, explain};
use crate::programs::{holds, program};
use crate::run::{LaneOf, Subject};

/// A section, to its end.
#[derive(Clone, Copy, Debug)]
enum Act {
    Read,
    TryRead,
    Write,
    TryWrite,
}

#[derive(Clone, Debug)]
enum Op {
    Read,
    TryRead,
    Write,
    TryWrite,
    Leave,
    Unlock { leaves: u32 },
}

impl Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read => write!(f, "read"),
            Self::TryRead => write!(f, "try_read"),
            Self::Write => write!(f, "write"),
            Self::TryWrite => write!(f, "try_write"),
            Self::Leave => write!(f, "leave"),
            Self::Unlock { leaves } => write!(f, "unlock with {leaves}"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ret {
    Value(u32),
    Held,
    Done,
}

impl Display for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::Held => write!(f, "held"),
            Self::Done => write!(f, "done"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lock {
    readers: u8,
    writes: bool,
    value: u32,
    /// Those who have begun to ask, those who were refused and have not given up yet, and writers that are about to be
    /// gone, though readers may come already. A try may find them in its way.
    asking: u8,
}

impl Spec for Lock {
    type Op = Op;
    type Ret = Ret;

    fn points(op: &Op) -> u8 {
        match op {
            Op::Leave => 1,
            Op::Read | Op::Write | Op::Unlock { .. } => 2,
            Op::TryRead | Op::TryWrite => 3,
        }
    }

    fn step(&self, _call: usize, op: &Op, point: u8, ret: Option<&Ret>) -> Option<Self> {
        let mut after = self.clone();
        let refused = ret == Some(&Ret::Held);
        match op {
            Op::Leave => {
                after.readers = self.readers.checked_sub(1)?;
                return Some(after);
            }
            Op::Unlock { leaves } if point == 0 => {
                after.writes = false;
                after.value = *leaves;
                after.asking += 1;
                return self.writes.then_some(after);
            }
            Op::Unlock { .. } => {
                after.asking -= 1;
                return Some(after);
            }
            _ if point == 0 => {
                after.asking += 1;
                return Some(after);
            }
            _ if point == 2 => {
                after.asking -= u8::from(refused);
                return Some(after);
            }
            _ => {}
        }
        let writes = matches!(op, Op::Write | Op::TryWrite);
        let is_held = self.writes || writes && self.readers > 0;
        if refused {
            return (is_held || self.asking > 1).then_some(after);
        }
        after.asking -= 1;
        if writes {
            after.writes = true;
        } else {
            after.readers += 1;
        }
        let finds = Ret::Value(self.value);
        (!is_held && ret.is_none_or(|ret| *ret == finds)).then_some(after)
    }
}

struct Of(ShardedRwLock<u32>);

impl Subject for Of {
    /// How many shards.
    type Config = usize;
    type Act = Act;
    type Hand = ();
    type Spec = Lock;

    fn spec(_shards: &usize) -> Lock {
        Lock {
            readers: 0,
            writes: false,
            value: 0,
            asking: 0,
        }
    }

    fn start(shards: &usize, threads: usize) -> (Self, Vec<()>) {
        let lock = ShardedRwLock::with_shards(0, *shards);
        (Self(lock), vec![(); threads])
    }

    fn perform(&self, _hand: &mut (), act: &Act, lane: &mut LaneOf<'_, Self>) {
        let lock = &self.0;
        match act {
            Act::Read | Act::TryRead => {
                let guard = match act {
                    Act::Read => lane.call(Op::Read, || {
                        let guard = lock.read();
                        (Ret::Value(*guard), Some(guard))
                    }),
                    _ => lane.call(Op::TryRead, || match lock.try_read() {
                        Some(guard) => (Ret::Value(*guard), Some(guard)),
                        None => (Ret::Held, None),
                    }),
                };
                let Some(guard) = guard else { return };
                lane.pause();
                lane.plain(Op::Leave, || {
                    drop(guard);
                    Ret::Done
                });
            }
            Act::Write | Act::TryWrite => {
                let guard = match act {
                    Act::Write => lane.call(Op::Write, || {
                        let guard = lock.write();
                        (Ret::Value(*guard), Some(guard))
                    }),
                    _ => lane.call(Op::TryWrite, || match lock.try_write() {
                        Some(guard) => (Ret::Value(*guard), Some(guard)),
                        None => (Ret::Held, None),
                    }),
                };
                let Some(mut guard) = guard else { return };
                lane.pause();
                let leaves = u32::from(lane.value());
                lane.plain(Op::Unlock { leaves }, || {
                    *guard = leaves;
                    drop(guard);
                    Ret::Done
                });
            }
        }
    }
}

/// As in a run: a try is refused because of another, which was refused because of a reader that has left since.
#[test]
fn a_refusal_may_be_that_of_one_who_is_refused() {
    let is_explained = |calls: Vec<(usize, Op, u64, u64, Ret)>| {
        let call = |(lane, op, invoked, returned, ret)| Call {
            lane,
            op,
            invoked,
            earliest: invoked,
            returned: Some((returned, ret)),
        };
        let history = History {
            lanes: vec!["thread 0".to_owned(), "thread 1".to_owned()],
            calls: calls.into_iter().map(call).collect(),
        };
        explain(&Of::spec(&1), &history, Rest::UnderWay).is_ok()
    };
    let (read, left) = (Ret::Value(0), Ret::Done);
    assert!(is_explained(vec![
        (1, Op::TryRead, 0, 1, read),
        (0, Op::TryWrite, 2, 7, Ret::Held),
        (1, Op::Leave, 3, 4, left),
        (1, Op::TryWrite, 5, 6, Ret::Held),
    ]));
    // The first has given up before the second asks.
    assert!(!is_explained(vec![
        (1, Op::TryRead, 0, 1, read),
        (0, Op::TryWrite, 2, 3, Ret::Held),
        (1, Op::Leave, 4, 5, left),
        (1, Op::TryWrite, 6, 7, Ret::Held),
    ]));
    // By a writer that lets readers in already.
    assert!(is_explained(vec![
        (1, Op::TryWrite, 0, 1, read),
        (1, Op::Unlock { leaves: 0 }, 2, 9, left),
        (0, Op::TryRead, 3, 4, read),
        (0, Op::Leave, 5, 6, left),
        (0, Op::TryWrite, 7, 8, Ret::Held),
    ]));
    // The first asks when nobody reads any more.
    assert!(!is_explained(vec![
        (1, Op::TryRead, 0, 1, read),
        (1, Op::Leave, 2, 3, left),
        (0, Op::TryWrite, 4, 5, Ret::Held),
    ]));
}

#[test]
fn the_sharded_lock_is_a_lock_of_readers_and_writers() {
    let act = prop_oneof![
        4 => Just(Act::Read),
        2 => Just(Act::TryRead),
        3 => Just(Act::Write),
        1 => Just(Act::TryWrite),
    ];
    holds::<Of>((prop_oneof![Just(1_usize), Just(2)], program(act, 3, 4)));
}
