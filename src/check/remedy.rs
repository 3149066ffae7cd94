//! The weakest stronger ordering without which a failure would not be: tried, not guessed.
//!
//! Only what the failing steps ask for is tried: first whether orderings matter at all (all of them `SeqCst`), then
//! single ones, the weakest first, then a store and a load together. What is found is a check of its own.

use core::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use super::checker::{Checker, Engine, Scenario};
use super::explain::short;
use super::failure::{Failure, FailureKind};
use super::report::{Incomplete, Report, Verdict};
use super::sites::Site;
use super::timeline::Operation;

/// Steps that all trials of one failure may take together, roughly.
const STEPS: u64 = 400_000;
/// Executions that they may take at most, and however long they are.
const EXECUTIONS: core::ops::RangeInclusive<u64> = 100..=20_000;
/// Pairs that are tried.
const MOST_PAIRS: usize = 40;

type Change = (Site, Ordering);

/// How a trial ended.
enum Trial {
    /// Nothing fails any more: so many executions were all.
    Verified(u64),
    StillFails,
    /// So many executions did not fail, and were not all.
    Cut(u64),
}

struct Trials<'a> {
    checker: &'a Checker,
    scenario: &'a Scenario,
    left: u64,
}

/// A sentence that says what would remove the failure; none where orderings are not what it is about.
pub(super) fn find(checker: &Checker, scenario: &Scenario, report: &Report) -> Option<String> {
    let failure = report.failure()?;
    if !matters(failure) {
        return None;
    }
    let sites = involved(checker, report, failure);
    if sites.is_empty() {
        return None;
    }
    let steps = failure.timeline.steps.len().max(1) as u64;
    let budget = (STEPS / steps).clamp(*EXECUTIONS.start(), *EXECUTIONS.end());
    let mut trials = Trials {
        checker,
        scenario,
        left: budget,
    };
    let all: Vec<Change> = sites
        .iter()
        .filter(|site| site.ordering != SeqCst)
        .map(|site| (site.clone(), SeqCst))
        .collect();
    if all.is_empty() {
        return None;
    }
    let everywhere = trials.attempt(&all);
    if matches!(everywhere, Trial::StillFails) {
        return Some(
            "No stronger ordering of these operations removes it: it fails with SeqCst at all of them too."
                .to_owned(),
        );
    }
    let mut cut = None;
    for changes in singles(&sites).into_iter().chain(pairs(&sites)) {
        match trials.attempt(&changes) {
            Trial::Verified(executions) => {
                return Some(format!(
                    "With {} this does not happen: verified, {}.",
                    words(&changes),
                    count(executions)
                ));
            }
            Trial::StillFails => {}
            Trial::Cut(executions) => {
                if executions > 0 && cut.is_none() {
                    cut = Some((words(&changes), executions));
                }
            }
        }
        if trials.left == 0 {
            break;
        }
    }
    Some(match (cut, everywhere) {
        (Some((words, executions)), _) => format!(
            "With {words} it did not happen in {}, which were not all: the trial of stronger orderings ended there.",
            count(executions)
        ),
        (None, _) if trials.left == 0 => format!(
            "No stronger ordering was found that removes it before the trial ended, after {}.",
            count(budget)
        ),
        (None, Trial::Verified(executions)) if all.len() > 1 => format!(
            "No single stronger ordering removes it, and no two; with SeqCst at {} this does not happen: verified, {}.",
            places(&all),
            count(executions)
        ),
        (None, _) => {
            "No single stronger ordering of these operations removes it, and no two.".to_owned()
        }
    })
}

/// Whether an ordering could make a difference. An interleaving that fails by itself is allowed whatever the
/// orderings are, unless the failure is that something does not happen before something else.
fn matters(failure: &Failure) -> bool {
    !failure.sequentially_consistent
        || matches!(
            failure.kind,
            FailureKind::DataRace | FailureKind::UseAfterFree
        )
}

/// The sites of the failing steps, in the order of the steps.
fn involved(checker: &Checker, report: &Report, failure: &Failure) -> Vec<Site> {
    let mut sites: Vec<Site> = Vec::new();
    for step in &failure.timeline.steps {
        let found = report.sites.iter().find(|site| {
            let same = match step.operation {
                Operation::CompareExchangeSpurious => Operation::CompareExchangeFailed,
                other => other,
            };
            step.ordering.is_some()
                && step.location.as_ref() == Some(&site.location)
                && site.operation == same
        });
        if let Some(site) = found {
            // As it is in this check, which may have changed it.
            let now = checker.instead().iter().find(|(other, _)| other == site);
            let site = Site {
                ordering: now.map_or(site.ordering, |(_, ordering)| *ordering),
                ..site.clone()
            };
            if !sites.contains(&site) {
                sites.push(site);
            }
        }
    }
    sites
}

fn strength(ordering: Ordering) -> u8 {
    match ordering {
        Relaxed => 0,
        Acquire | Release => 1,
        AcqRel => 2,
        _ => 3,
    }
}

fn is_stronger(new: Ordering, old: Ordering) -> bool {
    strength(new) > strength(old)
}

/// One site changed, the weakest changes first.
fn singles(sites: &[Site]) -> Vec<Vec<Change>> {
    let mut changes: Vec<Change> = sites
        .iter()
        .flat_map(|site| {
            let stronger = site
                .possible()
                .iter()
                .filter(|new| is_stronger(**new, site.ordering));
            stronger.map(|new| (site.clone(), *new))
        })
        .collect();
    changes.sort_by_key(|(_, new)| strength(*new));
    changes.into_iter().map(|change| vec![change]).collect()
}

/// What publishes made Release, and what reads made Acquire; then two sites made `SeqCst`.
fn pairs(sites: &[Site]) -> Vec<Vec<Change>> {
    let can = |site: &Site, new: Ordering| {
        is_stronger(new, site.ordering) && site.possible().contains(&new)
    };
    let mut pairs = Vec::new();
    for store in sites.iter().filter(|site| can(site, Release)) {
        for load in sites
            .iter()
            .filter(|site| can(site, Acquire) && *site != store)
        {
            pairs.push(vec![(store.clone(), Release), (load.clone(), Acquire)]);
        }
    }
    for (i, a) in sites
        .iter()
        .enumerate()
        .filter(|(_, site)| can(site, SeqCst))
    {
        for b in sites[i + 1..].iter().filter(|site| can(site, SeqCst)) {
            pairs.push(vec![(a.clone(), SeqCst), (b.clone(), SeqCst)]);
        }
    }
    pairs.truncate(MOST_PAIRS);
    pairs
}

impl Trials<'_> {
    fn attempt(&mut self, changes: &[Change]) -> Trial {
        if self.left == 0 {
            return Trial::Cut(0);
        }
        let report = self.checker.attempt(self.scenario, changes, self.left);
        let executions = report.executions() + report.blocked();
        self.left = self.left.saturating_sub(executions.max(1));
        match report.verdict() {
            Verdict::Verified => Trial::Verified(report.executions()),
            Verdict::Failed => Trial::StillFails,
            Verdict::Incomplete(Incomplete::MaxExecutions(_)) => Trial::Cut(report.executions()),
            Verdict::Incomplete(_) => Trial::Cut(0),
        }
    }
}

/// `Release at lib.rs:3 (now Relaxed)`, joined by `and`.
fn words(changes: &[Change]) -> String {
    let words = changes.iter().map(|(site, new)| {
        let what = match site.operation {
            Operation::CompareExchangeFailed => " for failure",
            _ => "",
        };
        let (place, old) = (place(site), site.ordering);
        format!("{new:?}{what} at {place} (now {old:?})")
    });
    words.collect::<Vec<_>>().join(" and ")
}

fn places(changes: &[Change]) -> String {
    let mut places: Vec<String> = changes.iter().map(|(site, _)| place(site)).collect();
    places.dedup();
    places.join(", ")
}

fn place(site: &Site) -> String {
    format!("{}:{}", short(&site.location.file), site.location.line)
}

fn count(executions: u64) -> String {
    super::report::count(executions, "execution")
}

impl Checker {
    /// A check with other orderings, that ends with its first failure.
    fn attempt(&self, scenario: &Scenario, changes: &[Change], executions: u64) -> Report {
        let mut checker = self.clone().engine(Engine::Explorer).explain(false);
        checker.end_with_first_failure(executions);
        for (site, ordering) in changes {
            checker = checker.with_ordering(site, *ordering);
        }
        checker.search(scenario, None)
    }
}
