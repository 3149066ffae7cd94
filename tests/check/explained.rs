//! What is shown of a failure: the fewest context switches, why it could happen, what would remove it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use racecourse::cell::UnsafeCell;
use racecourse::check::{Checker, Failure, FailureKind, Operation, Relation, Step};
use racecourse::sync::atomic::{AtomicBool, AtomicU32, Ordering::*, fence};
use racecourse::sync::{Condvar, Mutex};
use racecourse::thread;

fn failure(scenario: impl Fn() + Send + Sync + 'static) -> Failure {
    failure_of(&Checker::new(), scenario)
}

fn failure_of(checker: &Checker, scenario: impl Fn() + Send + Sync + 'static) -> Failure {
    let report = checker.run(scenario);
    let failure = report.failure().unwrap_or_else(|| panic!("{report}"));
    println!("{report}");
    failure.clone()
}

/// The relations between steps that satisfy the two conditions.
fn edges(
    failure: &Failure,
    relation: Relation,
    from: impl Fn(&Step) -> bool,
    to: impl Fn(&Step) -> bool,
) -> usize {
    let timeline = failure.timeline();
    let steps = &timeline.steps;
    let fits = timeline
        .edges
        .iter()
        .filter(|edge| edge.relation == relation && from(&steps[edge.from]) && to(&steps[edge.to]));
    fits.count()
}

fn is(operation: Operation) -> impl Fn(&Step) -> bool {
    move |step| step.operation == operation
}

#[track_caller]
fn says(failure: &Failure, text: &str) {
    let explanation = &failure.timeline().explanation;
    assert!(
        explanation.iter().any(|sentence| sentence.contains(text)),
        "{explanation:#?}"
    );
    for sentence in explanation {
        assert!(sentence.ends_with('.'), "{sentence}");
    }
}

struct Shared(UnsafeCell<u32>, AtomicBool);
// SAFETY: the scenarios are about whether anything keeps the threads apart. A check runs them one after the other,
// and reports it where nothing does.
unsafe impl Sync for Shared {}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self(UnsafeCell::new(0), AtomicBool::new(false)))
    }

    fn write(&self) {
        // SAFETY: the pointer is valid; see `Sync` above.
        self.0.with_mut(|place| unsafe { *place += 1 });
    }

    fn read(&self) -> u32 {
        // SAFETY: as above.
        self.0.with(|place| unsafe { *place })
    }
}

#[test]
fn a_race_of_two_writes_needs_no_preemption() {
    for first in [0, 1] {
        let failure = failure(move || {
            let shared = Shared::new();
            let threads = [0, 1].map(|nth| {
                let shared = Arc::clone(&shared);
                thread::Builder::new()
                    .name(if nth == first { "one" } else { "other" }.to_owned())
                    .spawn(move || shared.write())
                    .unwrap()
            });
            let _ = threads.map(|thread| thread.join().unwrap());
        });
        assert_eq!(failure.kind(), FailureKind::DataRace);
        assert_eq!(failure.preemptions(), 0);
        assert!(failure.sequentially_consistent());
        let shown = failure.timeline().steps.iter();
        let shown: Vec<_> = shown
            .filter(|step| step.operation == Operation::Write)
            .collect();
        assert_eq!(shown.len(), 2);
        let write = is(Operation::Write);
        assert_eq!(edges(&failure, Relation::Absent, &write, &write), 1);
    }
}

fn publish(store: Ordering, load: Ordering) {
    let shared = Shared::new();
    let theirs = Arc::clone(&shared);
    let writer = thread::spawn(move || {
        theirs.write();
        theirs.1.store(true, store);
    });
    if shared.1.load(load) {
        shared.read();
    }
    writer.join().unwrap();
}

#[test]
fn a_race_names_the_edge_that_is_absent() {
    let failure = failure(|| publish(Relaxed, Acquire));
    assert_eq!(failure.kind(), FailureKind::DataRace);
    says(&failure, "The Acquire load at explained.rs:");
    says(&failure, "reads from the Relaxed store at explained.rs:");
    let found = edges(
        &failure,
        Relation::Absent,
        is(Operation::Write),
        is(Operation::Read),
    );
    assert_eq!(found, 1);
    let found = edges(
        &failure,
        Relation::ReadsFrom,
        is(Operation::Store),
        is(Operation::Load),
    );
    assert_eq!(found, 1);
    let found = edges(
        &failure,
        Relation::HappensBefore,
        is(Operation::Store),
        |_| true,
    );
    assert_eq!(found, 0);
}

/// Message passing: the flag is seen, and the data is not.
fn message(store: Ordering, load: Ordering) {
    let both = Arc::new((AtomicU32::new(0), AtomicBool::new(false)));
    racecourse::check::name(&both.0, "data");
    racecourse::check::name(&both.1, "flag");
    let theirs = Arc::clone(&both);
    let writer = thread::spawn(move || {
        theirs.0.store(42, Relaxed);
        theirs.1.store(true, store);
    });
    if both.1.load(load) {
        assert_eq!(both.0.load(Relaxed), 42);
    }
    writer.join().unwrap();
}

#[test]
fn message_passing_says_which_load_is_stale_and_why() {
    let failure = failure(|| message(Relaxed, Relaxed));
    assert_eq!(failure.kind(), FailureKind::Panic);
    assert!(!failure.sequentially_consistent());
    says(&failure, "no plain interleaving");
    says(&failure, "main reads data = 0 at explained.rs:");
    says(
        &failure,
        "although thread 1 wrote 42 to data at explained.rs:",
    );
    says(&failure, "The Relaxed load at explained.rs:");
    let stale: Vec<_> = failure
        .timeline()
        .steps
        .iter()
        .filter(|step| step.stale)
        .collect();
    assert_eq!(stale.len(), 1);
    assert_eq!(stale[0].object.as_deref(), Some("data"));
    let data = |step: &Step| step.object.as_deref() == Some("data");
    assert_eq!(edges(&failure, Relation::Absent, data, data), 1);
}

/// Store buffering: each misses the other's store.
fn buffer(store: Ordering, load: Ordering) {
    let both = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
    let theirs = Arc::clone(&both);
    let other = thread::spawn(move || {
        theirs.0.store(1, store);
        theirs.1.load(load)
    });
    both.1.store(1, store);
    let mine = both.0.load(load);
    assert!(mine + other.join().unwrap() > 0, "both missed");
}

#[test]
fn store_buffering_is_no_interleaving_and_one_stale_load_shows_it() {
    let failure = failure(|| buffer(Release, Acquire));
    assert!(!failure.sequentially_consistent());
    assert_eq!(failure.preemptions(), 0);
    assert_eq!(
        edges(&failure, Relation::Absent, |_| true, |step| step.stale),
        1
    );
    says(
        &failure,
        "no happens-before edge leads from that write to this read",
    );
}

#[test]
fn stores_in_another_order_are_no_interleaving_though_no_load_is_stale() {
    let failure = failure(|| {
        let both = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let theirs = Arc::clone(&both);
        let other = thread::spawn(move || {
            theirs.0.store(1, Relaxed);
            theirs.1.store(2, Relaxed);
        });
        both.1.store(1, Relaxed);
        both.0.store(2, Relaxed);
        other.join().unwrap();
        let (x, y) = (both.0.load(Relaxed), both.1.load(Relaxed));
        assert!((x, y) != (1, 1), "each first store came last");
    });
    assert!(!failure.sequentially_consistent());
    says(&failure, "took effect in another order");
}

fn lost_update() {
    let counter = Arc::new(AtomicU32::new(0));
    let add = |counter: &AtomicU32| counter.store(counter.load(Relaxed) + 1, Relaxed);
    let theirs = Arc::clone(&counter);
    let other = thread::spawn(move || add(&theirs));
    add(&counter);
    other.join().unwrap();
    assert_eq!(counter.load(Relaxed), 2, "an update was lost");
}

#[test]
fn an_interleaving_is_said_to_be_one() {
    let failure = failure_of(&Checker::new().explain(true), lost_update);
    assert!(failure.sequentially_consistent());
    assert_eq!(failure.preemptions(), 1);
    assert!(failure.timeline().steps.iter().all(|step| !step.stale));
    says(
        &failure,
        "plain interleaving: sequential consistency allows it",
    );
    // No ordering could remove it, and none is tried.
    assert_eq!(failure.timeline().explanation.len(), 1);
}

#[test]
fn a_preemption_is_not_shown_where_none_is_needed() {
    // The fault needs the second thread before the first, and nothing in between.
    let failure = failure(|| {
        let turn = Arc::new(AtomicU32::new(0));
        let threads = [1, 2, 3].map(|number| {
            let turn = Arc::clone(&turn);
            thread::spawn(move || {
                turn.fetch_max(number, AcqRel);
                turn.load(Acquire)
            })
        });
        let seen = threads.map(|thread| thread.join().unwrap());
        assert!(seen != [3, 3, 3], "the last was first");
    });
    assert_eq!(failure.preemptions(), 0);
    assert!(failure.sequentially_consistent());
}

#[test]
fn the_same_counterexample_each_time_and_for_each_order_of_starting() {
    let run = |swapped: bool| {
        failure(move || {
            let both = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
            let roles: [fn(&(AtomicU32, AtomicU32)); 2] = [
                |both| both.0.store(both.1.load(Relaxed) + 1, Relaxed),
                |both| both.1.store(both.0.load(Relaxed) + 1, Relaxed),
            ];
            let order = if swapped { [1, 0] } else { [0, 1] };
            let threads = order.map(|role| {
                let both = Arc::clone(&both);
                thread::spawn(move || roles[role](&both))
            });
            let _ = threads.map(|thread| thread.join().unwrap());
            assert_ne!(both.0.load(Relaxed), both.1.load(Relaxed), "both began");
        })
    };
    let json = |failure: &Failure| serde_json::to_string(failure).unwrap();
    let (a, b) = (run(false), run(true));
    assert_eq!(json(&a), json(&run(false)));
    assert_eq!(json(&b), json(&run(true)));
    let operations = |failure: &Failure| {
        let steps = failure.timeline().steps.iter();
        steps
            .map(|step| (step.thread, step.operation))
            .collect::<Vec<_>>()
    };
    assert_eq!(a.preemptions(), 1);
    assert_eq!(operations(&a), operations(&b));
}

#[test]
fn a_deadlock_is_told_as_a_circle() {
    let failure = failure(|| {
        let forks: Arc<[Mutex<()>; 3]> = Arc::default();
        for (fork, name) in forks.iter().zip(["fork a", "fork b", "fork c"]) {
            racecourse::check::name(fork, name);
        }
        let threads = [0, 1, 2].map(|left| {
            let forks = Arc::clone(&forks);
            thread::spawn(move || {
                let _left = forks[left].lock().unwrap();
                let _right = forks[(left + 1) % 3].lock().unwrap();
            })
        });
        let _ = threads.map(|thread| thread.join().unwrap());
    });
    assert_eq!(failure.kind(), FailureKind::Deadlock);
    assert_eq!(failure.preemptions(), 1);
    says(
        &failure,
        "The circle: thread 1 waits for fork b, held by thread 2, which waits for fork c, held by thread 3, \
         which waits for fork a, held by thread 1.",
    );
}

#[test]
fn a_lost_wakeup_says_when_it_was_notified() {
    let failure = failure(|| {
        let pair = Arc::new((Mutex::new(()), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || theirs.1.notify_one());
        let _guard = pair.1.wait(pair.0.lock().unwrap()).unwrap();
        other.join().unwrap();
    });
    assert_eq!(failure.kind(), FailureKind::Deadlock);
    let details = &failure.timeline().details;
    assert!(
        details
            .iter()
            .any(|line| line.contains("when nobody waited on it")),
        "{details:#?}"
    );
}

#[test]
fn what_happens_before_what() {
    let failure = failure(|| {
        let both = Arc::new((Mutex::new(0), AtomicU32::new(0)));
        let main = thread::current();
        let theirs = Arc::clone(&both);
        let other = thread::spawn(move || {
            *theirs.0.lock().unwrap() += 1;
            theirs.1.store(1, Relaxed);
            fence(Release);
            theirs.1.store(2, Relaxed);
            main.unpark();
        });
        thread::park();
        let seen = both.1.load(Acquire);
        *both.0.lock().unwrap() += 1;
        other.join().unwrap();
        assert_ne!(seen, 2, "parked and seen");
    });
    let before = Relation::HappensBefore;
    use Operation::*;
    assert_eq!(edges(&failure, before, is(Spawn), is(Start)), 1);
    assert_eq!(edges(&failure, before, is(Unlock), is(Lock)), 1);
    assert_eq!(edges(&failure, before, is(Unpark), is(Park)), 1);
    assert_eq!(edges(&failure, before, is(Fence), is(Load)), 1);
    assert_eq!(edges(&failure, before, is(Store), is(Load)), 0);
    assert_eq!(edges(&failure, before, is(Finish), is(Join)), 1);
    assert_eq!(edges(&failure, Relation::ReadsFrom, is(Store), is(Load)), 1);
    for edge in &failure.timeline().edges {
        let steps = &failure.timeline().steps;
        assert!(edge.from < edge.to, "{edge:?}");
        assert_ne!(steps[edge.from].thread, steps[edge.to].thread);
    }
}

// --- what would remove it ---

fn remedy(scenario: impl Fn() + Send + Sync + 'static) -> String {
    let failure = failure_of(&Checker::new().explain(true), scenario);
    failure
        .timeline()
        .explanation
        .last()
        .cloned()
        .unwrap_or_default()
}

#[test]
fn the_one_ordering_that_is_missing_is_found() {
    let sentence = remedy(|| publish(Relaxed, Acquire));
    assert!(
        sentence.starts_with("With Release at explained.rs:"),
        "{sentence}"
    );
    assert!(
        sentence.contains("(now Relaxed) this does not happen: verified, "),
        "{sentence}"
    );
    let sentence = remedy(|| publish(Release, Relaxed));
    assert!(
        sentence.starts_with("With Acquire at explained.rs:"),
        "{sentence}"
    );
}

#[test]
fn a_store_and_a_load_are_found_together() {
    for sentence in [
        remedy(|| publish(Relaxed, Relaxed)),
        remedy(|| message(Relaxed, Relaxed)),
    ] {
        assert!(
            sentence.starts_with("With Release at explained.rs:"),
            "{sentence}"
        );
        assert!(
            sentence.contains(" and Acquire at explained.rs:"),
            "{sentence}"
        );
        assert!(sentence.contains("verified, "), "{sentence}");
    }
}

#[test]
fn where_only_all_of_them_help_that_is_said() {
    let sentence = remedy(|| buffer(Release, Acquire));
    assert!(
        sentence.starts_with("No single stronger ordering removes it, and no two; with SeqCst at "),
        "{sentence}"
    );
    assert!(sentence.contains("verified, "), "{sentence}");
}

#[test]
fn where_no_ordering_helps_that_is_said() {
    let sentence = remedy(|| {
        let shared = Shared::new();
        let theirs = Arc::clone(&shared);
        let writer = thread::spawn(move || {
            theirs.1.store(true, Relaxed);
            theirs.write();
        });
        if shared.1.load(Relaxed) {
            shared.read();
        }
        writer.join().unwrap();
    });
    assert!(
        sentence.starts_with("No stronger ordering of these operations removes it"),
        "{sentence}"
    );
}

#[test]
fn it_is_looked_for_only_where_it_is_asked_for() {
    let failure = failure(|| publish(Relaxed, Relaxed));
    let explanation = &failure.timeline().explanation;
    assert!(
        !explanation
            .iter()
            .any(|sentence| sentence.starts_with("With ")),
        "{explanation:?}"
    );
}

#[test]
fn a_trial_that_is_cut_short_claims_nothing() {
    let report = Checker::new().explain(true).max_executions(3).run(|| {
        let count = |counters: &[AtomicU32; 2]| {
            for counter in counters {
                counter.fetch_add(1, Relaxed);
            }
        };
        let counters = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let theirs = Arc::clone(&counters);
        let other = thread::spawn(move || count(&theirs));
        count(&counters);
        publish(Relaxed, Relaxed);
        other.join().unwrap();
    });
    let failure = report.failure().unwrap_or_else(|| panic!("{report}"));
    says(failure, "which were not all");
}

#[test]
fn a_long_execution_is_explained_too() {
    let failure = failure_of(&Checker::new().explain(true).max_executions(20), || {
        let both = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let work = |both: &(AtomicU32, AtomicU32)| {
            for _ in 0..1_500 {
                both.0.fetch_add(1, Relaxed);
                both.1.store(both.0.load(Relaxed), Relaxed);
            }
        };
        let theirs = Arc::clone(&both);
        let other = thread::spawn(move || work(&theirs));
        work(&both);
        other.join().unwrap();
        assert_ne!(both.0.load(Relaxed), 3_000, "as always");
    });
    assert!(failure.sequentially_consistent());
    assert_eq!(failure.preemptions(), 0);
}

// --- what is shown of each kind ---

/// One reads the pointer, the other frees what it points to.
fn freed_under_a_reader() -> Failure {
    failure(|| {
        let node = racecourse::alloc::into_raw(AtomicU32::new(7));
        let head = Arc::new(racecourse::sync::atomic::AtomicPtr::new(node));
        let theirs = Arc::clone(&head);
        let reader = thread::spawn(move || {
            let node = theirs.load(Acquire);
            if !node.is_null() {
                // SAFETY: none; the check reports it before anything is read that is no longer there.
                unsafe { (*node).load(Relaxed) };
            }
        });
        let node = head.swap(std::ptr::null_mut(), AcqRel);
        // SAFETY: it was made by `into_raw`, and nobody else has taken it from the head.
        unsafe { racecourse::alloc::from_raw(node) };
        reader.join().unwrap();
    })
}

#[test]
fn the_use_that_nothing_orders_before_the_free_is_shown_and_named() {
    let failure = freed_under_a_reader();
    assert_eq!(failure.kind(), FailureKind::UseAfterFree);
    let steps = &failure.timeline().steps;
    let mut absent = failure.timeline().edges.iter();
    let edge = absent.find(|edge| edge.relation == Relation::Absent);
    let edge = edge.expect("nothing orders the two");
    let (first, second) = (&steps[edge.from], &steps[edge.to]);
    let free = if first.operation == Operation::Load {
        second
    } else {
        first
    };
    assert_eq!(free.operation, Operation::Free);
    // The load of what the pointer points to, not that of the pointer.
    let user = if first.operation == Operation::Load {
        first
    } else {
        second
    };
    assert_ne!(user.ordering.as_deref(), Some("Acquire"));
    let line = user.location.as_ref().expect("a place").line;
    if failure.message().contains("frees") {
        let at = format!("explained.rs:{line}");
        assert!(failure.message().ends_with(&at), "{}", failure.message());
    }
}

#[test]
fn the_last_use_of_a_counted_node_is_what_the_free_is_not_ordered_after() {
    struct Node(AtomicU32, AtomicU32);
    #[derive(Clone, Copy)]
    struct Pointer(*mut Node);
    // SAFETY: the counter says who frees the node; whether that suffices is what is checked.
    unsafe impl Send for Pointer {}
    impl Pointer {
        fn release(self) {
            // SAFETY: the node is there until the counter has come to 0.
            unsafe {
                (*self.0).1.store(3, Relaxed);
                if (*self.0).0.fetch_sub(1, Relaxed) == 1 {
                    racecourse::alloc::from_raw(self.0);
                }
            }
        }
    }
    let failure = failure(|| {
        let node = Node(AtomicU32::new(2), AtomicU32::new(0));
        let node = Pointer(racecourse::alloc::into_raw(node));
        let other = thread::spawn(move || node.release());
        node.release();
        other.join().unwrap();
    });
    assert_eq!(failure.kind(), FailureKind::UseAfterFree);
    let (used, freed) = (is(Operation::FetchSub), is(Operation::Free));
    assert_eq!(edges(&failure, Relation::Absent, used, freed), 1);
    says(&failure, "The Relaxed fetch_sub at explained.rs:");
}

#[test]
fn counters_of_references_have_no_arrows_and_their_fence_is_where_the_reference_was_made() {
    use racecourse::sync::Arc;
    let failure = failure(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        thread::spawn(move || theirs.store(true, Release));
        let reader = thread::spawn(move || assert!(!flag.load(Relaxed)));
        reader.join().unwrap();
    });
    let of_arc = |step: &Step| {
        let object = step.object.as_deref();
        object.is_some_and(|name| name.starts_with("arc "))
    };
    assert!(failure.timeline().steps.iter().any(of_arc));
    assert_eq!(edges(&failure, Relation::ReadsFrom, of_arc, of_arc), 0);
    let fence = is(Operation::Fence);
    assert_eq!(
        edges(&failure, Relation::HappensBefore, |_| true, &fence),
        0
    );
    for step in &failure.timeline().steps {
        if let Some(location) = &step.location {
            assert!(location.file.ends_with("explained.rs"), "{location:?}");
        }
    }
}

#[test]
fn where_nothing_was_read_the_explanation_says_that_acquire_would_not_help() {
    let failed = failure(|| buffer(Release, Acquire));
    says(&failed, "had read nothing that follows that write");
    says(&failed, "SeqCst at all these stores and loads would.");
    let failed = failure(|| message(Relaxed, Relaxed));
    let explanation = &failed.timeline().explanation;
    assert!(
        !explanation
            .iter()
            .any(|said| said.contains("had read nothing"))
    );
}

#[test]
fn a_livelock_says_who_spins_and_what_each_read_last() {
    let failure = failure(|| {
        let flags = Arc::new([AtomicBool::new(true), AtomicBool::new(true)]);
        racecourse::check::name(&flags[0], "left");
        racecourse::check::name(&flags[1], "right");
        let theirs = Arc::clone(&flags);
        let spin = |flag: &AtomicBool| {
            while flag.load(Acquire) {
                racecourse::hint::spin_loop();
            }
        };
        let other = thread::spawn(move || {
            spin(&theirs[0]);
            theirs[1].store(false, Release);
        });
        spin(&flags[1]);
        flags[0].store(false, Release);
        other.join().unwrap();
    });
    assert_eq!(failure.kind(), FailureKind::Livelock);
    assert_eq!(
        failure.message(),
        "livelock: main and thread 1 spin for ever, and nobody is left to change what is read there"
    );
    let details = failure.timeline().details.join("\n");
    assert!(
        details.contains("the last that it read is right = true, at explained.rs:"),
        "{details}"
    );
    assert!(
        details.contains("the last that it read is left = true, at explained.rs:"),
        "{details}"
    );
}

#[test]
fn a_scenario_that_does_something_else_shows_what_it_does_now() {
    let runs = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let failure = failure(move || {
        let first = runs.fetch_add(1, SeqCst).is_multiple_of(2);
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || theirs.store(1, Release));
        if first {
            x.load(Acquire);
        } else {
            x.store(2, Release);
        }
        other.join().unwrap();
    });
    assert_eq!(failure.kind(), FailureKind::Nondeterminism);
    let mut failing = failure.timeline().steps.iter().filter(|step| step.failing);
    let step = failing.next().expect("a step");
    assert_eq!(step.thread, 0);
    assert_eq!(step.location.as_ref(), failure.location());
    assert!(
        !failure.message().contains(" at /"),
        "{}",
        failure.message()
    );
}
