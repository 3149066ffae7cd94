//! loom's open issues in which loom is wrong, or gives up, and that `loom-tests/divergences.rs` does not have: as
//! reported, where that table has only the smallest form.

use racecourse::check::FailureKind::Panic;
use racecourse::sync::Mutex;
use racecourse::sync::atomic::{AtomicU32, Ordering::*};

use crate::groups::{atomics, exchange, over, wait_until};
use crate::loom_orders::two_witnesses;
use crate::table::{Found::Fails, Found::Here, Found::Passes, Row, not, row};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        row(
            "#47 an atomic load in a destructor, after a panic",
            0,
            Fails(Panic, load_in_drop),
        ),
        row(
            "#121 several compare-and-swaps at once",
            0,
            Passes(exchanges),
        ),
        row("#162 a spin lock: no bound, no yield", 6, Here(spin_lock)),
        row(
            "#191 the SeqCst example of cppreference never ends",
            4,
            Here(|| two_witnesses(SeqCst, SeqCst, 1)),
        ),
        row(
            "#282 modification order is not kept",
            0,
            Passes(modification_order),
        ),
        row(
            "#389 a swap under a lock fails an assertion",
            0,
            Passes(swap_beside_lock),
        ),
    ];
    rows.extend(not(
        &["#301 Notify reports a deadlock"],
        "loom's own `Notify`; the condvar in its place passes there too",
    ));
    rows.extend(not(
        &["#407 happens-before that a foreign lock hides"],
        "what an engine does not see it cannot judge, this one either",
    ));
    rows
}

fn load_in_drop() -> Option<()> {
    struct Loads(AtomicU32);
    impl Drop for Loads {
        fn drop(&mut self) {
            self.0.load(SeqCst);
        }
    }
    let _loads = Loads(AtomicU32::new(0));
    panic!("on purpose");
}

/// Three threads take the numbers from 0 on: nobody's is lost, nobody's is taken twice.
fn exchanges() -> Option<()> {
    let shared = over(atomics::<1>())
        .each(3, |[x], _| {
            let mut value = x.load(Acquire);
            while let Err(newer) = exchange(x, value, value + 1, AcqRel) {
                value = newer;
            }
        })
        .end()?;
    assert_eq!(shared[0].load(Relaxed), 3);
    Some(())
}

fn spin_lock() -> Option<()> {
    over(atomics::<2>())
        .each(3, |[lock, count], _| {
            while exchange(lock, 0, 1, Acquire).is_err() {
                racecourse::hint::spin_loop();
            }
            count.store(count.load(Relaxed) + 1, Relaxed);
            lock.store(0, Release);
        })
        .join()
}

/// Who saw the lock go from 1 to 2 knows what the swap to 2 saw.
fn modification_order() -> Option<()> {
    over([AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(21)])
        .one(|[lock, data, _]| {
            data.store(42, Relaxed);
            lock.store(1, Release);
        })
        .one(|[lock, data, observed]| {
            lock.swap(2, AcqRel);
            observed.store(data.load(Relaxed), Relaxed);
        })
        .one(|[lock, _, observed]| {
            if [lock.load(Relaxed), lock.load(Relaxed)] == [1, 2] {
                assert_eq!(wait_until(observed, Relaxed, |x| x != 21), 42);
            }
        })
        .join()
}

/// Two values change together under a lock; a swap outside of it sees which.
fn swap_beside_lock() -> Option<()> {
    over((Mutex::new(1), AtomicU32::new(1)))
        .one(|(a, b)| {
            let mut a = a.lock().unwrap();
            b.store(0, Relaxed);
            *a = 0;
        })
        .one(|(a, b)| {
            let a = a.lock().unwrap();
            if b.swap(0, Relaxed) == 1 {
                assert_eq!(*a, 1);
            }
        })
        .join()
}
