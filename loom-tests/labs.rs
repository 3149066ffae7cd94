//! Every lab, permuted by loom: each variant found as it declares, and each table of results complete.

mod processes;

use std::collections::BTreeSet;

use racecourse::check::{Checker, Engine, FailureKind, Verdict};
use racecourse::labs::{self, Expect, Lab, Variant};
use racecourse::pool::process::RemoteFunction;

#[cfg(unix)]
racecourse::enter_tests!();

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

/// Applies `judge` to the number of each of [`variants`]; it gives back what is wrong.
fn all<F>(judge: F)
where
    F: RemoteFunction<usize, Output = Option<String>> + Send + Sync + 'static,
{
    let wrong: Vec<_> = processes::map(judge, 0..variants().count())
        .into_iter()
        .flatten()
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The verdict, the kind of failure and the failing line.
#[test]
fn every_variant_is_found_as_declared() {
    all(Verdicts);
}

fn verdict(number: usize) -> Option<String> {
    let (lab, variant) = variants().nth(number).expect("a variant");
    let report = variant.scenario.check(&checker());
    let difference = lab.judge(variant, Engine::Loom, &report).err()?;
    Some(format!(
        "{} {}: {difference}\n{report}",
        lab.slug, variant.name
    ))
}
racecourse::remote!(Verdicts = verdict(usize) -> Option<String>);

/// Without its assertion a scenario fails in no variant, and reaches exactly the results that its lab lists.
#[test]
fn every_table_of_results_is_complete() {
    all(Tables);
}

fn table(number: usize) -> Option<String> {
    let (lab, variant) = variants().nth(number).expect("a variant");
    if matches!(variant.expect(Engine::Loom), Expect::Unjudged(_)) {
        return None;
    }
    let observation = variant.observation?;
    let (report, results) = observation.results(&checker());
    let listed: BTreeSet<_> = observation
        .reachable
        .iter()
        .map(ToString::to_string)
        .collect();
    let complete = *report.verdict() == Verdict::Verified && results == listed;
    (!complete).then(|| {
        format!(
            "{} {}: reaches {results:?}, not {listed:?}\n{report}",
            lab.slug, variant.name
        )
    })
}
racecourse::remote!(Tables = table(usize) -> Option<String>);

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
