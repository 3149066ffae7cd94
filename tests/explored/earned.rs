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

use racecourse::check::{Checker, Operation, Site, Verdict};
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

/// Functions with an atomic operation that are `#[track_caller]`, and in which file each is.
const TELL_THEIR_CALLER: &[(&str, &str)] = &[
    ("count_down", "src/latch.rs"),
    ("arrive_and_wait", "src/latch.rs"),
];

/// Those that no scenario needs and that stay: lines of a place, an operation, the weaker ordering, and why.
fn stays() -> BTreeMap<String, String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explored/stays.txt");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file:?}: {e}"));
    let lines = text.lines().filter(|line| line.starts_with('`'));
    let pair = |line: &str| {
        let (key, why) = line
            .split_once(" | ")
            .unwrap_or_else(|| panic!("why? {line}"));
        (key.trim().to_owned(), why.to_owned())
    };
    lines.map(pair).collect()
}

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

/// `None`, if it is not of a primitive: of the scenario itself, or of the vocabulary.
fn place(site: &Site) -> Option<Place> {
    let location = site.location();
    if VOCABULARY
        .iter()
        .any(|part| location.file.starts_with(part))
    {
        return None;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&location.file);
    let source = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let lines: Vec<_> = source.lines().collect();
    let (line, column) = (location.line as usize - 1, location.column as usize - 1);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let method = lines[line][column..].split(|c| !is_word(c)).next();
    let method = method.unwrap_or_default();
    let is_atomic = ["load", "store", "swap", "fence"].contains(&method)
        || ["fetch_", "compare_exchange"]
            .iter()
            .any(|part| method.starts_with(part));
    if !location.file.starts_with("src/") || !is_atomic {
        // Of a function that tells its caller's line; but not of the scenario itself, nor of an `Arc`.
        let is_path = lines[line][column..].starts_with("racecourse::");
        let is_ours = !is_atomic && !is_path && !method.starts_with(|c: char| c.is_uppercase());
        let is_known = TELL_THEIR_CALLER.iter().find(|(name, _)| *name == method);
        return is_ours.then(|| {
            let (_, file) = is_known.unwrap_or_else(|| {
                panic!("in which file is `{method}`, which {location:?} calls? say so in TELL_THEIR_CALLER")
            });
            Place {
                file: (*file).to_owned(),
                line: 0,
                text: format!("{method}, wherever it is called"),
                operation: operation(site),
            }
        });
    }
    // The receiver, which may stand in the lines before.
    let mut called = lines[line][..column].trim_start().to_owned();
    for before in lines[..line].iter().rev() {
        if !(called.is_empty() || called.starts_with('.')) || before.trim_start().starts_with("//")
        {
            break;
        }
        called.insert_str(0, before.trim());
    }
    let receiver = called.rsplit([' ', '!', '(']).next().unwrap_or_default();
    let function = lines[..=line].iter().rev().find_map(|line| {
        let (_, rest) = line.split_once("fn ")?;
        let is_comment = line.trim_start().starts_with("//");
        let name = rest.split(|c| !is_word(c)).next()?;
        (!is_comment && !name.is_empty()).then_some(name)
    });
    Some(Place {
        file: location.file.clone(),
        line: location.line,
        text: format!("{}: {receiver}{method}", function.unwrap_or_default()),
        operation: operation(site),
    })
}

/// An exchange has two orderings.
fn operation(site: &Site) -> String {
    match site.operation() {
        Operation::CompareExchangeFailed => "compare_exchange, if it fails".to_owned(),
        other => other.to_string(),
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

/// A place of the sources, and the scenarios that meet it, the smallest first, each with its sites there: more than one, if the
/// function tells the line of its caller (`#[track_caller]`), of whom there are several.
struct Met {
    site: Site,
    place: String,
    scenarios: Vec<(Scenario, Vec<Site>)>,
}

/// By its name: how many executions it has, it, and its sites at a place.
type ByScenario = BTreeMap<&'static str, (u64, Scenario, Vec<Site>)>;

/// All sites of the primitives and pools, in the order of the sources.
fn sites() -> Vec<Met> {
    let found = Mutex::new(Vec::new());
    each(&scenarios(), |scenario| {
        let report = checker().max_executions(BEGINNING).run(scenario.1);
        if report.failure().is_some() {
            // `every_primitive_is_verified` and `the_pool_is_verified` say so.
            return;
        }
        let mut found = found.lock().unwrap();
        for site in report.sites() {
            found.push((site.clone(), report.executions(), *scenario));
        }
    });
    let mut met: BTreeMap<(Place, String), ByScenario> = BTreeMap::new();
    for (site, executions, scenario) in found.into_inner().unwrap() {
        let Some(place) = place(&site) else { continue };
        let key = (place, format!("{:?}", site.ordering()));
        let here = met.entry(key).or_default();
        let entry = here
            .entry(scenario.0)
            .or_insert_with(|| (executions, scenario, Vec::new()));
        entry.2.push(site);
    }
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut all = Vec::new();
    let mut last = None;
    for ((place, _), scenarios) in met {
        let mut scenarios: Vec<_> = scenarios.into_values().collect();
        scenarios.sort_by_key(|(executions, (name, _), _)| (*executions, *name));
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
            site: scenarios[0].2[0].clone(),
            place: text,
            scenarios: scenarios
                .into_iter()
                .map(|(_, scenario, sites)| (scenario, sites))
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

/// How the scenario fails if its sites have this ordering, if it does.
fn failure(
    (scenario, sites): &(Scenario, Vec<Site>),
    ordering: Ordering,
    mut checker: Checker,
) -> Option<String> {
    for site in sites {
        checker = checker.with_ordering(site, ordering);
    }
    let report = checker.run(scenario.1);
    let kind = report.failure()?.kind();
    Some(format!("{}: {kind}", scenario.0))
}

/// The rows of a site, by trying all scenarios that meet it.
fn search(met: &Met, stays: &BTreeMap<String, String>) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut orderings = vec![met.site.ordering()];
    while let Some(ordering) = orderings.pop() {
        for weaker in weaker(&met.site, ordering) {
            let found = [BEGINNING, u64::MAX].into_iter().find_map(|most| {
                let mut scenarios = met.scenarios.iter();
                scenarios.find_map(|scenario| {
                    let checker = checker().max_executions(most).max_duration(TRIED);
                    failure(scenario, weaker, checker)
                })
            });
            let operation = self::operation(&met.site);
            let fails = found.unwrap_or_else(|| {
                // Nothing needs it; what is weaker still may matter.
                orderings.push(weaker);
                let key = format!("{} {operation} {weaker:?}", met.place);
                stays.get(&key).map_or_else(
                    || format!("NOTHING: weaken it, or say in stays.txt why it stays: {key}"),
                    |why| format!("nothing; it stays: {why}"),
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
        let (rows, stays) = (Mutex::new(Vec::new()), stays());
        each(&numbered, |(number, met)| {
            let found = search(met, &stays);
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
                let operation = self::operation(&met.site);
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
                let mut scenarios = met.scenarios.iter();
                let scenario = scenarios.find(|((other, _), _)| *other == name);
                let found = scenario.and_then(|scenario| failure(scenario, weaker, checker()));
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
        assert_eq!(failure(scenario, met.site.ordering(), checker()), None);
        let report = checker().run(scenario.0.1);
        assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
    }
}
