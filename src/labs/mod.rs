//! The catalogue of labs.

use crate::check::{Checker, Engine, FailureKind, Report};

/// What a variant must do under an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expect {
    /// The check must fail with this kind, at the line marked in the lab.
    Fails(FailureKind),
    /// The whole space of the engine's semantics is explored and nothing fails.
    Verified,
    /// Exactly these results are reachable.
    Outcomes(&'static [&'static str]),
    /// There is no verdict, only a measurement.
    Measured,
    /// The engine cannot judge it, and this is why.
    Unjudged(&'static str),
}

/// What a lab runs: a closure over explicit shared state.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub(crate) run: fn(),
    /// Why it must not run natively, if running it so would be undefined behaviour.
    pub(crate) undefined: Option<&'static str>,
}

/// One form of a lab: the bug, or a fix.
#[derive(Debug)]
pub struct Variant {
    /// `buggy`, `fixed`, or a name that says which fix.
    pub name: &'static str,
    /// What is run.
    pub scenario: Scenario,
    pub(crate) expect: fn(Engine) -> Expect,
}

/// One lab: one class of bug, with at least one buggy and one fixed variant.
#[derive(Debug)]
pub struct Lab {
    pub number: u32,
    pub slug: &'static str,
    pub title: &'static str,
    pub room: &'static str,
    pub minutes: u32,
    pub references: &'static [&'static str],
    pub lesson: &'static str,
    pub variants: &'static [Variant],
    /// The lab's own source text.
    pub source: &'static str,
}

impl Variant {
    pub fn expect(&self, engine: Engine) -> Expect {
        (self.expect)(engine)
    }
}

impl Scenario {
    pub fn check(&self, checker: &Checker) -> Report {
        checker.run(self.run)
    }
}

/// Every lab, in the order of its number.
pub fn all() -> &'static [Lab] {
    &[]
}

/// The lab with this slug.
pub fn find(slug: &str) -> Option<&'static Lab> {
    all().iter().find(|lab| lab.slug == slug)
}
