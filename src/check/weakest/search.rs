//! The search for all minimal assignments.
//!
//! Whether an assignment verifies is monotone: a stronger ordering forbids executions and allows none. So there is
//! no need to check them all. Where the assignments that fail end is told by the largest of them, and an assignment
//! that is in none of those has something of what each leaves out. The smallest such are the candidates: one that
//! verifies is minimal at once, for whatever is below it is in one that fails; one that fails is made as large as it
//! can be, and is one more of those. When all candidates verify, they are all.
//!
//! Gunopulos, Khardon, Mannila, Saluja, Toivonen, Sharma: Discovering All Most Specific Sentences, ACM Transactions
//! on Database Systems 28 (2003), their algorithm *dualize and advance*; the candidates as Berge has them
//! (Hypergraphs, 1989); a failing assignment is made large by bisection, after Marques-Silva, Janota, Belov: Minimal
//! Sets over Monotone Predicates in Boolean Formulae, CAV 2013.

use std::collections::BTreeSet;

use super::lattice::{Lattice, Parts};
use crate::check::sites::Site;

/// What a check says of an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Verifies,
    Fails,
    /// The check was cut.
    Unknown,
}

/// What is left out by an assignment that is as large as one that does not verify can be.
#[derive(Debug)]
struct Missing {
    /// Whatever verifies has one of these.
    parts: Parts,
    /// It fails, and is not merely unknown.
    certain: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub(super) lattice: Lattice,
    verifies: Vec<Parts>,
    fails: Vec<Parts>,
    unknown: Vec<Parts>,
    missing: Vec<Missing>,
    candidates: BTreeSet<Parts>,
}

/// Runs a check of an assignment; none: there is to be no other. The sites are those that were met.
pub(super) trait Judge {
    fn ask(
        &mut self,
        lattice: &Lattice,
        parts: &Parts,
        known: usize,
    ) -> Option<(Answer, Vec<Site>)>;

    /// What a site may have at most.
    fn strongest(&self, site: &Site) -> Option<core::sync::atomic::Ordering>;
}

/// The budget is used up.
pub(super) struct Spent;

impl Search {
    /// Notes what a check of `parts` said, and the sites that it met. Returns the assignment for which that holds.
    pub(super) fn note(
        &mut self,
        judge: &dyn Judge,
        mut parts: Parts,
        answer: Answer,
        sites: &[Site],
    ) -> Parts {
        let before = self.lattice.top();
        let mut met = Parts::new();
        for site in sites {
            let Some(strongest) = judge.strongest(site) else {
                continue;
            };
            let place = self.lattice.sites().len();
            if self.lattice.add(site, strongest) {
                // In this check the operation was as it is in the code.
                met.extend(self.lattice.of(place, site.ordering));
            }
        }
        let new: Parts = self.lattice.top().difference(&before).copied().collect();
        // A failing execution that did not come to an operation exists whatever ordering that has.
        for fails in &mut self.fails {
            fails.extend(&new);
        }
        parts.extend(&met);
        let list = match answer {
            Answer::Verifies => &mut self.verifies,
            Answer::Fails => &mut self.fails,
            Answer::Unknown => &mut self.unknown,
        };
        list.push(parts.clone());
        parts
    }

    /// What follows for an assignment from what is known, and from which.
    pub(super) fn implied(&self, parts: &Parts) -> Option<(Answer, &Parts)> {
        let verifies = self.verifies.iter().find(|known| known.is_subset(parts));
        let fails = || self.fails.iter().find(|known| known.is_superset(parts));
        let unknown = || self.unknown.iter().find(|known| *known == parts);
        (verifies.map(|known| (Answer::Verifies, known)))
            .or_else(|| fails().map(|known| (Answer::Fails, known)))
            .or_else(|| unknown().map(|known| (Answer::Unknown, known)))
    }

    /// What is so of an assignment, and the assignment of which it was found to be so.
    fn ask(&mut self, judge: &mut dyn Judge, parts: &Parts) -> Result<(Answer, Parts), Spent> {
        if let Some((answer, known)) = self.implied(parts) {
            return Ok((answer, known.clone()));
        }
        let (answer, sites) = judge
            .ask(&self.lattice, parts, self.missing.len())
            .ok_or(Spent)?;
        let parts = self.note(judge, parts.clone(), answer, &sites);
        Ok((answer, parts))
    }

    /// Finds all, or as many as the budget allows. The strongest assignment is known to verify.
    pub(super) fn run(&mut self, judge: &mut dyn Judge) -> Result<(), Spent> {
        self.candidates.insert(Parts::new());
        loop {
            let open = |parts: &&Parts| !matches!(self.implied(parts), Some((Answer::Verifies, _)));
            let next = self.candidates.iter().filter(open).min_by_key(|c| c.len());
            let Some(candidate) = next.cloned() else {
                return Ok(());
            };
            let (answer, parts) = self.ask(judge, &candidate)?;
            if answer != Answer::Verifies {
                self.advance(judge, &parts)?;
            }
        }
    }

    /// Makes an assignment that does not verify as large as one that does not can be.
    ///
    /// Taken the other way: finds a smallest set without which the strongest assignment does not verify. What is
    /// above comes first, so that each beginning of the list may be left out alone.
    fn advance(&mut self, judge: &mut dyn Judge, parts: &Parts) -> Result<(), Spent> {
        let mut list: Vec<u32> = self.lattice.top().difference(parts).copied().collect();
        list.sort_by_key(|part| !self.lattice.is_top_of_site(*part));
        let mut without = Parts::new();
        let (certain, largest) = loop {
            if !without.is_empty() {
                let rest = self.all_but(&without);
                let (answer, largest) = self.ask(judge, &rest)?;
                if answer != Answer::Verifies || list.is_empty() {
                    break (answer == Answer::Fails, largest);
                }
            }
            // Without the whole list it is `parts`, or less.
            let (mut verifies, mut does_not) = (0, list.len());
            while verifies + 1 < does_not {
                let middle = usize::midpoint(verifies, does_not);
                let mut less = without.clone();
                less.extend(list[..middle].iter().copied());
                let rest = self.all_but(&less);
                if self.ask(judge, &rest)?.0 == Answer::Verifies {
                    verifies = middle;
                } else {
                    does_not = middle;
                }
            }
            list.truncate(does_not);
            let last = list.pop().expect("something is missing");
            without.extend(self.lattice.up(last));
            list.retain(|part| !without.contains(part));
        };
        let missing = self.lattice.top().difference(&largest).copied().collect();
        let missing = Missing {
            parts: self.lattice.lowest(&missing),
            certain,
        };
        self.candidates = self.meet(&self.candidates, &missing.parts);
        self.missing.push(missing);
        Ok(())
    }

    fn all_but(&self, without: &Parts) -> Parts {
        self.lattice.top().difference(without).copied().collect()
    }

    /// The smallest that have one of these parts besides what each candidate has (Berge's multiplication).
    fn meet(&self, candidates: &BTreeSet<Parts>, one_of: &Parts) -> BTreeSet<Parts> {
        let (mut meet, miss): (BTreeSet<Parts>, Vec<&Parts>) = {
            let (meet, miss): (Vec<_>, Vec<_>) = candidates
                .iter()
                .partition(|candidate| !candidate.is_disjoint(one_of));
            (meet.into_iter().cloned().collect(), miss)
        };
        let mut larger: Vec<Parts> = miss
            .iter()
            .flat_map(|candidate| {
                one_of.iter().map(|part| {
                    candidate
                        .union(&self.lattice.down(*part))
                        .copied()
                        .collect()
                })
            })
            .collect();
        larger.sort_by_key(Parts::len);
        for candidate in larger {
            if !meet.iter().any(|other| other.is_subset(&candidate)) {
                meet.insert(candidate);
            }
        }
        meet
    }

    // --- what is known at the end ---

    /// Those that verify and below which nothing does.
    pub(super) fn minimal(&self) -> Vec<Parts> {
        self.smallest_verified(true)
    }

    /// The smallest that are known to verify, and of which it is not known whether something below does.
    pub(super) fn sufficient(&self) -> Vec<Parts> {
        self.smallest_verified(false)
    }

    fn smallest_verified(&self, proved: bool) -> Vec<Parts> {
        let distinct: BTreeSet<&Parts> = self.verifies.iter().collect();
        let smallest = distinct.iter().filter(|parts| {
            !distinct
                .iter()
                .any(|other| other != *parts && other.is_subset(parts))
        });
        smallest
            .filter(|parts| {
                let below = self.lattice.directly_below(parts);
                let fails = |parts: &Parts| matches!(self.implied(parts), Some((Answer::Fails, _)));
                below.iter().all(fails) == proved
            })
            .map(|parts| (*parts).clone())
            .collect()
    }

    /// Of what is not found, each is one of these or above one.
    pub(super) fn open(&self) -> Vec<Parts> {
        let verifies = |parts: &Parts| matches!(self.implied(parts), Some((Answer::Verifies, _)));
        let open = self.candidates.iter().filter(|parts| !verifies(parts));
        // Those may verify, whatever the candidates above them say.
        let unknown = self.unknown.iter().filter(|parts| {
            let known = self.implied(parts);
            matches!(known, Some((Answer::Unknown, _)))
        });
        let open: BTreeSet<&Parts> = open.chain(unknown).collect();
        open.into_iter().cloned().collect()
    }

    /// What each that verifies has.
    pub(super) fn needed(&self) -> Parts {
        let certain = |part: &u32| {
            let up = self.lattice.up(*part);
            self.missing
                .iter()
                .any(|missing| missing.certain && missing.parts.is_subset(&up))
        };
        self.lattice.top().into_iter().filter(certain).collect()
    }

    pub(super) fn is_complete(&self) -> bool {
        let verifies = |parts: &Parts| matches!(self.implied(parts), Some((Answer::Verifies, _)));
        self.missing.iter().all(|missing| missing.certain) && self.candidates.iter().all(verifies)
    }
}
