//! Lock-free programs: what they are made of, and random ones in families.
//!
//! A program is code that performs operations on a [`Machine`]. One text serves three readers: the judge by
//! relations, which answers with the values that it has chosen; the vocabulary's atomics; and the reader of a failing test.

use std::fmt;
use std::sync::atomic::{Ordering, Ordering::*};

use proptest::prelude::*;

/// One operation; `x` is the number of its location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Load {
        x: usize,
        order: Ordering,
    },
    Store {
        x: usize,
        value: u64,
        order: Ordering,
    },
    Add {
        x: usize,
        value: u64,
        order: Ordering,
    },
    Swap {
        x: usize,
        value: u64,
        order: Ordering,
    },
    Exchange {
        x: usize,
        expected: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    },
    /// Loads until it finds `value`.
    Await {
        x: usize,
        value: u64,
        order: Ordering,
    },
    /// Exchanges until it succeeds.
    AwaitExchange {
        x: usize,
        expected: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    },
    Fence(Ordering),
}

impl Op {
    pub(crate) fn reads(self) -> bool {
        !matches!(self, Op::Store { .. } | Op::Fence(_))
    }

    pub(crate) fn place(self) -> Option<usize> {
        match self {
            Op::Load { x, .. }
            | Op::Store { x, .. }
            | Op::Add { x, .. }
            | Op::Swap { x, .. }
            | Op::Exchange { x, .. }
            | Op::Await { x, .. }
            | Op::AwaitExchange { x, .. } => Some(x),
            Op::Fence(_) => None,
        }
    }

    /// What it writes after reading `old`.
    pub(crate) fn writes(self, old: u64) -> Option<u64> {
        match self {
            Op::Load { .. } | Op::Await { .. } | Op::Fence(_) => None,
            Op::Store { value, .. } | Op::Swap { value, .. } => Some(value),
            Op::Add { value, .. } => Some(old + value),
            Op::Exchange { expected, new, .. } | Op::AwaitExchange { expected, new, .. } => {
                (old == expected).then_some(new)
            }
        }
    }

    /// The one value that it can end with, if it waits.
    pub(crate) fn awaited(self) -> Option<u64> {
        match self {
            Op::Await { value, .. } => Some(value),
            Op::AwaitExchange { expected, .. } => Some(expected),
            _ => None,
        }
    }

    pub(crate) fn order(self, writes: bool) -> Ordering {
        match self {
            Op::Load { order, .. }
            | Op::Store { order, .. }
            | Op::Add { order, .. }
            | Op::Swap { order, .. }
            | Op::Await { order, .. }
            | Op::Fence(order) => order,
            Op::Exchange {
                success, failure, ..
            }
            | Op::AwaitExchange {
                success, failure, ..
            } => {
                if writes {
                    success
                } else {
                    failure
                }
            }
        }
    }

    /// The same in one of `locations`.
    fn moved(mut self, locations: usize) -> Self {
        match &mut self {
            Op::Load { x, .. }
            | Op::Store { x, .. }
            | Op::Add { x, .. }
            | Op::Swap { x, .. }
            | Op::Exchange { x, .. }
            | Op::Await { x, .. }
            | Op::AwaitExchange { x, .. } => *x %= locations,
            Op::Fence(_) => {}
        }
        self
    }
}

/// The code stops here: its next operation has no result yet.
#[derive(Debug)]
pub(crate) struct Pending(pub(crate) Op);

/// What operations are performed on.
pub(crate) trait Machine {
    /// The value read; of a store or a fence, 0.
    fn perform(&mut self, op: Op) -> Result<u64, Pending>;
}

/// Threads that start after the locations are made; when all have ended, each location is read once more.
pub(crate) trait Code {
    fn locations(&self) -> usize;
    fn threads(&self) -> usize;
    fn initial(&self, _x: usize) -> u64 {
        0
    }
    /// Must depend on nothing but the results.
    fn run(&self, thread: usize, machine: &mut dyn Machine) -> Result<(), Pending>;
}

/// The values read, thread by thread, then the last value of each location.
pub(crate) type Outcome = Vec<u64>;

/// Code without branches. All locations begin as 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Program {
    pub(crate) locations: usize,
    pub(crate) threads: Vec<Vec<Op>>,
}

impl Code for Program {
    fn locations(&self) -> usize {
        self.locations
    }

    fn threads(&self) -> usize {
        self.threads.len()
    }

    fn run(&self, thread: usize, machine: &mut dyn Machine) -> Result<(), Pending> {
        self.threads[thread]
            .iter()
            .try_for_each(|&op| machine.perform(op).map(drop))
    }
}

impl Program {
    /// Whoever waits waits for a 1, and nobody writes anything else where somebody waits.
    fn tame(&mut self) {
        let waits = |op: &Op| op.awaited().and(op.place());
        let places: Vec<usize> = self.threads.iter().flatten().filter_map(waits).collect();
        let ops = self.threads.iter_mut().flatten();
        for op in ops.filter(|op| op.place().is_some_and(|x| places.contains(&x))) {
            match op {
                Op::Store { value, .. } | Op::Swap { value, .. } | Op::Await { value, .. } => {
                    *value = 1
                }
                Op::Exchange { new, .. } => *new = 1,
                Op::AwaitExchange { expected, new, .. } => (*expected, *new) = (1, 1),
                Op::Add { x, order, .. } => {
                    *op = Op::Swap {
                        x: *x,
                        value: 1,
                        order: *order,
                    };
                }
                Op::Load { .. } | Op::Fence(_) => {}
            }
        }
    }
}

impl fmt::Display for Program {
    /// As source text, to be pasted into a regression test.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Program {{\n    locations: {},", self.locations)?;
        writeln!(f, "    threads: vec![")?;
        for ops in &self.threads {
            writeln!(f, "        vec![")?;
            for op in ops {
                writeln!(f, "            Op::{op:?},")?;
            }
            writeln!(f, "        ],")?;
        }
        write!(f, "    ],\n}}")
    }
}

/// What random programs are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Straight,
    Exchange,
    Fences,
    Awaits,
    SeqCst,
    Mixed,
}

impl Family {
    pub(crate) const ALL: [Family; 6] = [
        Family::Straight,
        Family::Exchange,
        Family::Fences,
        Family::Awaits,
        Family::SeqCst,
        Family::Mixed,
    ];

    /// How often a load, a store, another read-modify-write, an exchange, a fence, an await is drawn.
    fn weights(self) -> [u32; 6] {
        match self {
            Family::Straight => [5, 5, 3, 0, 0, 0],
            Family::Exchange => [2, 2, 2, 6, 0, 0],
            Family::Fences => [4, 4, 1, 1, 4, 0],
            Family::Awaits => [3, 5, 2, 1, 1, 3],
            Family::SeqCst => [4, 4, 1, 1, 1, 0],
            Family::Mixed => [4, 4, 2, 2, 2, 1],
        }
    }

    /// How often Relaxed, one-sided (or AcqRel) and SeqCst are drawn.
    fn orders(self) -> [u32; 3] {
        match self {
            Family::SeqCst => [1, 1, 4],
            Family::Mixed => [2, 2, 2],
            _ => [2, 2, 0],
        }
    }

    pub(crate) fn programs(self) -> BoxedStrategy<Program> {
        let threads = prop_oneof![
            4 => prop::collection::vec(prop::collection::vec(self.op(), 2..=5), 2..=2),
            5 => prop::collection::vec(prop::collection::vec(self.op(), 1..=4), 3..=3),
            1 => prop::collection::vec(prop::collection::vec(self.op(), 1..=3), 4..=4),
        ];
        let locations = prop_oneof![2 => Just(1_usize), 6 => Just(2), 1 => Just(3)];
        // Most waits should end, or the verdict is all that is compared.
        let tame = prop::bool::weighted(0.8);
        (locations, threads, tame)
            .prop_map(|(locations, mut threads, tame)| {
                let mut left = MOST_ACCESSES;
                let count = threads.len();
                for (at, ops) in threads.iter_mut().enumerate() {
                    // One at least for each of those that follow.
                    let mut mine = left - (count - at - 1);
                    ops.retain_mut(|op| {
                        *op = op.moved(locations);
                        let access = usize::from(op.place().is_some());
                        let fits = access <= mine;
                        mine -= access * usize::from(fits);
                        left -= access * usize::from(fits);
                        fits
                    });
                }
                let mut program = Program { locations, threads };
                if tame {
                    program.tame();
                }
                program
            })
            .boxed()
    }

    fn op(self) -> BoxedStrategy<Op> {
        let order = move |weak: Vec<Ordering>| {
            let [relaxed, one_sided, seq_cst] = self.orders();
            // Without SeqCst in the family there are still SeqCst fences, which have orders of their own.
            prop_oneof![
                relaxed => Just(Relaxed),
                one_sided => prop::sample::select(weak),
                seq_cst => Just(SeqCst),
            ]
        };
        let x = || 0..3_usize;
        let reading = || order(vec![Acquire]);
        let updating = || order(vec![Acquire, Release, AcqRel, AcqRel]);
        let exchange = || (x(), 0..=2_u64, 1..=2_u64, updating(), reading());
        let load = (x(), reading()).prop_map(|(x, order)| Op::Load { x, order });
        let store = (x(), 1..=2_u64, order(vec![Release]))
            .prop_map(|(x, value, order)| Op::Store { x, value, order });
        let update =
            (x(), 1..=2_u64, updating(), any::<bool>()).prop_map(|(x, value, order, add)| {
                if add {
                    Op::Add { x, value, order }
                } else {
                    Op::Swap { x, value, order }
                }
            });
        let once = exchange().prop_map(|(x, expected, new, success, failure)| Op::Exchange {
            x,
            expected,
            new,
            success,
            failure,
        });
        let fence = prop::sample::select(vec![Acquire, Release, AcqRel, SeqCst, SeqCst, SeqCst])
            .prop_map(Op::Fence);
        let until = prop_oneof![
            3 => (x(), 0..=2_u64, reading()).prop_map(|(x, value, order)| Op::Await { x, value, order }),
            1 => exchange().prop_map(|(x, expected, new, success, failure)| Op::AwaitExchange {
                x,
                expected,
                new,
                success,
                failure,
            }),
        ];
        let [loads, stores, updates, exchanges, fences, awaits] = self.weights();
        // Proptest shrinks towards the first: a load, which shrinks to nothing by being left out.
        prop_oneof![
            loads => load,
            stores => store,
            updates => update,
            exchanges => once,
            fences => fence,
            awaits => until,
        ]
        .boxed()
    }
}

/// Of a program: its judge is asked about tens of thousands.
const MOST_ACCESSES: usize = 7;
