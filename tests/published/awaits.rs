//! GenMC's tests of `saver` and `liveness` that wait in a loop: an iteration that reads nothing new is no execution.

use racecourse::cell::UnsafeCell;
use racecourse::check::FailureKind::Livelock;
use racecourse::hint::spin_loop;
use racecourse::sync::atomic::{AtomicU32, Ordering::*};

use crate::groups::{atomics, exchange, over, wait_until};
use crate::table::{Found::Fails, Found::Here, Row, not, row};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("spinloop", 1, Here(spinloop)),
        row("spin-no-bisim", 1, Here(spinloop)),
        row("doubleloop", 4, Here(doubleloop)),
        row("dsa-live", 1, Here(dsa_live)),
        row("wb-maximals+dsa", 1, Here(wb_maximals_dsa)),
        row("spin+phi-header", 42, Here(spin_phi_header)),
        row("spin-plain+phi", 1, Here(spin_plain_phi)),
        row("spin-dowhile1", 2, Here(spin_dowhile1)),
        row("spin-2cas-join", 1, Here(spin_2cas_join)),
        row("spin-2cas-join2", 43, Here(spin_2cas_join2)),
        row("spin-2cas-samebranch", 43, Here(spin_2cas_samebranch)),
        row("spin-cas2", 42, Here(spin_cas2)),
        row("spin-cas3/3", 6, Here(spin_cas3::<3>)),
        row("spin-cas3/4", 24, Here(spin_cas3::<4>)),
        row("spin-cas3/5", 120, Here(spin_cas3::<5>)),
        row("spin-cas4", 2, Here(spin_cas4)),
        row("spin-cas5", 3, Here(|| retry(0))),
        row("spin-cas6", 2, Here(spin_cas6)),
        row("spin-cas7", 4, Here(|| retry(1))),
        row("spin-cas8", 3, Here(spin_cas8)),
        row("spin-cas-res-invalid2", 4, Here(spin_cas_res_invalid2)),
        row("spin-counter", 6, Here(spin_counter)),
        row("spin-nonnatural", 0, Fails(Livelock, spin_nonnatural)),
        row("local-dec", 1, Here(local_dec)),
    ];
    rows.extend(not(
        &[
            "spin-2cas",
            "spin-2cas-const",
            "spin-2cas-se",
            "spin-fai1",
            "spin-fai2",
            "spin-plain+se",
        ],
        "a loop that stores in every round may go on for ever: no execution ends, or not every one",
    ));
    rows.extend(not(
        &[
            "spin-cas-res-invalid",
            "spin-fai-fail",
            "lamport-deadlock-safe",
        ],
        "they count what is left of the loops after one to three rounds",
    ));
    rows.extend(not(
        &["help-cas"],
        "the program says which compare-exchange helps which",
    ));
    rows.extend(not(
        &["spin-lock"],
        "it polls under a lock, and each poll stores: there is no end to the polls",
    ));
    rows.extend(not(&["spin-load"], "the number depends on how their pass reads the loop: the value read before it must be 17 too"));
    rows.extend(not(
        &["spin-fmutex"],
        "an adaptive mutex of 400 lines that falls back to a futex",
    ));
    rows
}

fn spinloop() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| wait_until(x, SeqCst, |x| x != 0))
        .one(|[x]| x.store(42, SeqCst))
        .join()
}

/// A wait for either of two flags, of which one at least is raised.
fn doubleloop() -> Option<()> {
    over(atomics::<2>())
        .one(|[x, y]| {
            while x.load(SeqCst) == 0 && y.load(SeqCst) == 0 {
                spin_loop();
            }
        })
        .one(|[x, y]| {
            if x.load(SeqCst) == 0 {
                y.store(1, SeqCst);
            }
        })
        .one(|[x, y]| {
            if y.load(SeqCst) == 0 {
                x.store(1, SeqCst);
            }
        })
        .join()
}

struct Guarded(UnsafeCell<u32>, AtomicU32);

// SAFETY: the cell is a check's to judge.
unsafe impl Sync for Guarded {}

/// A lock that starts out held, and a wait in a wait.
fn dsa_live() -> Option<()> {
    over(Guarded(UnsafeCell::new(0), AtomicU32::new(1)))
        .one(|Guarded(x, lock)| {
            loop {
                wait_until(lock, SeqCst, |lock| lock == 0);
                if lock.swap(1, SeqCst) == 0 {
                    break;
                }
            }
            // SAFETY: the lock is held.
            assert_eq!(x.with(|x| unsafe { *x }), 1);
        })
        .one(|Guarded(x, lock)| {
            // SAFETY: the lock is held from the start.
            x.with_mut(|x| unsafe { *x = 1 });
            lock.store(0, SeqCst);
        })
        .join()
}

/// Each waits for the other. `next` is 1 once it points to `locked`.
fn wb_maximals_dsa() -> Option<()> {
    let shared = over(atomics::<2>())
        .one(|[locked, next]| {
            locked.store(1, Relaxed);
            next.store(1, Release);
            wait_until(locked, Relaxed, |locked| locked == 0);
        })
        .one(|[locked, next]| {
            wait_until(next, Acquire, |next| next != 0);
            locked.store(0, Relaxed);
        })
        .end()?;
    assert_eq!(shared[0].load(Relaxed), 0);
    Some(())
}

fn spin_phi_header() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| (1..=42).for_each(|i| x.store(i, Relaxed)))
        .one(|[x]| wait_until(x, SeqCst, |x| x != 0))
        .join()
}

fn spin_plain_phi() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| wait_until(x, Relaxed, |x| x == 41))
        .one(|[x]| (0..42).for_each(|i| x.store(i, SeqCst)))
        .join()
}

/// Two ways out of one round.
fn spin_dowhile1() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| {
            while x.load(Acquire) != 42 && x.load(Relaxed) != 0 {
                spin_loop();
            }
        })
        .one(|[x]| (1..=42).for_each(|i| x.store(i, Relaxed)))
        .join()
}

fn spin_2cas_join() -> Option<()> {
    let [x] = atomics();
    let r = x.load(SeqCst);
    while exchange(&x, r, if r == 42 { 42 } else { 17 }, SeqCst).is_err() && r + 1 != 17 {
        spin_loop();
    }
    Some(())
}

/// A load, and a compare-exchange that expects its value.
fn spin_2cas_join2() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| (1..=42).for_each(|i| x.store(i, SeqCst)))
        .one(|[x]| {
            loop {
                let r = x.load(SeqCst);
                if exchange(x, r, if r == 42 { 42 } else { 17 }, SeqCst).is_ok() {
                    break;
                }
                spin_loop();
            }
        })
        .join()
}

fn spin_2cas_samebranch() -> Option<()> {
    over(atomics::<2>())
        .one(|[x, y]| {
            for i in 1..=42 {
                x.store(i, SeqCst);
                y.store(i, SeqCst);
            }
        })
        .one(|[x, y]| {
            while exchange(x, 42, 17, SeqCst).is_err() && exchange(y, 42, 17, SeqCst).is_err() {
                spin_loop();
            }
        })
        .join()
}

fn spin_cas2() -> Option<()> {
    over(atomics::<1>())
        .each(3, |[x], _| {
            loop {
                let r = x.load(SeqCst);
                if exchange(x, r, 42, SeqCst).is_ok() {
                    break;
                }
                spin_loop();
            }
        })
        .one(|[x]| x.store(1, SeqCst))
        .join()
}

/// A spin lock.
fn spin_cas3<const N: usize>() -> Option<()> {
    over(atomics::<1>())
        .each(N, |[x], _| {
            while exchange(x, 0, 1, SeqCst).is_err() {
                spin_loop();
            }
            x.store(0, SeqCst);
        })
        .join()
}

fn spin_cas4() -> Option<()> {
    over(atomics::<2>())
        .one(|[x, y]| {
            loop {
                let r = x.load(SeqCst);
                if exchange(x, r, 42, SeqCst).is_ok() {
                    break;
                }
                y.load(SeqCst);
                spin_loop();
            }
        })
        .one(|[x, y]| {
            x.store(1, SeqCst);
            y.store(1, SeqCst);
        })
        .join()
}

/// No wait: a compare-exchange that fails is tried again with what it read, and both tries count.
fn retry(offset: u32) -> Option<()> {
    over(atomics::<1>())
        .one(move |[x]| {
            let mut r = x.load(SeqCst) + offset;
            while let Err(value) = exchange(x, r, 42, SeqCst) {
                r = value;
            }
        })
        .one(|[x]| x.store(1, SeqCst))
        .join()
}

fn spin_cas6() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| {
            while exchange(x, 1, 42, SeqCst).is_err() && x.load(SeqCst) != 42 {
                spin_loop();
            }
        })
        .one(|[x]| x.store(42, SeqCst))
        .join()
}

/// As `retry`, with the weak one.
fn spin_cas8() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| {
            let mut r = x.load(SeqCst);
            while let Err(value) = x.compare_exchange_weak(r, 42, AcqRel, Acquire) {
                r = value;
            }
        })
        .one(|[x]| x.store(1, SeqCst))
        .join()
}

/// A compare-exchange is repeated until it fails.
fn spin_cas_res_invalid2() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| {
            let r = x.load(SeqCst);
            while exchange(x, r, 42, SeqCst).is_ok() {}
        })
        .one(|[x]| x.store(1, SeqCst))
        .join()
}

/// Four looks, and each counts: the loop ends by itself.
fn spin_counter() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| {
            (0..4).any(|_| x.load(Relaxed) == 42);
            x.load(SeqCst);
        })
        .one(|[x]| x.store(17, SeqCst))
        .join()
}

fn spin_nonnatural() -> Option<()> {
    let [x] = atomics();
    if x.load(Relaxed) == 0 {
        while x.load(SeqCst) != 42 && x.load(Relaxed) + 17 != 42 {
            spin_loop();
        }
    }
    Some(())
}

/// Six ways to write a loop of two rounds.
fn local_dec() -> Option<()> {
    over(atomics::<1>())
        .one(|[data]| {
            (0..2).for_each(|_| {
                data.fetch_add(1, SeqCst);
            })
        })
        .join()
}
