//! Every lab: each variant found as it declares, and each table of results complete.

use std::collections::BTreeSet;

use racecourse::check::{Checker, Engine, Verdict};
use racecourse::labs::{self, Expect};

#[test]
fn every_variant_is_found_as_declared() {
    let mut differences = Vec::new();
    for lab in labs::all() {
        for variant in lab.variants {
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
