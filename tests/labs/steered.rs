//! Every bug that an engine can run is found by proptest, as a list of choices that says which thread goes on when, and shrunk.
//!
//! The lab's own code runs, under [`Checker::steer`]; nothing is written anew for the test. What is found at first has a few dozen
//! choices, most of them needless; what is left when all are shrunk is the idea of the bug.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestError, TestRng, TestRunner};
use racecourse::check::{Checker, Engine, FailureKind};
use racecourse::labs::{self, Expect, Variant};

/// More would be no counterexample that a person can follow.
const MOST_EXTRAORDINARY: usize = 10;

/// Of four choices three are the ordinary.
fn choices() -> impl Strategy<Value = Vec<u16>> {
    vec(prop_oneof![3 => Just(0), 1 => 1..4u16], 0..80)
}

fn fails_with(variant: &Variant, kind: FailureKind, choices: &[u16]) -> bool {
    let report = variant.scenario.steer(&Checker::new(), choices);
    report
        .failure()
        .is_some_and(|failure| failure.kind() == kind)
}

/// The smallest list that fails, to which proptest comes.
fn shrunk(variant: &Variant, kind: FailureKind) -> Option<Vec<u16>> {
    let config = ProptestConfig {
        cases: 20_000,
        failure_persistence: None,
        max_shrink_iters: 10_000,
        ..ProptestConfig::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let found = TestRunner::new_with_rng(config, random).run(&choices(), |choices| {
        prop_assert!(!fails_with(variant, kind, &choices));
        Ok(())
    });
    match found {
        Ok(()) => None,
        Err(TestError::Fail(_, choices)) => Some(choices),
        Err(error) => panic!("{error}"),
    }
}

/// Choices that are not the ordinary: none of them could be left out.
fn extraordinary(choices: &[u16]) -> usize {
    choices.iter().filter(|choice| **choice != 0).count()
}

#[test]
fn every_bug_is_found_and_shrunk() {
    let mut others = Vec::new();
    for lab in labs::all() {
        for variant in lab.all_variants() {
            let Expect::Fails(kind) = variant.expect(Engine::Explorer) else {
                continue;
            };
            let name = format!("{} {}", lab.slug, variant.name);
            match shrunk(variant, kind) {
                Some(choices) if extraordinary(&choices) <= MOST_EXTRAORDINARY => {}
                Some(choices) => others.push(format!("{name}: {choices:?}")),
                None => others.push(format!("{name}: not found")),
            }
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
}

#[test]
fn no_list_of_choices_makes_a_fix_fail() {
    let config = ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    for lab in labs::all() {
        let fixes = lab.variants.iter();
        for variant in fixes.filter(|v| v.expect(Engine::Explorer) == Expect::Verified) {
            TestRunner::new(config.clone())
                .run(&choices(), |choices| {
                    let report = variant.scenario.steer(&Checker::new(), &choices);
                    prop_assert!(report.failure().is_none(), "{}: {report}", lab.slug);
                    Ok(())
                })
                .unwrap();
        }
    }
}
