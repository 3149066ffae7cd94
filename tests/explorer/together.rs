//! Several workers, and several shards, find what one finds.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use racecourse::check::{Checker, Incomplete, MergeError, Report, Verdict};
use racecourse::sync::atomic::AtomicU64;
use racecourse::thread;

use crate::blocking_families;
use crate::counts::produce;
use crate::execute::execute;
use crate::judges::draw;
use crate::perform::{Code, perform_all};
use crate::program;
use crate::structures::Fibonacci;

type Scenario = Arc<dyn Fn() + Send + Sync>;

fn add(threads: usize, each: usize) {
    let counter = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..threads)
        .map(|_| {
            let counter = Arc::clone(&counter);
            thread::spawn(move || {
                for _ in 0..each {
                    counter.fetch_add(1, Relaxed);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// What there is to compare of a report: all but how long it took.
fn seen(report: &Report) -> String {
    let failure = report.failure().map(|failure| {
        let replay = failure.replay().map(ToString::to_string);
        (failure.kind(), failure.message().to_owned(), replay)
    });
    let sites: Vec<_> = report
        .sites()
        .iter()
        .map(|site| format!("{site:?}"))
        .collect();
    format!(
        "{:?} {} executions, {} blocked, {failure:?} {sites:?}",
        report.verdict(),
        report.executions(),
        report.blocked(),
    )
}

/// Programs of every family, lock-free and blocking.
fn programs(of_each: usize) -> Vec<(String, Scenario)> {
    let mut all: Vec<(String, Scenario)> = Vec::new();
    for family in program::Family::ALL {
        for program in draw(&family.programs(), of_each) {
            let text = program.to_string();
            let program = Arc::new(program);
            all.push((text, Arc::new(move || drop(execute(&program)))));
        }
    }
    for family in blocking_families::Family::ALL {
        for program in draw(&family.programs(), of_each) {
            let text = program.to_string();
            let code = Code::of(&program);
            all.push((text, Arc::new(move || drop(perform_all(&code)))));
        }
    }
    all
}

#[test]
fn workers_find_what_one_finds() {
    for (text, scenario) in programs(4) {
        let run = |workers| {
            let scenario = Arc::clone(&scenario);
            Checker::new()
                .workers(workers)
                .share_after(1)
                .run(move || scenario())
        };
        let alone = seen(&run(1));
        for workers in [2, 5] {
            assert_eq!(seen(&run(workers)), alone, "{workers} workers:\n{text}");
        }
    }
}

#[test]
fn workers_count_what_is_known() {
    let run = |scenario: fn()| {
        let report = Checker::new()
            .workers(3)
            .spurious_wakeups(0)
            .weak_failures(0)
            .run(scenario);
        assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
        (report.executions(), report.blocked())
    };
    assert_eq!(run(|| add(3, 3)), (1680, 0));
    assert_eq!(run(|| add(4, 2)), (2520, 0));
    assert_eq!(run(|| produce(2, 2)), (2432, 0));
    let fibonacci = || {
        let times = 3;
        drop(execute(&Arc::new(Fibonacci {
            times,
            order: SeqCst,
        })));
    };
    assert_eq!(run(fibonacci).0, 1698);
}

#[test]
fn shards_are_disjoint_and_the_whole() {
    for (text, scenario) in programs(4) {
        let run = |shard: Option<(u32, u32)>| {
            let scenario = Arc::clone(&scenario);
            let checker = Checker::new();
            let checker = match shard {
                Some((index, of)) => checker.shard(index, of),
                None => checker,
            };
            checker.run(move || scenario())
        };
        let whole = run(None);
        for of in [1, 3] {
            let parts: Vec<Report> = (1..=of).map(|index| run(Some((index, of)))).collect();
            let fails = parts.iter().any(|part| part.failure().is_some());
            let merged = Report::merge(parts).unwrap_or_else(|error| panic!("{error}:\n{text}"));
            assert_eq!(merged.verdict(), whole.verdict(), "{of} shards:\n{text}");
            assert_eq!(fails, whole.failure().is_some());
            if !fails {
                assert_eq!(seen(&merged), seen(&whole), "{of} shards:\n{text}");
            }
        }
    }
}

#[test]
fn shards_are_about_equal() {
    let sizes = [1, 2, 3, 4].map(|index| {
        let report = Checker::new().shard(index, 4).run(|| add(3, 4));
        assert_eq!(
            *report.verdict(),
            Verdict::Incomplete(Incomplete::Shard { index, of: 4 })
        );
        report.executions()
    });
    assert_eq!(sizes.iter().sum::<u64>(), 34_650);
    assert!(
        sizes.iter().all(|size| (4_000..16_000).contains(size)),
        "{sizes:?}"
    );
}

#[test]
fn what_is_not_a_search_is_not_merged() {
    let part = |index, of| Checker::new().shard(index, of).run(|| add(2, 2));
    let other = |index, of| Checker::new().shard(index, of).run(|| add(3, 2));
    assert_eq!(Report::merge([]).unwrap_err(), MergeError::Nothing);
    let whole = Checker::new().run(|| add(2, 2));
    assert_eq!(Report::merge([whole]).unwrap_err(), MergeError::NoShard(0));
    assert_eq!(
        Report::merge([part(1, 2), part(1, 2)]).unwrap_err(),
        MergeError::Twice(1)
    );
    let missing = Report::merge([part(2, 3)]).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "of 3 shards, 1, 3 is missing; without all of them nothing is verified"
    );
    for different in [
        Report::merge([part(1, 2), part(2, 3)]),
        Report::merge([part(1, 2), other(2, 2)]),
        Report::merge([
            part(1, 2),
            Checker::new()
                .spurious_wakeups(0)
                .shard(2, 2)
                .run(|| add(2, 2)),
        ]),
    ] {
        let error = different.unwrap_err();
        assert!(matches!(error, MergeError::Different { .. }), "{error}");
    }
}

/// A part does not say that it is the whole, and a report that was written is read again.
#[test]
fn a_part_survives_its_text() {
    let parts = [1, 2].map(|index| Checker::new().shard(index, 2).run(|| add(3, 2)));
    let read = parts.map(|part| {
        let text = serde_json::to_string(&part).unwrap();
        serde_json::from_str::<Report>(&text).unwrap()
    });
    let merged = Report::merge(read).unwrap();
    assert_eq!(
        (merged.verdict(), merged.executions()),
        (&Verdict::Verified, 90)
    );
}
