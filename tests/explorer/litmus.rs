//! Litmus families over every combination of orderings on every access.
//!
//! `weak` is the outcome that no interleaving has; how many of the combinations allow it is known from the theory.

use std::sync::atomic::{Ordering, Ordering::*};

use crate::program::{Op, Outcome, Program};
use crate::rc11;

#[derive(Clone, Copy)]
pub(crate) enum Access {
    Read(usize),
    Write(usize, u64),
    Add(usize, u64),
    /// A SeqCst fence: it is there in every combination.
    Fence,
}
use Access::{Add, Fence, Read, Write};

impl Access {
    fn orders(self) -> &'static [Ordering] {
        match self {
            Read(_) => &[Relaxed, Acquire, SeqCst],
            Write(..) => &[Relaxed, Release, SeqCst],
            Add(..) => &[Relaxed, Acquire, Release, AcqRel, SeqCst],
            Fence => &[SeqCst],
        }
    }

    fn op(self, order: Ordering) -> Op {
        match self {
            Read(x) => Op::Load { x, order },
            Write(x, value) => Op::Store { x, value, order },
            Add(x, value) => Op::Add { x, value, order },
            Fence => Op::Fence(order),
        }
    }
}

pub(crate) struct Family {
    pub(crate) name: &'static str,
    threads: &'static [&'static [Access]],
    /// The values read and the last values; `None` is any.
    weak: &'static [Option<u64>],
    combinations: usize,
    /// How many of them allow the weak outcome.
    allowed: usize,
}

const X: usize = 0;
const Y: usize = 1;
const Z: usize = 2;
const ANY: Option<u64> = None;

pub(crate) const FAMILIES: &[Family] = &[
    Family {
        name: "SB",
        threads: &[&[Write(X, 1), Read(Y)], &[Write(Y, 1), Read(X)]],
        weak: &[Some(0), Some(0), ANY, ANY],
        combinations: 81,
        allowed: 80,
    },
    Family {
        name: "2+2W",
        threads: &[&[Write(X, 1), Write(Y, 2)], &[Write(Y, 1), Write(X, 2)]],
        weak: &[Some(1), Some(1)],
        combinations: 81,
        allowed: 80,
    },
    Family {
        name: "MP",
        threads: &[&[Write(X, 1), Write(Y, 1)], &[Read(Y), Read(X)]],
        weak: &[Some(1), Some(0), ANY, ANY],
        combinations: 81,
        allowed: 45,
    },
    Family {
        name: "LB",
        threads: &[&[Read(X), Write(Y, 1)], &[Read(Y), Write(X, 1)]],
        weak: &[Some(1), Some(1), ANY, ANY],
        combinations: 81,
        allowed: 0,
    },
    Family {
        name: "R",
        threads: &[&[Write(X, 1), Write(Y, 1)], &[Write(Y, 2), Read(X)]],
        weak: &[Some(0), ANY, Some(2)],
        combinations: 81,
        allowed: 80,
    },
    Family {
        name: "S",
        threads: &[&[Write(X, 2), Write(Y, 1)], &[Read(Y), Write(X, 1)]],
        weak: &[Some(1), Some(2), ANY],
        combinations: 81,
        allowed: 45,
    },
    Family {
        name: "WRC",
        threads: &[&[Write(X, 1)], &[Read(X), Write(Y, 1)], &[Read(Y), Read(X)]],
        weak: &[Some(1), Some(1), Some(0), ANY, ANY],
        combinations: 243,
        allowed: 135,
    },
    Family {
        name: "ISA2",
        threads: &[
            &[Write(X, 1), Write(Y, 1)],
            &[Read(Y), Write(Z, 1)],
            &[Read(Z), Read(X)],
        ],
        weak: &[Some(1), Some(1), Some(0), ANY, ANY, ANY],
        combinations: 729,
        allowed: 585,
    },
    Family {
        name: "IRIW",
        threads: &[
            &[Write(X, 1)],
            &[Write(Y, 1)],
            &[Read(X), Read(Y)],
            &[Read(Y), Read(X)],
        ],
        weak: &[Some(1), Some(0), Some(1), Some(0), ANY, ANY],
        combinations: 729,
        allowed: 728,
    },
    Family {
        name: "CoRR",
        threads: &[&[Write(X, 1)], &[Read(X), Read(X)]],
        weak: &[Some(1), Some(0), ANY],
        combinations: 27,
        allowed: 0,
    },
    // The paper's own, by which RC11 is weaker than C11.
    Family {
        name: "Z6.U",
        threads: &[
            &[Write(X, 1), Write(Y, 1)],
            &[Add(Y, 1), Read(Y)],
            &[Write(Y, 3), Read(X)],
        ],
        weak: &[Some(1), Some(3), Some(0), ANY, ANY],
        combinations: 1_215,
        allowed: 1_200,
    },
    Family {
        name: "SB, fenced",
        threads: &[
            &[Write(X, 1), Fence, Read(Y)],
            &[Write(Y, 1), Fence, Read(X)],
        ],
        weak: &[Some(0), Some(0), ANY, ANY],
        combinations: 81,
        allowed: 0,
    },
    Family {
        name: "2+2W, fenced",
        threads: &[
            &[Write(X, 1), Fence, Write(Y, 2)],
            &[Write(Y, 1), Fence, Write(X, 2)],
        ],
        weak: &[Some(1), Some(1)],
        combinations: 81,
        allowed: 0,
    },
    Family {
        name: "IRIW, fenced",
        threads: &[
            &[Write(X, 1)],
            &[Write(Y, 1)],
            &[Read(X), Fence, Read(Y)],
            &[Read(Y), Fence, Read(X)],
        ],
        weak: &[Some(1), Some(0), Some(1), Some(0), ANY, ANY],
        combinations: 729,
        allowed: 0,
    },
];

impl Family {
    /// Every combination of orderings, as a program.
    pub(crate) fn programs(&self) -> Vec<Program> {
        let accesses: Vec<Access> = self.threads.concat();
        let locations = self.weak.len()
            - accesses
                .iter()
                .filter(|a| matches!(a, Read(_) | Add(..)))
                .count();
        let mut chosen = vec![0; accesses.len()];
        let mut programs = Vec::new();
        loop {
            let mut ops = accesses
                .iter()
                .zip(&chosen)
                .map(|(access, &at)| access.op(access.orders()[at]));
            programs.push(Program {
                locations,
                threads: self
                    .threads
                    .iter()
                    .map(|thread| ops.by_ref().take(thread.len()).collect())
                    .collect(),
            });
            let next = (0..chosen.len()).find(|&at| chosen[at] + 1 < accesses[at].orders().len());
            let Some(at) = next else {
                return programs;
            };
            chosen[..at].fill(0);
            chosen[at] += 1;
        }
    }

    pub(crate) fn is_weak(&self, outcome: &Outcome) -> bool {
        assert_eq!(outcome.len(), self.weak.len(), "{}", self.name);
        let agrees = |(value, wanted): (&u64, &Option<u64>)| wanted.is_none_or(|w| w == *value);
        outcome.iter().zip(self.weak).all(agrees)
    }

    /// Counts the combinations whose outcomes, as `outcomes` gives them, contain the weak one.
    pub(crate) fn check(&self, mut outcomes: impl FnMut(&Program) -> Vec<Outcome>) {
        let programs = self.programs();
        assert_eq!(programs.len(), self.combinations, "{}", self.name);
        let allowed = programs
            .iter()
            .filter(|program| outcomes(program).iter().any(|o| self.is_weak(o)))
            .count();
        assert_eq!(allowed, self.allowed, "{}", self.name);
    }
}

/// The judge knows the literature.
#[test]
fn the_axioms_allow_the_weak_outcomes_that_they_should() {
    for family in FAMILIES {
        family.check(|program| rc11::answer(program).outcomes.into_iter().collect());
    }
}

/// Z6.U as the paper has it. GenMC, whose SC order is another, counts 22.
#[test]
fn z6_u_has_24_graphs() {
    let at = |access: Access, order| access.op(order);
    let program = Program {
        locations: 2,
        threads: vec![
            vec![at(Write(X, 1), SeqCst), at(Write(Y, 1), Release)],
            vec![at(Add(Y, 1), SeqCst), at(Read(Y), Relaxed)],
            vec![at(Write(Y, 3), SeqCst), at(Read(X), SeqCst)],
        ],
    };
    let answer = rc11::answer(&program);
    assert_eq!(answer.graphs, 24);
    assert!(answer.outcomes.contains(&vec![1, 3, 0, 1, 3]));
}
