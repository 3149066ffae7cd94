//! Locks: one section at a time, each of which finds what the last has left.

use std::fmt::{self, Display};

use proptest::prelude::*;
use racecourse::lock::SpinLock;

use crate::checker::Spec;
use crate::programs::{holds, program};
use crate::run::{LaneOf, Subject};

/// A section: the lock is taken, its value read, and another left.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Lock,
    TryLock,
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Lock,
    TryLock,
    Unlock { leaves: u32 },
}

impl Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock => write!(f, "lock"),
            Self::TryLock => write!(f, "try_lock"),
            Self::Unlock { leaves } => write!(f, "unlock with {leaves}"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ret {
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
pub(crate) struct Lock {
    held: bool,
    value: u32,
}

impl Lock {
    fn acquire(&self, ret: Option<&Ret>) -> Option<Self> {
        let finds = Ret::Value(self.value);
        let agrees = !self.held && ret.is_none_or(|ret| *ret == finds);
        agrees.then_some(Self {
            held: true,
            value: self.value,
        })
    }
}

impl Spec for Lock {
    type Op = Op;
    type Ret = Ret;

    fn step(&self, _call: usize, op: &Op, _point: u8, ret: Option<&Ret>) -> Option<Self> {
        match op {
            Op::TryLock if ret == Some(&Ret::Held) => self.held.then(|| self.clone()),
            Op::Lock | Op::TryLock => self.acquire(ret),
            Op::Unlock { leaves } => self.held.then_some(Self {
                held: false,
                value: *leaves,
            }),
        }
    }
}

/// A lock of whatever kind.
pub(crate) trait Excludes: Sync + Sized {
    type Guard<'a>: std::ops::DerefMut<Target = u32>
    where
        Self: 'a;

    fn new() -> Self;
    fn lock(&self) -> Self::Guard<'_>;
    fn try_lock(&self) -> Option<Self::Guard<'_>>;
}

struct Of<L>(L);

impl<L: Excludes> Subject for Of<L> {
    type Config = ();
    type Act = Act;
    type Hand = ();
    type Spec = Lock;

    fn spec((): &()) -> Lock {
        Lock {
            held: false,
            value: 0,
        }
    }

    fn start((): &(), threads: usize) -> (Self, Vec<()>) {
        (Self(L::new()), vec![(); threads])
    }

    fn perform(&self, _hand: &mut (), act: &Act, lane: &mut LaneOf<'_, Self>) {
        let guard = match act {
            Act::Lock => lane.call(Op::Lock, || {
                let guard = self.0.lock();
                (Ret::Value(*guard), Some(guard))
            }),
            Act::TryLock => lane.call(Op::TryLock, || match self.0.try_lock() {
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

pub(crate) fn excludes<L: Excludes>() {
    let act = prop_oneof![3 => Just(Act::Lock), 1 => Just(Act::TryLock)];
    holds::<Of<L>>((Just(()), program(act, 3, 4)));
}

impl Excludes for SpinLock<u32> {
    type Guard<'a> = racecourse::lock::SpinLockGuard<'a, u32>;

    fn new() -> Self {
        SpinLock::new(0)
    }

    fn lock(&self) -> Self::Guard<'_> {
        self.lock()
    }

    fn try_lock(&self) -> Option<Self::Guard<'_>> {
        self.try_lock()
    }
}

#[test]
fn the_spin_lock_is_a_lock() {
    excludes::<SpinLock<u32>>();
}
