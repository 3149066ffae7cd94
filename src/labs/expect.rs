//! What a variant declares: the truth about it, and what each engine can say of that.

use std::fmt;

use serde::Serialize;

use crate::check::{Engine, FailureKind};

/// What a variant must do under an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Expect {
    /// The check must fail with this kind, at the line that the lab marks.
    Fails(FailureKind),
    /// The whole space of the engine's semantics is explored and nothing fails.
    Verified,
    /// Exactly these results are reachable, and the check itself passes.
    Outcomes(&'static [&'static str]),
    /// The language allows a failure that the engine's memory model excludes, and this is why. It verifies within that
    /// model, and its report must say what it leaves out: that is no word for the variant.
    Excluded(&'static str),
    /// There is no verdict, only a measurement.
    Measured,
    /// Driven on the operating system to the place where the bug fails, it goes on to its end.
    Passes,
    /// No engine runs it: the operating system is driven, and [`Variant::drive`](super::Variant::drive) tells.
    Driven,
    /// The engine cannot judge it, and this is why. It must say `Incomplete`, never a verdict.
    Unjudged(&'static str),
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fails(kind) => write!(f, "fails: {kind}"),
            Self::Verified => f.write_str("verified"),
            Self::Outcomes(results) => write!(f, "outcomes: {}", results.join(", ")),
            Self::Excluded(reason) => write!(f, "verified, and cannot fail here: {reason}"),
            Self::Measured => f.write_str("measured"),
            Self::Passes => f.write_str("passes"),
            Self::Driven => f.write_str("driven"),
            Self::Unjudged(reason) => write!(f, "not judged: {reason}"),
        }
    }
}

/// Why the sampler judges no fixed variant.
pub(super) const SAMPLER_EXCLUDES_NOTHING: &str = "a sampler can find a bug but never exclude one";

/// What a variant declares for each engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Declared {
    /// What is so, whether or not an engine can see it.
    pub truth: Expect,
    /// What loom must say. The explorer must say the truth, unless the variant is driven.
    pub loom: Expect,
    /// What the sampler must say, given executions enough.
    pub sampler: Expect,
}

impl Declared {
    /// Fails with `kind`, and every engine finds it.
    pub const fn fails(kind: FailureKind) -> Self {
        Self {
            truth: Expect::Fails(kind),
            loom: Expect::Fails(kind),
            sampler: Expect::Fails(kind),
        }
    }

    /// Right. The sampler cannot say so.
    pub const fn verified() -> Self {
        Self {
            truth: Expect::Verified,
            loom: Expect::Verified,
            sampler: Expect::Unjudged(SAMPLER_EXCLUDES_NOTHING),
        }
    }

    /// Wrong, by something that the memory model of every engine leaves out.
    pub const fn excluded(reason: &'static str) -> Self {
        Self {
            truth: Expect::Excluded(reason),
            loom: Expect::Excluded(reason),
            sampler: Expect::Unjudged(SAMPLER_EXCLUDES_NOTHING),
        }
    }

    /// Measured, under no engine.
    pub const fn measured() -> Self {
        Self {
            truth: Expect::Measured,
            loom: Expect::Measured,
            sampler: Expect::Measured,
        }
    }

    /// Driven, under no engine: it fails with `kind`.
    pub const fn driven_to_fail(kind: FailureKind) -> Self {
        Self {
            truth: Expect::Fails(kind),
            loom: Expect::Driven,
            sampler: Expect::Driven,
        }
    }

    /// Driven to the same place, under no engine: it passes.
    pub const fn driven_to_pass() -> Self {
        Self {
            truth: Expect::Passes,
            loom: Expect::Driven,
            sampler: Expect::Driven,
        }
    }

    /// The same, but loom cannot judge it.
    pub const fn unjudged_by_loom(self, reason: &'static str) -> Self {
        Self {
            loom: Expect::Unjudged(reason),
            ..self
        }
    }

    /// The same, but loom leaves out what it takes to fail, and verifies it within that limit, which its report states.
    pub const fn missed_by_loom(self) -> Self {
        Self {
            loom: Expect::Verified,
            ..self
        }
    }

    /// What `engine` must say.
    pub fn under(&self, engine: Engine) -> Expect {
        match engine {
            Engine::Explorer if self.loom == Expect::Driven => Expect::Driven,
            // It knows the truth.
            Engine::Explorer => self.truth,
            Engine::Loom => self.loom,
            Engine::Sampler { .. } => self.sampler,
        }
    }
}
