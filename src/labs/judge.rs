//! Found against declared.

use std::fmt;

use super::driven::{Driven, DrivenVerdict};
use super::expect::Expect;
use super::form::{Lab, Variant};
use crate::check::{Engine, Incomplete, Location, Report, Verdict};

/// A report that does not say what the lab declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What the lab declares.
    pub declared: String,
    /// What the engine found.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "declared {}, found {}", self.declared, self.found)
    }
}

impl std::error::Error for Difference {}

impl Lab {
    /// Compares what `engine` reported of `variant` with what the lab declares: the verdict, the kind of failure,
    /// and the marked line.
    ///
    /// # Errors
    /// [`Difference`], if they do not agree.
    pub fn judge(
        &self,
        variant: &Variant,
        engine: Engine,
        report: &Report,
    ) -> Result<(), Difference> {
        let declared = variant.expect(engine);
        let failing = self.failing_place(variant);
        let agrees = match (declared, report.verdict(), report.failure()) {
            (Expect::Fails(kind), Verdict::Failed, Some(failure)) => {
                failure.kind() == kind && failure.location().is_some_and(|at| is_at(at, failing))
            }
            (Expect::Verified | Expect::Outcomes(_), Verdict::Verified, _) => true,
            // The report must own up to the limit.
            (Expect::Excluded(_), Verdict::Verified, _) => {
                let leaves_out = &report.semantics().leaves_out;
                leaves_out.iter().any(|what| what == "load buffering")
            }
            // Not every cut search will do: the engine must know its limit, and not have met another one.
            (Expect::Unjudged(_), Verdict::Incomplete(why), _) => matches!(
                why,
                Incomplete::Sampled { .. }
                    | Incomplete::Unreliable { .. }
                    | Incomplete::Doubtful { .. }
            ),
            (Expect::Measured, _, _) => true,
            _ => false,
        };
        if agrees {
            return Ok(());
        }
        Err(Difference {
            declared: expected(declared, failing),
            found: found(report),
        })
    }

    /// Compares what driving `variant` came to with what the lab declares: the verdict, the kind of failure, and the marked
    /// line, in which the failing process must have been seen.
    ///
    /// # Errors
    /// [`Difference`], if they do not agree.
    pub fn judge_driven(&self, variant: &Variant, driven: &Driven) -> Result<(), Difference> {
        let declared = variant.expect_driven().unwrap_or(variant.declared.truth);
        let failing = self.failing_place(variant);
        let at = driven
            .failing_step()
            .and_then(|step| step.location.as_ref());
        let agrees = match (declared, &driven.verdict) {
            (Expect::Fails(kind), DrivenVerdict::Failed { failure }) => {
                *failure == kind && at.is_some_and(|at| is_at(at, failing))
            }
            (Expect::Passes, DrivenVerdict::Passed)
            | (Expect::Unjudged(_), DrivenVerdict::Unjudged { .. }) => true,
            _ => false,
        };
        if agrees {
            return Ok(());
        }
        let found = match &driven.verdict {
            DrivenVerdict::Failed { failure } => {
                let sentence = &driven.timeline.sentence;
                format!("fails: {failure} at {}: {sentence}", place(at))
            }
            DrivenVerdict::Passed => "passes".into(),
            DrivenVerdict::Unjudged { reason } => format!("not judged: {reason}"),
        };
        Err(Difference {
            declared: expected(declared, failing),
            found,
        })
    }
}

/// A file and a line of it.
type Place = Option<(&'static str, u32)>;

fn is_at(at: &Location, place: Place) -> bool {
    place.is_some_and(|(file, line)| at.file == file && at.line == line)
}

fn expected(declared: Expect, place: Place) -> String {
    match (declared, place) {
        (Expect::Fails(_), Some((file, line))) => format!("{declared} at {file}:{line}"),
        _ => declared.to_string(),
    }
}

fn place(at: Option<&Location>) -> String {
    match at {
        Some(Location { file, line, .. }) => format!("{file}:{line}"),
        None => "no place".into(),
    }
}

fn found(report: &Report) -> String {
    match (report.verdict(), report.failure()) {
        (Verdict::Failed, Some(failure)) => {
            let place = place(failure.location());
            format!(
                "fails: {} at {place}: {}",
                failure.kind(),
                failure.message()
            )
        }
        (Verdict::Verified, _) => "verified".into(),
        (Verdict::Incomplete(reason), _) => format!("incomplete: {reason}"),
        (verdict, _) => format!("{verdict:?}"),
    }
}
