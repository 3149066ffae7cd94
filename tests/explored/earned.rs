//! Every ordering of the primitives and of the pools is earned: a scenario fails if it is weaker.
//!
//! The table is `src/evidence/orderings.md`. The test runs, for each row, the scenario that is named there, and finds that it fails
//! as is said. `RACECOURSE_WRITE_ORDERINGS=1` looks for such a scenario anew, by trying all, and writes the table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering as Native};
use std::thread;
use std::time::Duration;

use racecourse::check::{Checker, Site, Verdict};
use racecourse::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use crate::{pool, primitives};

/// Looks for the failing scenarios anew, and writes the table.
const WRITE: &str = "RACECOURSE_WRITE_ORDERINGS";

/// What is not under test but tests: what the vocabulary does by itself.
const VOCABULARY: &[&str] = &[
    "src/alloc",
    "src/cell",
    "src/check",
    "src/hint",
    "src/parking_lot",
    "src/sync",
    "src/thread",
];

/// Those that no scenario needs and that stay: the row's place and operation, and why.
const STAYS: &[(&str, &str)] = &[];

/// Of a scenario that is large so many executions meet all sites.
const BEGINNING: u64 = 2_000;
/// What is tried at most for a scenario that does not fail.
const TRIED: Duration = Duration::from_secs(8);

type Scenario = (&'static str, fn());

fn scenarios() -> Vec<Scenario> {
    let mut all = primitives::all();
    all.extend(pool::ALL.iter().map(|(name, scenario)| (*name, *scenario)));
    all
}

fn checker() -> Checker {
    Checker::new().workers(1).spurious_wakeups(0)
}

/// A site in the sources, said so that it stays the same when lines move.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    file: String,
    line: u32,
    /// The function, and what is called there.
    text: String,
    operation: String,
}

fn place(site: &Site) -> Place {
    let location = site.location();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&location.file);
    let source = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let lines: Vec<_> = source.lines().collect();
    let (line, column) = (location.line as usize - 1, location.column as usize - 1);
    // The receiver, which may stand in the lines before, and the method.
    let mut called = lines[line][..column].trim_start().to_owned();
    for before in lines[..line].iter().rev() {
        if !(called.is_empty() || called.starts_with('.')) || before.trim_start().starts_with("//")
        {
            break;
        }
        called.insert_str(0, before.trim());
    }
    let receiver = called.rsplit([' ', '!']).next().unwrap_or_default();
    let receiver = receiver.strip_prefix('(').unwrap_or(receiver);
    let method = lines[line][column..]
        .split(['(', ':'])
        .next()
        .unwrap_or_default();
    let function = lines[..=line].iter().rev().find_map(|line| {
        let (_, rest) = line.split_once("fn ")?;
        let is_comment = line.trim_start().starts_with("//");
        let name = rest.split(['(', '<']).next()?;
        (!is_comment && name.chars().all(|c| c.is_alphanumeric() || c == '_')).then_some(name)
    });
    Place {
        file: location.file.clone(),
        line: location.line,
        text: format!("{}: {receiver}{method}", function.unwrap_or_default()),
        operation: site.operation().to_string(),
    }
}

/// The next weaker ones that such an operation can have.
fn weaker(site: &Site, ordering: Ordering) -> Vec<Ordering> {
    let possible = site.possible();
    let next: &[Ordering] = match ordering {
        SeqCst if possible.contains(&AcqRel) => &[AcqRel],
        SeqCst if possible.contains(&Acquire) => &[Acquire],
        SeqCst => &[Release],
        AcqRel => &[Acquire, Release],
        Acquire | Release => &[Relaxed],
        _ => &[],
    };
    next.to_vec()
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    place: String,
    operation: String,
    ordering: String,
    weaker: String,
    /// The scenario that fails, and how; or why it stays.
    fails: String,
}

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let cells: Vec<_> = line
            .strip_prefix("| ")?
            .strip_suffix(" |")?
            .split(" | ")
            .collect();
        let [place, operation, ordering, weaker, fails] = cells[..] else {
            return None;
        };
        (place != "Where").then(|| Self {
            place: place.to_owned(),
            operation: operation.to_owned(),
            ordering: ordering.to_owned(),
            weaker: weaker.to_owned(),
            fails: fails.to_owned(),
        })
    }

    fn key(&self) -> [&str; 4] {
        [&self.place, &self.operation, &self.ordering, &self.weaker]
    }
}

/// A site, where it is, and the scenarios that meet it, the smallest first.
struct Met {
    site: Site,
    place: String,
    scenarios: Vec<Scenario>,
}

/// All sites of the primitives and pools, in the order of the sources.
fn sites() -> Vec<Met> {
    let found = Mutex::new(Vec::new());
    each(&scenarios(), |scenario| {
        let report = checker().max_executions(BEGINNING).run(scenario.1);
        assert!(report.failure().is_none(), "{}: {report}", scenario.0);
        let mut found = found.lock().unwrap();
        for site in report.sites() {
            found.push((site.clone(), report.executions(), *scenario));
        }
    });
    let mut met: BTreeMap<(Place, String), (Site, Vec<(u64, Scenario)>)> = BTreeMap::new();
    for (site, executions, scenario) in found.into_inner().unwrap() {
        let file = &site.location().file;
        if !file.starts_with("src/") || VOCABULARY.iter().any(|part| file.starts_with(part)) {
            continue;
        }
        let key = (place(&site), format!("{:?}", site.ordering()));
        let entry = met.entry(key).or_insert_with(|| (site, Vec::new()));
        entry.1.push((executions, scenario));
    }
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut all = Vec::new();
    let mut last = None;
    for ((place, _), (site, mut scenarios)) in met {
        scenarios.sort_by_key(|(executions, (name, _))| (*executions, *name));
        let file = place.file.trim_start_matches("src/");
        let mut text = format!("`{file}`, `{}`", place.text);
        // The same twice in a function is numbered; the two sides of an exchange are one.
        let here = (place.file.clone(), place.line, place.text.clone());
        let number = seen.entry(text.clone()).or_default();
        if last.as_ref() != Some(&here) {
            *number += 1;
        }
        if *number > 1 {
            write!(text, " ({number})").unwrap();
        }
        last = Some(here);
        all.push(Met {
            site,
            place: text,
            scenarios: scenarios
                .into_iter()
                .map(|(_, scenario)| scenario)
                .collect(),
        });
    }
    all
}

/// Runs `body` for each item, on all processors.
fn each<T: Sync>(items: &[T], body: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Native::Relaxed)) {
                    body(item);
                }
            });
        }
    });
}

/// How the scenario fails if the site has this ordering, if it does.
fn failure(
    site: &Site,
    ordering: Ordering,
    scenario: Scenario,
    checker: Checker,
) -> Option<String> {
    let report = checker.with_ordering(site, ordering).run(scenario.1);
    let kind = report.failure()?.kind();
    Some(format!("{}: {kind}", scenario.0))
}

/// The rows of a site, by trying all scenarios that meet it.
fn search(met: &Met) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut orderings = vec![met.site.ordering()];
    while let Some(ordering) = orderings.pop() {
        for weaker in weaker(&met.site, ordering) {
            let found = [BEGINNING, u64::MAX].into_iter().find_map(|most| {
                let mut scenarios = met.scenarios.iter();
                scenarios.find_map(|scenario| {
                    let checker = checker().max_executions(most).max_duration(TRIED);
                    failure(&met.site, weaker, *scenario, checker)
                })
            });
            let operation = met.site.operation().to_string();
            let fails = found.unwrap_or_else(|| {
                // Nothing needs it; what is weaker still may matter.
                orderings.push(weaker);
                let key = format!("{} {operation} {weaker:?}", met.place);
                let why = STAYS.iter().find(|(stays, _)| *stays == key);
                why.map_or_else(
                    || format!("NOTHING: weaken it, or say in STAYS why \"{key}\" stays"),
                    |(_, why)| format!("nothing; it stays: {why}"),
                )
            });
            rows.push(Row {
                place: met.place.clone(),
                operation,
                ordering: format!("{ordering:?}"),
                weaker: format!("{weaker:?}"),
                fails,
            });
        }
    }
    rows
}

fn markdown(rows: &[Row]) -> String {
    let mut text = "\
# Orderings, each of which is earned

For every atomic operation of the primitives and of the pools that is more than Relaxed: the orderings next weaker, and a
scenario that then fails under the explorer, with how it fails. (An exchange has two orderings: for when it exchanges, and for when
it fails.) Computed by

```text
RACECOURSE_WRITE_ORDERINGS=1 cargo test --test explored earned
```

and found again by each run of that test, without the variable.

| Where | Operation | Ordering | Weaker | What fails then |
|---|---|---|---|---|
"
    .to_owned();
    for row in rows {
        let Row {
            place,
            operation,
            ordering,
            weaker,
            fails,
        } = row;
        writeln!(
            text,
            "| {place} | {operation} | {ordering} | {weaker} | {fails} |"
        )
        .unwrap();
    }
    text
}

#[test]
fn every_ordering_is_earned() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/evidence/orderings.md");
    let sites = sites();
    let numbered: Vec<_> = sites.iter().enumerate().collect();
    if std::env::var_os(WRITE).is_some() {
        let rows = Mutex::new(Vec::new());
        each(&numbered, |(number, met)| {
            let found = search(met);
            rows.lock().unwrap().push((*number, found));
        });
        let mut rows = rows.into_inner().unwrap();
        rows.sort_by_key(|(number, _)| *number);
        let rows: Vec<_> = rows.into_iter().flat_map(|(_, rows)| rows).collect();
        std::fs::write(&file, markdown(&rows)).unwrap();
        let unearned: Vec<_> = rows
            .iter()
            .filter(|row| row.fails.starts_with("NOTHING"))
            .collect();
        assert!(unearned.is_empty(), "{unearned:#?}");
        return;
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let rows: Vec<_> = text.lines().filter_map(Row::parse).collect();
    let wrong = Mutex::new(Vec::new());
    let known = Mutex::new(Vec::new());
    each(&numbered, |(number, met)| {
        let mut orderings = vec![met.site.ordering()];
        while let Some(ordering) = orderings.pop() {
            for weaker in weaker(&met.site, ordering) {
                let operation = met.site.operation().to_string();
                let (is, less) = (format!("{ordering:?}"), format!("{weaker:?}"));
                let key = [&*met.place, &*operation, &*is, &*less];
                let Some(row) = rows.iter().find(|row| row.key() == key) else {
                    wrong.lock().unwrap().push(format!("no row of {key:?}"));
                    continue;
                };
                known.lock().unwrap().push((*number, row.clone()));
                if row.fails.starts_with("nothing; it stays") {
                    orderings.push(weaker);
                    continue;
                }
                let name = row.fails.split(':').next().unwrap_or_default();
                let scenario = met.scenarios.iter().find(|(other, _)| *other == name);
                let found =
                    scenario.and_then(|scenario| failure(&met.site, weaker, *scenario, checker()));
                if found.as_ref() != Some(&row.fails) {
                    wrong
                        .lock()
                        .unwrap()
                        .push(format!("{key:?}: {} and not {found:?}", row.fails));
                }
            }
        }
    });
    let mut known = known.into_inner().unwrap();
    known.sort_by_key(|(number, _)| *number);
    let known: Vec<_> = known.into_iter().map(|(_, row)| row).collect();
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty() && markdown(&known) == text,
        "not as frozen; with {WRITE}=1 the table is written anew\n{}",
        wrong.join("\n")
    );
}

/// What would be a bug of the test: that it finds a failure without a cause.
#[test]
fn without_a_change_nothing_fails() {
    let sites = sites();
    let met = sites
        .iter()
        .find(|met| met.place.contains("latch.rs"))
        .expect("the latch");
    for scenario in &met.scenarios {
        assert_eq!(
            failure(&met.site, met.site.ordering(), *scenario, checker()),
            None
        );
        let report = checker().run(scenario.1);
        assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
    }
}
