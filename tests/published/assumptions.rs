//! GenMC's tests of `saver`, `ipr` and `sr` that take something for granted.
//!
//! Some of the loops there wait for a value that another store may bury for ever: blocked and not counted
//! there, a livelock here. Those are written as what GenMC makes of them, an assumption about one iteration.

use racecourse::cell::UnsafeCell;
use racecourse::check::FailureKind::{Deadlock, Livelock};
use racecourse::sync::Mutex;
use racecourse::sync::atomic::{AtomicU32, Ordering, Ordering::*};

use crate::groups::{assume, atomics, exchange, over, wait_until};
use crate::litmus;
use crate::table::{Found::Differs, Found::Fails, Found::Here, Row, not, row};

const TEXT: &str = "
r+nw                    1 x sc, assume 4 | x=1 sc, x=2 sc, x=3 sc, x=4 sc
ax+ry+wx+wy             2 x sc, assume 1 | y sc | x=1 sc | y=1 sc
ry+ax+wx+wy             2 y sc | x sc, assume 1 | x=1 sc | y=1 sc
";

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = litmus::of(TEXT);
    rows.extend([
        row("IRIW-iter", 1, Here(iriw_iter)),
        row("assume-2vars", 1, Here(|| two_vars(|a, b| a + b == 84))),
        row("assume-2vars-cond", 1, Here(assume_2vars_cond)),
        row("assume-conj", 1, Here(assume_conj)),
        row("assume-disj", 43, Here(assume_disj)),
        row("assume-exp", 256, Here(assume_exp)),
        row(
            "assume-mult-paths",
            1,
            Here(|| one_var(SeqCst, |a| if a != 0 { a == 42 } else { a == 4242 })),
        ),
        row("assume-nonclear-path", 1, Here(assume_nonclear_path)),
        row(
            "assume-not-postdom",
            1,
            Here(|| one_var(Relaxed, |b| b == 42)),
        ),
        row("assume-postdom", 1, Here(|| one_var(Relaxed, |b| b == 42))),
        row("assume-cas", 1, Here(|| exchanged(|result| result.is_ok()))),
        row(
            "assume-cas2",
            1,
            Here(|| exchanged(|result| result.unwrap_or_else(|v| v) + 1 == 42)),
        ),
        row("no-inline", 1, Here(no_inline)),
        row("loop-peel", 2, Here(loop_peel::<1>)),
        row("loop-peel2", 4, Here(loop_peel::<2>)),
        row(
            "loop-peel, as the loop it is",
            0,
            Fails(Livelock, loop_peel_waits),
        ),
        row("spin-cas1", 2, Here(spin_cas1)),
        row("spin-cas-res", 3, Here(spin_cas_res)),
        row("spin-cas-onebranch", 1, Here(spin_cas_onebranch)),
        row("spin-samecas", 1, Here(spin_samecas)),
        row("ncas+fai", 6, Here(ncas_fai)),
        row("ry+awx+2rmwx+rmwxwy", 4, Here(ry_awx_2rmwx_rmwxwy)),
        row("lock-inplace2", 3, Here(lock_inplace2)),
        row("lock-inplace3", 0, Fails(Deadlock, lock_inplace3)),
        row(
            "lock-nested",
            6,
            Differs(
                12,
                lock_nested,
                "three sections of y in any order, with two orders of the first two additions, are 12",
            ),
        ),
        row("lockrev-in-place", 8, Here(lockrev_in_place)),
    ]);
    rows.extend(not(
        &["ainc", "conf-loop", "conf-loop-small"],
        "the program says that threads are symmetric, and they count one order for all",
    ));
    rows
}

fn count_up(x: &AtomicU32, order: Ordering) {
    (1..=42).for_each(|i| x.store(i, order));
}

fn iriw_iter() -> Option<()> {
    over(atomics::<2>())
        .one(|[x, _]| count_up(x, Release))
        .one(|[_, y]| count_up(y, Release))
        .one(|[x, y]| {
            assume(x.load(Acquire) == 42)?;
            assume(y.load(Acquire) == 0)
        })
        .one(|[x, y]| {
            assume(y.load(Acquire) == 0)?;
            assume(x.load(Acquire) == 42)
        })
        .join()
}

/// x and y count up together; the other thread reads both.
fn with_two_vars(
    other: impl FnOnce(&AtomicU32, &AtomicU32) -> Option<()> + Send + 'static,
) -> Option<()> {
    over(atomics::<2>())
        .one(|[x, y]| {
            for i in 1..=42 {
                x.store(i, SeqCst);
                y.store(i, SeqCst);
            }
        })
        .one(move |[x, y]| other(x, y))
        .join()
}

fn two_vars(condition: fn(u32, u32) -> bool) -> Option<()> {
    with_two_vars(move |x, y| assume(condition(x.load(SeqCst), y.load(SeqCst))))
}

fn assume_2vars_cond() -> Option<()> {
    with_two_vars(|x, y| {
        let a = x.load(SeqCst);
        let is_last = if a != 0 { a == 42 } else { a == 4242 };
        assume(y.load(SeqCst) == 42 && is_last)
    })
}

fn assume_conj() -> Option<()> {
    with_two_vars(|x, y| assume(x.load(SeqCst) == 42 && y.load(SeqCst) == 42))
}

fn assume_disj() -> Option<()> {
    with_two_vars(|x, y| assume(x.load(SeqCst) == 42 || y.load(SeqCst) == 42))
}

/// An assumption beside 256 ways for two threads that have nothing to do with it.
fn assume_exp() -> Option<()> {
    over((AtomicU32::new(0), atomics::<8>()))
        .one(|(x, _)| count_up(x, SeqCst))
        .one(|(x, _)| assume(x.load(SeqCst) == 42))
        .one(|(_, a)| a.iter().for_each(|a| a.store(0, Relaxed)))
        .one(|(_, a)| {
            a.iter().for_each(|a| {
                a.load(Relaxed);
            })
        })
        .join()
}

fn one_var(order: Ordering, condition: fn(u32) -> bool) -> Option<()> {
    over(atomics::<1>())
        .one(move |[x]| count_up(x, order))
        .one(move |[x]| assume(condition(x.load(order))))
        .join()
}

/// A read of y between the read of x and the assumption about it.
fn assume_nonclear_path() -> Option<()> {
    over(atomics::<2>())
        .one(|[x, _]| count_up(x, Relaxed))
        .one(|[x, y]| {
            let b = x.load(Relaxed);
            y.load(Relaxed);
            assume(b == 42)
        })
        .join()
}

fn exchanged(condition: fn(Result<u32, u32>) -> bool) -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| (0..42).for_each(|i| x.store(i, SeqCst)))
        .one(move |[x]| assume(condition(exchange(x, 41, 42, SeqCst))))
        .join()
}

fn no_inline() -> Option<()> {
    over(atomics::<4>())
        .one(|all| {
            for a in all {
                a.store(1, SeqCst);
                a.store(2, SeqCst);
            }
        })
        .one(|all| assume(all.iter().all(|a| a.load(SeqCst) == 2)))
        .join()
}

/// The reader leaves with the first 0 or the second.
fn loop_peel<const READERS: usize>() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| (0..42).for_each(|i| x.store(i, SeqCst)))
        .each(READERS, |[x], _| assume(x.load(SeqCst) == 0))
        .join()
}

fn loop_peel_waits() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| (0..42).for_each(|i| x.store(i, SeqCst)))
        .one(|[x]| wait_until(x, SeqCst, |x| x == 0))
        .join()
}

fn spin_cas1() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| assume(exchange(x, 1, 42, SeqCst).is_ok()))
        .one(|[x]| x.store(1, SeqCst))
        .one(|[x]| x.store(2, SeqCst))
        .join()
}

fn spin_cas_res() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| {
            let old = if x.load(SeqCst) == 42 { 0 } else { 1 };
            assume(exchange(x, old, 42, SeqCst).is_ok())
        })
        .one(|[x]| (0..42).for_each(|i| x.store(i, SeqCst)))
        .join()
}

fn spin_cas_onebranch() -> Option<()> {
    over(atomics::<2>())
        .one(|[x, y]| {
            assume(y.load(SeqCst) != 42)?;
            assume(exchange(x, 17, 42, Relaxed).is_ok())
        })
        .one(|[x, _]| count_up(x, Relaxed))
        .join()
}

/// Twice the same wait, of which the second is never longer than the first.
fn spin_samecas() -> Option<()> {
    over(atomics::<2>())
        .one(|[x, _]| {
            assume(x.load(Relaxed) == 0)?;
            assume(x.load(Relaxed) == 0)
        })
        .one(|[x, _]| x.store(42, SeqCst))
        .join()
}

fn ncas_fai() -> Option<()> {
    over(atomics::<1>())
        .each(3, |[x], _| assume(exchange(x, 1, 1, SeqCst).is_ok()))
        .one(|[x]| x.fetch_add(1, SeqCst))
        .join()
}

fn ry_awx_2rmwx_rmwxwy() -> Option<()> {
    over(atomics::<2>())
        .one(|[_, y]| y.load(SeqCst))
        .one(|[x, _]| assume(exchange(x, 0, 1, SeqCst).is_ok()))
        .one(|[x, _]| {
            if exchange(x, 0, 1, SeqCst).is_ok() {
                x.fetch_add(1, SeqCst);
                x.fetch_add(1, SeqCst);
            }
        })
        .one(|[x, y]| {
            if exchange(x, 2, 0, SeqCst).is_ok() {
                y.store(1, SeqCst);
            }
        })
        .join()
}

fn lock_inplace2() -> Option<()> {
    over((Mutex::new(()), AtomicU32::new(0)))
        .one(|(l, x)| {
            x.fetch_add(1, SeqCst);
            drop(l.lock().unwrap());
        })
        .one(|(l, x)| {
            let _guard = l.lock().unwrap();
            x.fetch_add(1, SeqCst);
        })
        .join()
}

/// Every thread takes a lock that it holds already.
fn lock_inplace3() -> Option<()> {
    over([(); 3].map(Mutex::new))
        .each(3, |locks, i| {
            let [outer, inner] = [[2, 0], [1, 2], [1, 0]][i].map(|at| &locks[at]);
            let guards = [outer, inner, inner, outer].map(|lock| lock.lock().unwrap());
            std::mem::forget(guards);
        })
        .join()
}

fn lock_nested() -> Option<()> {
    struct Shared {
        x: Mutex<()>,
        y: Mutex<()>,
        na: UnsafeCell<u32>,
        c: AtomicU32,
        a: AtomicU32,
    }
    // SAFETY: `na` is only written under the lock y, and a check judges that.
    unsafe impl Sync for Shared {}
    over(Shared {
        x: Mutex::new(()),
        y: Mutex::new(()),
        na: UnsafeCell::new(0),
        c: AtomicU32::new(0),
        a: AtomicU32::new(0),
    })
    .each(2, |shared, _| {
        assume(shared.c.fetch_add(1, SeqCst) < 2)?;
        let _y = shared.y.lock().unwrap();
        // SAFETY: the lock is held.
        shared.na.with_mut(|na| unsafe { *na = 1 });
        Some(())
    })
    .one(|shared| {
        let _y = shared.y.lock().unwrap();
        assume(shared.c.fetch_add(1, SeqCst) == 3)?;
        shared.a.store(1, SeqCst);
        drop(shared.x.lock().unwrap());
        Some(())
    })
    .one(|shared| {
        let _x = shared.x.lock().unwrap();
        assume(shared.c.fetch_add(1, SeqCst) == 2)?;
        assume(shared.a.load(SeqCst) == 1)
    })
    .join()
}

fn lockrev_in_place() -> Option<()> {
    over((Mutex::new(()), AtomicU32::new(0)))
        .one(|(_, x)| x.store(42, Relaxed))
        .one(|(l, x)| {
            let _guard = l.lock().unwrap();
            x.store(1, Relaxed);
        })
        .one(|(l, x)| {
            let _guard = l.lock().unwrap();
            x.store(2, Relaxed);
            x.load(Relaxed);
        })
        .join()
}
