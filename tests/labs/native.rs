//! What runs natively, what is refused, and what must not hang.

use std::thread;
use std::time::Duration;

use racecourse::check::FailureKind;
use racecourse::labs::{self, Expect, Lab, NativeError, Variant};

/// Generous, for processors that others use too. What it says of a bug is never decided by time.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is measured has no bug that shows: only its time is wrong.
fn is_right(variant: &Variant) -> bool {
    !(variant.is_buggy() || variant.is_wrong()) || variant.declared.truth == Expect::Measured
}

#[test]
fn every_variant_that_is_right_runs_natively() {
    for lab in labs::all() {
        let right = lab.variants.iter().filter(|variant| is_right(variant));
        for variant in right.filter(|variant| variant.drive.is_none()) {
            for _ in 0..20 {
                let result = variant.scenario.run_native_within(PATIENCE);
                assert_eq!(result, Ok(()), "{} {}", lab.slug, variant.name);
            }
        }
    }
}

#[test]
fn undefined_behaviour_is_refused_with_the_reason() {
    for lab in labs::all() {
        for variant in lab.all_variants() {
            let undefined = matches!(
                variant.declared.truth,
                Expect::Fails(FailureKind::DataRace | FailureKind::UseAfterFree)
            );
            let reason = variant.scenario.undefined();
            let name = format!("{} {}", lab.slug, variant.name);
            assert_eq!(reason.is_some(), undefined, "{name}");
            if let Some(reason) = reason {
                let error = variant.scenario.run_native().expect_err("refused");
                assert_eq!(error, NativeError::Undefined(reason), "{name}");
                assert!(error.to_string().contains(reason), "{error}");
            }
        }
    }
}

/// A bug may or may not show on real threads; whichever it is, the call comes back.
#[test]
fn a_buggy_variant_comes_back() {
    for lab in labs::all() {
        let safe = lab
            .all_variants()
            .filter(|v| !is_right(v) && v.scenario.undefined().is_none() && v.drive.is_none());
        // At the same time, so that those who are stuck are waited for together.
        thread::scope(|scope| {
            for variant in safe {
                scope.spawn(|| comes_back(lab, variant));
            }
        });
    }
}

fn comes_back(lab: &Lab, variant: &Variant) {
    // What may be stuck is not waited for; what may panic is, and its message and backtrace take their time.
    let patience = match variant.declared.truth {
        Expect::Fails(FailureKind::Deadlock | FailureKind::Livelock) => Duration::from_millis(200),
        _ => PATIENCE,
    };
    let result = variant.scenario.run_native_within(patience);
    match (variant.declared.truth, &result) {
        (_, Ok(())) => {}
        (
            Expect::Fails(FailureKind::Deadlock | FailureKind::Livelock),
            Err(NativeError::Stuck(_)),
        ) => {}
        (
            // A processor may do what no engine does.
            Expect::Fails(FailureKind::Panic) | Expect::Excluded(_),
            Err(NativeError::Failed(_)),
        ) => {}
        _ => panic!("{} {}: {result:?}", lab.slug, variant.name),
    }
}
