//! Every lab: each variant found as it declares, and each table of results complete.

use std::collections::{BTreeMap, BTreeSet};

use racecourse::check::{Checker, Engine, Report, Verdict};
use racecourse::labs::{self, Expect};

#[test]
fn every_variant_is_found_as_declared() {
    let mut differences = Vec::new();
    for lab in labs::all() {
        for variant in lab.all_variants() {
            if matches!(
                variant.expect(Engine::Explorer),
                Expect::Measured | Expect::Driven
            ) {
                continue;
            }
            let report = variant.scenario.check(&Checker::new());
            if let Err(difference) = lab.judge(variant, Engine::Explorer, &report) {
                differences.push(format!(
                    "{} {}: {difference}\n{report}",
                    lab.slug, variant.name
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

/// Without its assertion a scenario fails in no variant, and reaches exactly the results that its lab lists.
#[test]
fn every_table_of_results_is_complete() {
    for lab in labs::all() {
        for variant in lab.variants {
            let Some(observation) = variant.observation else {
                continue;
            };
            let (report, results) = observation.results(&Checker::new());
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
}

/// What a counterexample shows, without lines: two that are the same are one idea written twice.
fn behaviour(report: &Report) -> String {
    let failure = report.failure().expect("it fails");
    let mut out = format!("{}\n", failure.kind());
    for step in failure
        .timeline()
        .steps
        .iter()
        .filter(|step| !step.scaffolding)
    {
        let object = step.object.as_deref().unwrap_or_default();
        let ordering = step.ordering.as_deref().unwrap_or_default();
        out.push_str(&format!(
            "{} {:?} {object} {} {ordering}\n",
            step.thread, step.operation, step.detail
        ));
    }
    out
}

#[test]
fn every_wrong_fix_does_something_else_than_the_bug_and_than_the_others() {
    for lab in labs::all() {
        let mut met = BTreeMap::new();
        let bug = lab.variants.iter().filter(|variant| variant.is_buggy());
        for variant in bug.chain(lab.wrong.variants) {
            if !matches!(variant.expect(Engine::Explorer), Expect::Fails(_)) {
                continue;
            }
            let report = variant.scenario.check(&Checker::new());
            let other = met.insert(behaviour(&report), variant.name);
            assert_eq!(
                other, None,
                "{}: does the same as {}",
                lab.slug, variant.name
            );
        }
    }
}

/// What is excluded by the memory model may not fail, and the report must say what the model leaves out.
#[test]
fn what_no_engine_explores_is_owned_up_to() {
    let lab = labs::find("load-buffering").expect("lab 18");
    let [bug, other] = ["buggy", "wrong-post-first"].map(|name| lab.variant(name).expect(name));
    assert!(matches!(bug.expect(Engine::Explorer), Expect::Excluded(_)));
    let report = bug.scenario.check(&Checker::new());
    assert_eq!(lab.judge(bug, Engine::Explorer, &report), Ok(()));
    assert!(report.to_string().contains("load buffering"), "{report}");
    let failed = other.scenario.check(&Checker::new());
    let difference = lab.judge(bug, Engine::Explorer, &failed);
    let difference = difference.expect_err("it failed");
    assert!(difference.found.contains("fails: panic"), "{difference}");
}
