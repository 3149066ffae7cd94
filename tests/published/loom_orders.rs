//! loom's tests of atomics and fences: what must pass, what must fail.

use racecourse::check::FailureKind::Panic;
use racecourse::sync::atomic::{AtomicU32, Ordering, Ordering::*, fence};

use crate::groups::{atomics, exchange, over, wait_until};
use crate::litmus;
use crate::table::{Found::Fails, Found::Here, Found::Passes, Row, not, row};

// The numbers are RC11's, and GenMC's where the program is one of its own; loom publishes none.
const TEXT: &str = "
fence::fence_sw_base             2 x=1 na, fence rel, y=1 rlx | y rlx, if >0, fence acq, x=2 na
fence::fence_sw_collapsed_store  2 x=1 na, y=1 rel | y rlx, if >0, fence acq, x=2 na
fence::fence_sw_collapsed_load   2 x=1 na, fence rel, y=1 rlx | y acq, if >0, x=2 na
fence::sb_fences                 3 x=1 rlx, fence sc, y rlx | y=1 rlx, fence sc, x rlx
fence::rwc_syncs                 7 x=1 rlx | x rlx, fence sc, y rlx | y=1 rlx, fence sc, x rlx
fence::w_rwc                     7 x=1 rlx, z=1 rel | z acq, fence sc, y rlx | y=1 rlx, fence sc, x rlx
litmus::store_buffering          4 x=1 rlx, y rlx | y=1 rlx, x rlx
unsafe_cell::access_after_sync race y=1 rel, x=1 na | y acq, if >0, x=2 na
";

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = litmus::of(TEXT);
    rows.extend([
        row("fence::fence_hazard_pointer", 0, Passes(hazard_pointer)),
        row("atomic::fetch_add_atomic", 2, Here(fetch_add_atomic)),
        row(
            "atomic::compare_and_swap_reads_old_values",
            0,
            Passes(exchange_reads_the_newest),
        ),
        row(
            "atomic_relaxed::compare_and_swap",
            0,
            Passes(exchange_counts),
        ),
        row(
            "atomic_relaxed::check_ordering_valid",
            0,
            Passes(|| message(Release, Acquire)),
        ),
        row(
            "atomic_relaxed::check_ordering_invalid_1",
            0,
            Fails(Panic, || message(Release, Relaxed)),
        ),
        row(
            "atomic_relaxed::check_ordering_invalid_2",
            0,
            Fails(Panic, || message(Relaxed, Relaxed)),
        ),
        row("smoke::checks_fail", 0, Fails(Panic, lost_update)),
        row("yield::yield_completes", 1, Here(wait_completes)),
        row(
            "spec::acq_rel",
            5,
            Here(|| two_witnesses(Release, Acquire, 0)),
        ),
        row(
            "spec::test_seq_cst",
            4,
            Here(|| two_witnesses(SeqCst, SeqCst, 1)),
        ),
    ]);
    rows.extend(not(
        &["litmus::load_buffering", "spec::relaxed"],
        "C++20 allows it and RC11 does not: program order and reads-from have no cycle; ignored there too",
    ));
    rows.extend(not(
        &["atomic_int::*"],
        "one thread, every operation: tests/check/atomics.rs",
    ));
    rows.extend(not(
        &[
            "atomic::lazy_static_arc_*",
            "atomic::legal_load_after_lazy_static",
            "atomic::invalid_unsync_load_relaxed",
        ],
        "loom's `lazy_static!` and `unsync_load`, which std does not have",
    ));
    rows
}

/// Protect, then validate, against unlink, then look for protectors.
fn hazard_pointer() -> Option<()> {
    over([AtomicU32::new(1), AtomicU32::new(0), AtomicU32::new(1)])
        .one(|[reachable, protected, allocated]| {
            protected.store(1, Relaxed);
            fence(SeqCst);
            if reachable.load(Relaxed) == 1 {
                // A panic of a thread comes out of `join`.
                assert_eq!(allocated.load(Relaxed), 1);
            }
        })
        .one(|[reachable, protected, allocated]| {
            reachable.store(0, Relaxed);
            fence(SeqCst);
            if protected.load(Relaxed) == 0 {
                allocated.store(0, Relaxed);
            }
        })
        .join()
}

fn fetch_add_atomic() -> Option<()> {
    let shared = over(atomics::<3>())
        .each(2, |[x, seen @ ..], i| {
            seen[i].store(x.fetch_add(1, Relaxed), Relaxed)
        })
        .end()?;
    assert_ne!(shared[1].load(Relaxed), shared[2].load(Relaxed));
    Some(())
}

/// Store to one, exchange the other: an exchange that succeeds comes directly after the initial value, before the store.
fn exchange_reads_the_newest() -> Option<()> {
    let shared = over(atomics::<2>())
        .each(2, |both, i| {
            both[i].store(1, Release);
            let _ = exchange(&both[1 - i], 0, 2, AcqRel);
        })
        .end()?;
    assert_eq!(shared.each_ref().map(|value| value.load(Relaxed)), [1, 1]);
    Some(())
}

fn exchange_counts() -> Option<()> {
    let shared = over(atomics::<1>())
        .each(2, |[x], _| {
            let mut value = x.load(Relaxed);
            while let Err(newer) = exchange(x, value, value + 1, Relaxed) {
                value = newer;
            }
        })
        .end()?;
    assert_eq!(shared[0].load(Relaxed), 2);
    Some(())
}

/// Message passing, the flag with these orderings.
fn message(write: Ordering, read: Ordering) -> Option<()> {
    over(atomics::<2>())
        .one(move |[data, flag]| {
            data.store(1, Relaxed);
            flag.store(1, write);
        })
        .one(move |[data, flag]| {
            if flag.load(read) == 1 {
                assert_eq!(data.load(Relaxed), 1);
            }
        })
        .join()
}

fn lost_update() -> Option<()> {
    let shared = over(atomics::<1>())
        .each(2, |[x], _| x.store(x.load(Acquire) + 1, Release))
        .end()?;
    assert_eq!(shared[0].load(Relaxed), 2);
    Some(())
}

fn wait_completes() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| x.store(1, Relaxed))
        .one(|[x]| wait_until(x, Relaxed, |x| x == 1))
        .join()
}

/// Two flags, two threads that wait for one and look at the other: how many see both raised.
///
/// With SeqCst one of them at least. Where both do, they count in either order.
pub(crate) fn two_witnesses(write: Ordering, read: Ordering, least: u32) -> Option<()> {
    let shared = over(atomics::<3>())
        .one(move |[x, _, _]| x.store(1, write))
        .one(move |[_, y, _]| y.store(1, write))
        .one(move |[x, y, z]| {
            wait_until(x, read, |x| x == 1);
            if y.load(read) == 1 {
                z.fetch_add(1, Relaxed);
            }
        })
        .one(move |[x, y, z]| {
            wait_until(y, read, |y| y == 1);
            if x.load(read) == 1 {
                z.fetch_add(1, Relaxed);
            }
        })
        .end()?;
    assert!(shared[2].load(Relaxed) >= least);
    Some(())
}
