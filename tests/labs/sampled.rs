//! Every variant under the sampler: bugs are found as declared, and nothing is ever verified.

use racecourse::check::{Checker, Engine, Verdict};
use racecourse::labs::{self, Expect};

#[test]
fn every_variant_is_found_as_declared() {
    let engine = Engine::Sampler {
        seed: 1,
        executions: 2_000,
    };
    let mut differences = Vec::new();
    for lab in labs::all() {
        let judged = lab
            .all_variants()
            .filter(|v| !matches!(v.expect(engine), Expect::Measured | Expect::Driven));
        for variant in judged {
            let report = variant.scenario.check(&Checker::new().engine(engine));
            if let Err(difference) = lab.judge(variant, engine, &report) {
                differences.push(format!(
                    "{} {}: {difference}\n{report}",
                    lab.slug, variant.name
                ));
            }
            assert_ne!(
                *report.verdict(),
                Verdict::Verified,
                "a sampler never verifies"
            );
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

/// What is found depends on the seed only as to when: any seed finds every bug that the sampler can see.
#[test]
fn every_seed_finds_every_bug() {
    for seed in 0..20 {
        let engine = Engine::Sampler {
            seed,
            executions: 2_000,
        };
        for lab in labs::all() {
            let bugs = lab
                .variants
                .iter()
                .filter(|v| matches!(v.expect(engine), Expect::Fails(_)));
            for variant in bugs {
                let report = variant.scenario.check(&Checker::new().engine(engine));
                let judged = lab.judge(variant, engine, &report);
                assert_eq!(judged, Ok(()), "{} {}, seed {seed}", lab.slug, variant.name);
            }
        }
    }
}
