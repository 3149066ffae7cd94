//! The detectors: their names, and what each is given to do.

use crate::form::{Run, Said};
use racecourse::labs::Variant;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Detector {
    Stress,
    Proptest,
    Sampler,
    Loom,
    Explorer,
    Tsan,
    LockOrder,
    Clippy,
    Helgrind,
    Drd,
    Miri,
}

impl Detector {
    pub const ALL: [Self; 11] = [
        Self::Stress,
        Self::Proptest,
        Self::Sampler,
        Self::Loom,
        Self::Explorer,
        Self::Tsan,
        Self::LockOrder,
        Self::Clippy,
        Self::Helgrind,
        Self::Drd,
        Self::Miri,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Stress => "stress",
            Self::Proptest => "proptest",
            Self::Sampler => "sampler",
            Self::Loom => "loom",
            Self::Explorer => "explorer",
            Self::Tsan => "tsan",
            Self::LockOrder => "lock-order",
            Self::Clippy => "clippy",
            Self::Helgrind => "helgrind",
            Self::Drd => "drd",
            Self::Miri => "miri",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|detector| detector.name() == name)
    }

    /// What it is given to do.
    pub fn how(self) -> &'static str {
        match self {
            Self::Stress => {
                "the bug up to 10,000 times on real threads, or for 30 s; a fix 1,000 times; what is stuck for 5 s is caught"
            }
            Self::Proptest => {
                "the lab's own code under 20,000 generated lists of choices (a fix: 1,000), by `Checker::steer`"
            }
            Self::Sampler => "10,000 random executions, stale reads included",
            Self::Loom => "every execution of loom's, for up to 90 s",
            Self::Explorer => "every execution that C11 allows, for up to 90 s",
            Self::Tsan => {
                "up to 2,000 native runs in 4 s, what is undefined included, until it warns"
            }
            Self::LockOrder => "20 native runs with RACECOURSE_LOCK_ORDER=1",
            Self::Clippy => {
                "the lints on locks, atomics and Send of all its groups, on the labs ported to std"
            }
            Self::Helgrind | Self::Drd => {
                "one native run; only reports of an access in a line of the lab, for of those inside of std there are dozens in any run"
            }
            Self::Miri => "one run for each of 16 seeds",
        }
    }
}

/// What a detector said of `variant`.
pub fn said(variant: &Variant, said: Said, what: impl Into<String>, seconds: f64) -> Run {
    let what: String = what.into();
    let mut short: String = what.chars().take(160).collect();
    if short.len() < what.len() {
        short.push('…');
    }
    Run {
        variant: variant.name.to_owned(),
        said,
        what: short,
        seconds,
    }
}
