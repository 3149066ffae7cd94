//! The table of a lab's orderings: every assignment against what it lets happen, computed.
//!
//! A table is about one variant and some of the places in it that choose an ordering. Each assignment of orderings to
//! them, all that such operations may have, is a check of its own, with [`Checker::with_ordering`]: what it reaches are its
//! results. Of the assignments that are good enough the weakest are marked, those below which none is.
//!
//! ```
//! let lab = racecourse::labs::find("store-buffering").expect("lab 17");
//! let table = lab.ordering_table().expect("it is about orderings");
//! assert_eq!(table.rows.len(), 3 * 5 * 3); // a store, a fence, a load
//! println!("{table}");
//! ```

mod text;

use serde::Serialize;

use super::form::{Grade, Lab, Variant};
use super::references::{self, Reference};
use crate::check::clock::is_at_least;
use crate::check::{Checker, Operation, Report, Site, Verdict};
use crate::sync::atomic::Ordering;

/// What the table of a lab is about.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Orderings {
    /// The variant whose orderings are varied.
    pub variant: &'static str,
    /// The places that are varied, by what is done there: `flag.store`, or `flag.store 2` for the second in the source.
    /// The others stay as they are in the code.
    pub varied: &'static [&'static str],
    /// What the table cannot say.
    pub caveat: Option<&'static str>,
    /// What processors make of it.
    pub hardware: &'static [Hardware],
    /// The table as it was when it was last looked at, in Markdown.
    #[serde(skip)]
    pub frozen: &'static str,
}

/// What a family of processors makes of a lab, from the literature.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Hardware {
    /// `x86-64` or `Arm`.
    pub machine: &'static str,
    /// What it may do if everything is `Relaxed`, and the compiler leaves it as it is.
    pub relaxed: &'static str,
    /// What it takes there to exclude what must not be.
    pub needs: &'static str,
    /// Where that is said.
    pub sources: &'static [Reference],
}

impl Hardware {
    /// x86-64, of which one paper says it all.
    pub(super) const fn x86(relaxed: &'static str, needs: &'static str) -> Self {
        Self {
            machine: "x86-64",
            relaxed,
            needs,
            sources: &[references::X86_TSO],
        }
    }

    pub(super) const fn arm(
        relaxed: &'static str,
        needs: &'static str,
        sources: &'static [Reference],
    ) -> Self {
        Self {
            machine: "Arm",
            relaxed,
            needs,
            sources,
        }
    }
}

/// Every assignment of orderings, and what each lets happen. `Display` is for people, `Serialize` for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderingTable {
    /// The places that are varied, in the order of the source.
    pub places: Vec<OrderingPlace>,
    /// Everything that any of the assignments lets happen: what is good first.
    pub results: Vec<String>,
    /// One for each assignment, the weakest first.
    pub rows: Vec<OrderingRow>,
    /// The executions of all checks together.
    pub executions: u64,
}

/// A place that chooses an ordering.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderingPlace {
    /// What is done there: `flag.store`.
    pub what: String,
    /// The line in the lab's file, counted from 1.
    pub line: u32,
    /// What is in the code.
    pub in_code: String,
    /// The site, as a checker knows it.
    #[serde(skip)]
    pub site: Site,
}

/// One assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderingRow {
    /// The orderings, in the order of [`OrderingTable::places`]; `none` for a fence that is not there.
    pub orderings: Vec<String>,
    /// What it lets happen: results of the lab, or kinds of failure, or `verified`.
    pub results: Vec<String>,
    /// Whether all of that is allowed.
    pub enough: bool,
    /// Whether it is enough, and nothing weaker is.
    pub weakest: bool,
    #[serde(skip)]
    assigned: Vec<Ordering>,
}

impl OrderingRow {
    /// The orderings, `Relaxed` for a fence that is not there.
    pub fn assigned(&self) -> &[Ordering] {
        &self.assigned
    }

    /// Whether no place has a weaker ordering here than there.
    pub fn is_at_least(&self, other: &Self) -> bool {
        let mut both = self.assigned.iter().zip(&other.assigned);
        both.all(|(&one, &other)| is_at_least(one, other))
    }
}

impl OrderingTable {
    /// The weakest assignments that are enough.
    pub fn weakest(&self) -> impl Iterator<Item = &OrderingRow> {
        self.rows.iter().filter(|row| row.weakest)
    }
}

impl Lab {
    /// Computes the table of orderings, by a check for each assignment; `None` if the lab has none.
    ///
    /// # Panics
    /// If the lab varies a place that its variant does not come to: a mistake in the lab.
    pub fn ordering_table(&self) -> Option<OrderingTable> {
        let orderings = self.orderings.as_ref()?;
        let variant = self
            .variant(orderings.variant)
            .expect("a variant of the lab");
        let report = variant.scenario.check(&Checker::new());
        let places = places(self, variant, &report, orderings.varied);
        let mut executions = 0;
        let mut rows: Vec<OrderingRow> = assignments(&places)
            .into_iter()
            .map(|assigned| {
                let both = places.iter().zip(&assigned);
                let checker = both.fold(Checker::new(), |checker, (place, &ordering)| {
                    checker.with_ordering(&place.site, ordering)
                });
                let (results, enough, more) = results(self, variant, &checker);
                executions += more;
                let both = places.iter().zip(&assigned);
                OrderingRow {
                    orderings: both
                        .map(|(place, &ordering)| said(&place.site, ordering))
                        .collect(),
                    results,
                    enough,
                    weakest: false,
                    assigned,
                }
            })
            .collect();
        let weakest: Vec<bool> = rows
            .iter()
            .map(|row| row.enough && !rows.iter().any(|other| is_below(other, row)))
            .collect();
        for (row, weakest) in rows.iter_mut().zip(weakest) {
            row.weakest = weakest;
        }
        Some(OrderingTable {
            results: in_order(self, &rows),
            places,
            rows,
            executions,
        })
    }
}

/// Whether `one` is enough, and weaker than `other`.
fn is_below(one: &OrderingRow, other: &OrderingRow) -> bool {
    one.enough && one != other && other.is_at_least(one)
}

fn places(lab: &Lab, variant: &Variant, report: &Report, varied: &[&str]) -> Vec<OrderingPlace> {
    let (file, source) = lab.file_of(variant);
    let mut places: Vec<OrderingPlace> = report
        .sites()
        .iter()
        .filter(|site| site.location().file == file)
        .map(|site| OrderingPlace {
            what: what(source, site),
            line: site.location().line,
            in_code: said(site, site.ordering()),
            site: site.clone(),
        })
        .collect();
    places.sort_by_key(|place| {
        let at = place.site.location();
        (at.line, at.column, place.site.operation() as u8)
    });
    let all: Vec<String> = places.iter().map(|place| place.what.clone()).collect();
    let nth = |index: usize| {
        let same = all[..index].iter().filter(|what| **what == all[index]);
        format!("{} {}", all[index], same.count() + 1)
    };
    let mut index = 0..;
    places.retain(|place| {
        let nth = nth(index.next().expect("a number"));
        varied
            .iter()
            .any(|varied| *varied == place.what || *varied == nth)
    });
    for varied in varied {
        assert!(
            places.iter().any(|place| varied.starts_with(&place.what)),
            "lab {} varies {varied}, and {} does not come to it",
            lab.slug,
            variant.name
        );
    }
    places
}

/// What is done at a site, from its source: `flag.store`, `fence`; of an exchange that fails, `flag.compare_exchange, failing`.
fn what(source: &str, site: &Site) -> String {
    let at = site.location();
    let line = source.lines().nth(at.line as usize - 1).unwrap_or_default();
    let characters: Vec<char> = line.chars().collect();
    let column = (at.column as usize - 1).min(characters.len());
    let is_name = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let before = characters[..column].iter().rev().take_while(|c| is_name(c));
    let behind = characters[column..].iter().take_while(|c| is_name(c));
    let text: String = before
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .chain(behind)
        .collect();
    // Of `board.counter.load` the last two parts tell enough.
    let mut parts: Vec<&str> = text.split('.').collect();
    parts.drain(..parts.len().saturating_sub(2));
    let text = parts.join(".");
    match site.operation() {
        Operation::CompareExchangeFailed => format!("{text}, failing"),
        _ => text,
    }
}

/// Every assignment, the first place changing most slowly.
fn assignments(places: &[OrderingPlace]) -> Vec<Vec<Ordering>> {
    places.iter().fold(vec![Vec::new()], |assigned, place| {
        let longer = |assigned: Vec<Ordering>| {
            let possible = place.site.possible().iter();
            possible.map(move |&ordering| [assigned.clone(), vec![ordering]].concat())
        };
        assigned.into_iter().flat_map(longer).collect()
    })
}

fn said(site: &Site, ordering: Ordering) -> String {
    if site.operation() == Operation::Fence && ordering == Ordering::Relaxed {
        return "none".to_owned();
    }
    format!("{ordering:?}")
}

/// What can be, whether that is enough, and how many executions it took to know.
fn results(lab: &Lab, variant: &Variant, checker: &Checker) -> (Vec<String>, bool, u64) {
    let Some(observation) = variant.observation else {
        let report = variant.scenario.check(checker);
        let verified = *report.verdict() == Verdict::Verified;
        return (vec![verdict(&report)], verified, report.executions());
    };
    let (report, seen) = observation.results(checker);
    let known = lab.outcomes.iter();
    let known = known.filter(|outcome| seen.contains(outcome.result));
    let forbidden = known
        .clone()
        .any(|outcome| outcome.grade == Grade::Forbidden);
    let mut results: Vec<String> = known.map(|outcome| outcome.result.to_owned()).collect();
    let verified = *report.verdict() == Verdict::Verified;
    if !verified {
        results.push(verdict(&report));
    }
    (results, verified && !forbidden, report.executions())
}

fn verdict(report: &Report) -> String {
    match (report.verdict(), report.failure()) {
        (Verdict::Verified, _) => "verified".to_owned(),
        (_, Some(failure)) => failure.kind().to_string(),
        _ => "incomplete".to_owned(),
    }
}

/// Results of the lab in its order, then what is not in its table; `verified` before failures.
fn in_order(lab: &Lab, rows: &[OrderingRow]) -> Vec<String> {
    let met = |result: &str| {
        rows.iter()
            .any(|row| row.results.iter().any(|r| r == result))
    };
    let known = lab
        .outcomes
        .iter()
        .map(|outcome| outcome.result)
        .chain(["verified"]);
    let mut all: Vec<String> = known
        .filter(|result| met(result))
        .map(str::to_owned)
        .collect();
    for result in rows.iter().flat_map(|row| &row.results) {
        if !all.contains(result) {
            all.push(result.clone());
        }
    }
    all
}
