//! Locks: one section at a time, each of which finds what the last has left.

use std::fmt::{self, Display};

use proptest::prelude::*;
use racecourse::lock::{McsLock, SpinLock, TicketLock};

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
    pub(crate) held: bool,
    pub(crate) value: u32,
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
    fn new() -> Self;

    /// Does the section with the lock held.
    fn lock(&self, section: impl FnOnce(&mut u32));

    /// False, if it did not get the lock.
    fn try_lock(&self, section: impl FnOnce(&mut u32)) -> bool;
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
        let leaves = u32::from(lane.value());
        let asked = lane.begin(match act {
            Act::Lock => Op::Lock,
            Act::TryLock => Op::TryLock,
        });
        let mut asked = Some(asked);
        let mut left = None;
        let section = |value: &mut u32| {
            lane.end(asked.take().expect("once"), Ret::Value(*value));
            lane.pause();
            left = Some(lane.begin(Op::Unlock { leaves }));
            *value = leaves;
        };
        match act {
            Act::Lock => self.0.lock(section),
            Act::TryLock => {
                self.0.try_lock(section);
            }
        }
        match (asked, left) {
            (None, Some(left)) => lane.end(left, Ret::Done),
            (Some(asked), None) => lane.end(asked, Ret::Held),
            _ => panic!("a section that is half done"),
        }
    }
}

/// For a lock with guards.
macro_rules! with_guards {
    ($($test:ident $lock:ident)*) => {$(
        impl Excludes for $lock<u32> {
            fn new() -> Self {
                Self::new(0)
            }

            fn lock(&self, section: impl FnOnce(&mut u32)) {
                section(&mut self.lock());
            }

            fn try_lock(&self, section: impl FnOnce(&mut u32)) -> bool {
                self.try_lock().map(|mut guard| section(&mut guard)).is_some()
            }
        }

        #[test]
        fn $test() {
            excludes::<$lock<u32>>();
        }
    )*};
}

with_guards! {
    the_spin_lock_is_a_lock SpinLock
    the_ticket_lock_is_a_lock TicketLock
}

impl Excludes for McsLock<u32> {
    fn new() -> Self {
        Self::new(0)
    }

    fn lock(&self, section: impl FnOnce(&mut u32)) {
        self.with(section);
    }

    fn try_lock(&self, section: impl FnOnce(&mut u32)) -> bool {
        self.try_with(section).is_some()
    }
}

#[test]
fn the_mcs_lock_is_a_lock() {
    excludes::<McsLock<u32>>();
}

fn excludes<L: Excludes>() {
    let act = prop_oneof![3 => Just(Act::Lock), 1 => Just(Act::TryLock)];
    holds::<Of<L>>((Just(()), program(act, 4, 4)));
}
