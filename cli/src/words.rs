//! Verdicts, numbers and times in words.

use racecourse::check::{Report, Verdict};
use racecourse::labs::{Driven, DrivenVerdict, Expect};

/// What was found, in two words.
pub fn found(report: &Report) -> String {
    match (report.verdict(), report.failure()) {
        (Verdict::Failed, Some(failure)) => format!("fails: {}", failure.kind()),
        (Verdict::Failed, None) => "fails".to_owned(),
        (Verdict::Verified, _) => "verified".to_owned(),
        _ => "incomplete".to_owned(),
    }
}

/// What driving the system came to, in two words.
pub fn driven(driven: &Driven) -> String {
    match &driven.verdict {
        DrivenVerdict::Failed { failure } => format!("fails: {failure}"),
        DrivenVerdict::Passed => "passes".to_owned(),
        _ => "incomplete".to_owned(),
    }
}

/// What is declared, in the same words.
pub fn declared(expect: Expect) -> String {
    match expect {
        Expect::Fails(kind) => format!("fails: {kind}"),
        Expect::Verified | Expect::Outcomes(_) => "verified".to_owned(),
        Expect::Measured => "measured".to_owned(),
        Expect::Passes => "passes".to_owned(),
        // Verified, in a memory model that has not the failure: `race` says so.
        Expect::Excluded(_) => "excluded".to_owned(),
        // An engine that cannot judge must say so: `incomplete`.
        Expect::Unjudged(_) => "incomplete".to_owned(),
        other => other.to_string(),
    }
}

/// `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Seconds in words.
pub fn time(seconds: f64) -> String {
    match seconds {
        s if s < 0.001 => "< 1 ms".to_owned(),
        s if s < 1.0 => format!("{:.0} ms", s * 1000.0),
        s if s < 60.0 => format!("{s:.1} s"),
        s => format!("{:.0} min {:.0} s", (s / 60.0).floor(), s % 60.0),
    }
}

#[cfg(test)]
mod tests {
    use racecourse::check::FailureKind;

    use super::*;

    #[test]
    fn what_is_declared_is_named_as_what_is_found() {
        assert_eq!(
            declared(Expect::Fails(FailureKind::DataRace)),
            "fails: data race"
        );
        assert_eq!(declared(Expect::Unjudged("why")), "incomplete");
    }

    #[test]
    fn times_read_well() {
        assert_eq!(
            [0.0001, 0.0121, 1.25, 125.0].map(time),
            ["< 1 ms", "12 ms", "1.2 s", "2 min 5 s"]
        );
        assert_eq!(
            [5, 1_000, 1_234_567].map(grouped),
            ["5", "1,000", "1,234,567"]
        );
    }
}
