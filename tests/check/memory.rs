//! Memory that is used after it was freed, freed twice, leaked, handed out again.

use std::ptr::null_mut;
use std::sync::Arc;

use racecourse::alloc;
use racecourse::check::{Checker, Engine, Failure, FailureKind, Verdict};
use racecourse::sync::atomic::{AtomicPtr, AtomicU32, Ordering::*};
use racecourse::thread;

fn fails(kind: FailureKind, message: &str, scenario: fn()) -> Failure {
    let report = Checker::new().run(scenario);
    let failure = report.failure().unwrap_or_else(|| panic!("{report}"));
    assert_eq!(failure.kind(), kind, "{report}");
    assert!(failure.message().contains(message), "{report}");
    failure.clone()
}

/// A pointer that another thread may have.
#[derive(Clone, Copy)]
struct Shared(*mut AtomicU32);
// SAFETY: what it points to is an atomic; whether it still exists is what the checks are about.
unsafe impl Send for Shared {}

impl Shared {
    fn new(value: u32) -> Self {
        Self(alloc::into_raw(AtomicU32::new(value)))
    }

    fn load(self) -> u32 {
        // SAFETY: inside of a check the memory stays until the end of the execution, freed or not.
        unsafe { &*self.0 }.load(Relaxed)
    }

    fn free(self) {
        // SAFETY: it is from `into_raw`; that nobody uses it any more is what the checks are about.
        unsafe { alloc::from_raw(self.0) };
    }
}

#[test]
fn used_and_freed_in_order() {
    for engine in [Engine::Explorer, Engine::Loom] {
        let report = Checker::new().engine(engine).run(|| {
            let shared = Shared::new(7);
            let user = thread::spawn(move || assert_eq!(shared.load(), 7));
            user.join().unwrap();
            shared.free();
        });
        assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
    }
}

#[test]
fn used_while_another_may_free() {
    let failure = fails(FailureKind::UseAfterFree, "use after free: ", || {
        let shared = Shared::new(7);
        let user = thread::spawn(move || shared.load());
        shared.free();
        let _ = user.join();
    });
    assert!(failure.location().is_some());
}

#[test]
fn used_after_it_was_freed() {
    fails(FailureKind::UseAfterFree, "main uses memory", || {
        let shared = Shared::new(7);
        shared.free();
        shared.load();
    });
}

#[test]
fn freed_twice() {
    fails(FailureKind::UseAfterFree, "that was freed at", || {
        let shared = Shared::new(7);
        shared.free();
        shared.free();
    });
}

#[test]
fn leaked() {
    fails(FailureKind::Leak, "leak: ", || {
        Shared::new(7);
    });
}

#[test]
fn published_without_an_order() {
    fails(
        FailureKind::DataRace,
        "nothing orders this after its allocation",
        || {
            let place = Arc::new(AtomicPtr::new(null_mut()));
            let theirs = Arc::clone(&place);
            let maker = thread::spawn(move || theirs.store(Shared::new(7).0, Relaxed));
            let found = Shared(place.load(Relaxed));
            if !found.0.is_null() {
                found.load();
            }
            maker.join().unwrap();
            Shared(place.load(Relaxed)).free();
        },
    );
}

/// An address may come back, and need not.
#[test]
fn memory_is_handed_out_again() {
    let outcomes = Checker::new().outcomes(|| {
        let first = Shared::new(1);
        first.free();
        let second = Shared::new(2);
        let same = first.0 == second.0;
        second.free();
        same
    });
    assert_eq!(*outcomes.report().verdict(), Verdict::Verified);
    assert_eq!(outcomes.into_values(), [false, true]);
}

/// Nothing is handed out again that was freed by a thread of which the allocating one knows nothing.
#[test]
fn not_from_a_thread_that_is_not_known() {
    let outcomes = Checker::new().outcomes(|| {
        let first = Shared::new(1);
        let address = first.0.addr();
        let freer = thread::spawn(move || first.free());
        let second = Shared::new(2);
        let same = second.0.addr() == address;
        second.free();
        freer.join().unwrap();
        same
    });
    assert_eq!(outcomes.into_values(), [false]);
}

/// ABA: the compare-exchange finds the address that it knows, of memory that is another's by now.
#[test]
fn a_compare_exchange_is_deceived_by_an_address() {
    let outcomes = Checker::new().outcomes(|| {
        let first = Shared::new(1);
        let top = Arc::new(AtomicPtr::new(first.0));
        let theirs = Arc::clone(&top);
        let other = thread::spawn(move || {
            let old = Shared(theirs.swap(null_mut(), AcqRel));
            old.free();
            theirs.store(Shared::new(2).0, Release);
        });
        let seen = top.load(Acquire);
        let other_done = seen == first.0;
        other.join().unwrap();
        let exchanged = top
            .compare_exchange(seen, null_mut(), AcqRel, Acquire)
            .is_ok();
        let left = top.load(Acquire);
        let value = if exchanged {
            Shared(seen)
        } else {
            Shared(left)
        };
        let found = value.load();
        value.free();
        (other_done && exchanged, found)
    });
    assert_eq!(*outcomes.report().verdict(), Verdict::Verified);
    // It exchanged what it took for the first, and has the second.
    assert!(
        outcomes.contains(&(true, 2)),
        "{:?}",
        outcomes.into_values()
    );
}

#[test]
fn sampled_memory_is_watched_too() {
    let report = Checker::new()
        .engine(Engine::Sampler {
            seed: 1,
            executions: 200,
        })
        .run(|| {
            let shared = Shared::new(7);
            let user = thread::spawn(move || shared.load());
            shared.free();
            let _ = user.join();
        });
    let failure = report.failure().unwrap_or_else(|| panic!("{report}"));
    assert_eq!(failure.kind(), FailureKind::UseAfterFree, "{report}");
}

#[test]
fn outside_of_a_check_it_is_the_systems() {
    let counter = Shared::new(3);
    assert_eq!(counter.load(), 3);
    counter.free();
}
