//! Every lab, permuted by loom: each variant found as it declares, and each table of results complete.

use std::collections::BTreeSet;

use racecourse::check::{Checker, Engine, FailureKind, Verdict};
use racecourse::labs::{self, Expect, Lab, Variant};

fn checker() -> Checker {
    Checker::new().engine(Engine::Loom)
}

/// Those that an engine can run.
fn variants() -> impl Iterator<Item = (&'static Lab, &'static Variant)> {
    labs::all()
        .iter()
        .flat_map(|lab| lab.all_variants().map(move |variant| (lab, variant)))
        .filter(|(_, variant)| {
            !matches!(
                variant.expect(Engine::Loom),
                Expect::Driven | Expect::Measured
            )
        })
}

/// The verdict, the kind of failure and the failing line.
#[test]
fn every_variant_is_found_as_declared() {
    let mut differences = Vec::new();
    for (lab, variant) in variants() {
        let report = variant.scenario.check(&checker());
        if let Err(difference) = lab.judge(variant, Engine::Loom, &report) {
            differences.push(format!(
                "{} {}: {difference}\n{report}",
                lab.slug, variant.name
            ));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

/// Without its assertion a scenario fails in no variant, and reaches exactly the results that its lab lists.
#[test]
fn every_table_of_results_is_complete() {
    for (lab, variant) in variants() {
        let judged = !matches!(variant.expect(Engine::Loom), Expect::Unjudged(_));
        let Some(observation) = variant.observation.filter(|_| judged) else {
            continue;
        };
        let (report, results) = observation.results(&checker());
        let name = format!("{} {}", lab.slug, variant.name);
        assert_eq!(*report.verdict(), Verdict::Verified, "{name}: {report}");
        let listed: BTreeSet<_> = observation
            .reachable
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(results, listed, "{name}");
    }
}

/// A report of one variant does not pass for another one's.
#[test]
fn a_difference_is_told() {
    let lab = labs::find("lost-update").expect("lab 1");
    let [buggy, fixed] = ["buggy", "fixed"].map(|name| lab.variant(name).expect(name));
    let found = buggy.scenario.check(&checker());
    let verified = fixed.scenario.check(&checker());
    assert_eq!(lab.judge(buggy, Engine::Loom, &found), Ok(()));
    assert_eq!(lab.judge(fixed, Engine::Loom, &verified), Ok(()));

    let missed = lab
        .judge(buggy, Engine::Loom, &verified)
        .expect_err("a bug that was not found");
    let (file, line) = lab.failing_place(buggy).expect("marked");
    assert_eq!(
        missed.declared,
        format!("fails: {} at {file}:{line}", FailureKind::Panic)
    );
    assert_eq!(missed.found, "verified");

    let alarm = lab
        .judge(fixed, Engine::Loom, &found)
        .expect_err("a failure of the fix");
    assert_eq!(alarm.declared, "verified");
    assert!(alarm.found.contains("a visit was lost"), "{alarm}");

    // The right kind at another lab's line is a difference, too.
    let other = labs::find("check-then-act").expect("lab 2");
    other
        .judge(&other.variants[0], Engine::Loom, &found)
        .expect_err("another file");
}
