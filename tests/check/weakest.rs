//! The weakest orderings, against what is known and against trying all assignments.

use std::sync::Arc;

use racecourse::cell::UnsafeCell;
use racecourse::check::{Checker, Orderings, Site, Verdict, Weakest};
use racecourse::lock::SpinLock;
use racecourse::sync::atomic::{AtomicU32, Ordering, Ordering::*, fence};
use racecourse::{hint, thread};

fn weakest() -> Weakest {
    Weakest::new(Checker::new())
}

fn found(scenario: fn()) -> Orderings {
    let found = weakest().run(scenario).unwrap_or_else(|e| panic!("{e}"));
    assert!(found.is_complete(), "{found}");
    assert!(found.open().is_empty() && found.sufficient().is_empty());
    found
}

fn minimal(found: &Orderings) -> Vec<Vec<Ordering>> {
    let minimal = found.minimal().iter();
    minimal.map(|a| a.orderings().collect()).collect()
}

fn message(data: [Ordering; 2], flag: [Ordering; 2]) {
    let (value, ready) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            value.store(1, data[0]);
            ready.store(1, flag[0]);
        });
        if ready.load(flag[1]) == 1 {
            assert_eq!(value.load(data[1]), 1);
        }
    });
}

#[test]
fn a_message_needs_release_and_acquire() {
    let found = found(|| message([SeqCst; 2], [SeqCst; 2]));
    assert_eq!(minimal(&found), [[Relaxed, Release, Acquire, Relaxed]]);
    assert!(
        found
            .needed()
            .orderings()
            .eq([Relaxed, Release, Acquire, Relaxed])
    );
    assert!(found.in_code().orderings().eq([SeqCst; 4]));
    let text = found.to_string();
    for part in [
        "2 SeqCst can be Relaxed, 1 SeqCst can be Release, 1 SeqCst can be Acquire.",
        "weakest.rs:",
        "in the code",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    // Far fewer than the 81 that there are.
    assert!(found.checks() <= 12, "{text}");
    let json = serde_json::to_string(&found).expect("JSON");
    let again: Orderings = serde_json::from_str(&json).expect("the same");
    assert_eq!(again.minimal(), found.minimal());
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["minimal"][0][1], "Release");
}

#[test]
fn nothing_is_too_strong_in_a_store_buffer() {
    let found = found(|| {
        let (x, y) = (AtomicU32::new(0), AtomicU32::new(0));
        let (a, b) = thread::scope(|scope| {
            let other = scope.spawn(|| {
                x.store(1, SeqCst);
                y.load(SeqCst)
            });
            y.store(1, SeqCst);
            (x.load(SeqCst), other.join().unwrap())
        });
        assert!(a + b > 0);
    });
    assert_eq!(minimal(&found), [[SeqCst; 4]]);
    assert!(found.changes(&found.minimal()[0]).next().is_none());
    assert!(
        found.to_string().contains("No ordering can be weaker"),
        "{found}"
    );
}

/// With fences between them the accesses may be relaxed; with SeqCst accesses there need be no fence.
#[test]
fn fences_or_accesses() {
    let found = found(|| {
        let (x, y) = (AtomicU32::new(0), AtomicU32::new(0));
        let enter = |mine: &AtomicU32, theirs: &AtomicU32| {
            mine.store(1, SeqCst);
            fence(SeqCst);
            theirs.load(SeqCst)
        };
        let (a, b) = thread::scope(|scope| {
            let other = scope.spawn(|| enter(&x, &y));
            (enter(&y, &x), other.join().unwrap())
        });
        assert!(a + b > 0);
    });
    assert_eq!(
        minimal(&found),
        [[Relaxed, SeqCst, Relaxed], [SeqCst, Relaxed, SeqCst]]
    );
    let text = found.to_string();
    assert!(
        text.contains("2 minimal assignments; each is enough"),
        "{text}"
    );
    assert!(text.contains("1 SeqCst fence can go"), "{text}");
    // Nothing is needed in both.
    assert!(found.needed().orderings().eq([Relaxed; 3]));
}

struct Shared(UnsafeCell<u32>);
// SAFETY: that the cell is used by one thread at a time is what the checks are about.
unsafe impl Sync for Shared {}

#[test]
fn a_spin_lock_acquires_and_releases() {
    let scenario = || {
        let (held, data) = (AtomicU32::new(0), Shared(UnsafeCell::new(0)));
        let data = &data;
        let add = || {
            while held.compare_exchange(0, 1, SeqCst, SeqCst).is_err() {
                hint::spin_loop();
            }
            // SAFETY: under the lock.
            data.0.with_mut(|value| unsafe { *value += 1 });
            held.store(0, SeqCst);
        };
        thread::scope(|scope| {
            scope.spawn(add);
            add();
        });
    };
    let found = found(scenario);
    // Success, failure, unlock.
    assert_eq!(minimal(&found), [[Acquire, Relaxed, Release]]);
    // What was found verifies, and the checker can be told so.
    let checker = found.apply(&found.minimal()[0], Checker::new());
    let report = checker.run(scenario);
    assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
}

/// The library's own asks for nothing that it does not need.
#[test]
fn the_spin_lock_is_as_weak_as_can_be() {
    let found = found(|| {
        let total = Arc::new(SpinLock::new(0));
        let theirs = Arc::clone(&total);
        let other = thread::spawn(move || *theirs.lock() += 1);
        *total.lock() += 1;
        other.join().unwrap();
        assert_eq!(*total.lock(), 2);
    });
    assert!(found.sites().len() >= 3, "{found}");
    let only = found.minimal();
    assert!(
        only.len() == 1 && found.changes(&only[0]).next().is_none(),
        "{found}"
    );
}

/// A sequence lock has 164,025 assignments, and more than one way to be right: fences, or the accesses themselves.
#[test]
fn a_sequence_lock() {
    let scenario = || {
        let number = AtomicU32::new(0);
        let data = [AtomicU32::new(0), AtomicU32::new(0)];
        thread::scope(|scope| {
            scope.spawn(|| {
                number.store(1, SeqCst);
                fence(SeqCst);
                data[0].store(1, SeqCst);
                data[1].store(1, SeqCst);
                number.store(2, SeqCst);
            });
            let before = number.load(SeqCst);
            let read = (data[0].load(SeqCst), data[1].load(SeqCst));
            fence(SeqCst);
            if before.is_multiple_of(2) && number.load(SeqCst) == before {
                assert_eq!(read.0, read.1, "torn");
            }
        });
    };
    let found = found(scenario);
    println!("{found}");
    let [r, acq, rel] = [Relaxed, Acquire, Release];
    // As Boehm has it (Can Seqlocks Get Along With Programming Language Memory Models?, MSPC 2012).
    let fences = vec![r, rel, r, r, rel, acq, r, r, acq, r];
    let accesses = vec![r, r, rel, rel, rel, acq, acq, acq, r, r];
    let minimal = minimal(&found);
    for known in [fences, accesses] {
        assert!(minimal.contains(&known), "{known:?} is not in\n{found}");
    }
    assert_eq!(minimal.len(), 4);
    assert!(found.checks() < 60, "{found}");
    for assignment in found.minimal() {
        let verdict = |checker: Checker| checker.run(scenario).verdict().clone();
        let checker = found.apply(assignment, Checker::new());
        assert_eq!(
            verdict(checker.clone()),
            Verdict::Verified,
            "{assignment:?}"
        );
        // One step weaker at one site.
        for (site, ordering) in found.sites().iter().zip(assignment.orderings()) {
            let weaker: &[Ordering] = match ordering {
                Relaxed => &[],
                SeqCst if site.possible().contains(&AcqRel) => &[AcqRel],
                SeqCst if site.possible().contains(&Acquire) => &[Acquire],
                SeqCst => &[Release],
                AcqRel => &[Acquire, Release],
                _ => &[Relaxed],
            };
            for weaker in weaker {
                let checker = checker.clone().with_ordering(site, *weaker);
                assert_eq!(verdict(checker), Verdict::Failed, "{weaker:?} at {site:?}");
            }
        }
    }
}

#[test]
fn what_fails_as_it_is_is_an_error_and_may_be_repaired() {
    let scenario = || message([Relaxed; 2], [Relaxed; 2]);
    let error = weakest().run(scenario).expect_err("it fails");
    assert!(error.report().failure().is_some());
    assert!(
        error
            .to_string()
            .contains("the scenario fails with the orderings"),
        "{error}"
    );
    let repaired = weakest()
        .stronger(true)
        .run(scenario)
        .expect("it verifies with SeqCst");
    assert!(repaired.is_complete());
    let text = repaired.to_string();
    let must = "1 Relaxed must be Release, 1 Relaxed must be Acquire";
    assert!(text.contains(must), "{text}");
    assert_eq!(minimal(&repaired), [[Relaxed, Release, Acquire, Relaxed]]);
    let hopeless = weakest().stronger(true).run(|| {
        thread::spawn(|| {}).join().unwrap();
        assert_eq!(AtomicU32::new(1).load(Relaxed), 2);
    });
    let error = hopeless.expect_err("no ordering helps");
    assert!(error.to_string().contains("not an ordering"), "{error}");
}

#[test]
fn what_is_not_complete_is_an_error() {
    let checker = Checker::new().max_executions(1);
    let error = Weakest::new(checker).run(|| message([SeqCst; 2], [SeqCst; 2]));
    let error = error.expect_err("cut").to_string();
    assert!(
        error.contains("not complete") && error.contains("max_executions"),
        "{error}"
    );
}

#[test]
fn a_budget_leaves_an_honest_answer() {
    let all = minimal(&found(|| message([SeqCst; 2], [SeqCst; 2])));
    let mut complete = 0;
    for checks in 1..=12 {
        let found = weakest()
            .max_checks(checks)
            .run(|| message([SeqCst; 2], [SeqCst; 2]));
        let found = found.expect("it verifies");
        let text = found.to_string();
        assert!(found.checks() <= checks);
        complete += u32::from(found.is_complete());
        assert!(
            minimal(&found).iter().all(|one| all.contains(one)),
            "{text}"
        );
        // Nothing is needed that a minimal assignment does not have.
        let mut needed = found.needed().orderings().zip(all[0].iter());
        assert!(
            needed.all(|(needed, has)| needed == Relaxed || needed == *has),
            "{text}"
        );
        if !found.is_complete() {
            assert!(
                text.contains("Not complete: the search reached `max_checks`"),
                "{text}"
            );
            assert!(
                !found.open().is_empty() && !found.sufficient().is_empty(),
                "{text}"
            );
        }
    }
    assert!(complete > 0);
}

/// Three executions are allowed, and only SeqCst everywhere has no more.
#[test]
fn a_check_that_is_cut_leaves_its_assignment_open() {
    let checker = Checker::new().max_executions(3);
    let found = Weakest::new(checker).run(|| {
        let (x, y) = (AtomicU32::new(0), AtomicU32::new(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                x.store(1, SeqCst);
                y.load(SeqCst)
            });
            y.store(1, SeqCst);
            x.load(SeqCst);
        });
    });
    let found = found.expect("three executions");
    assert!(
        !found.is_complete() && found.minimal().is_empty(),
        "{found}"
    );
    assert!(found.needed().orderings().eq([Relaxed; 4]));
    assert!(found.open()[0].orderings().eq([Relaxed; 4]), "{found}");
    assert!(found.sufficient()[0].orderings().eq([SeqCst; 4]), "{found}");
    assert!(found.to_string().contains("a check was cut"), "{found}");
}

#[test]
fn only_some_sites_are_varied() {
    let search = weakest().only(|site: &Site| site.ordering() == Release);
    let found = search
        .run(|| message([Relaxed, SeqCst], [Release, Acquire]))
        .expect("verified");
    assert_eq!(found.sites().len(), 1);
    assert_eq!(minimal(&found), [[Release]]);
}

/// A site that only a weaker ordering reaches is varied as well.
#[test]
fn a_site_that_only_weak_executions_reach() {
    let found = found(|| {
        let (x, y) = (AtomicU32::new(0), AtomicU32::new(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                x.store(1, Relaxed);
                y.store(1, Release);
            });
            if y.load(Acquire) == 1 && x.load(Relaxed) == 0 {
                // Not with Release and Acquire.
                y.store(2, SeqCst);
            }
        });
    });
    assert_eq!(found.sites().len(), 5, "{found}");
    assert_eq!(minimal(&found), [[Relaxed; 5]]);
}
