//! GenMC's synthetic tests: one idea, at sizes that grow.

use racecourse::sync::Mutex;
use racecourse::sync::atomic::{AtomicU32, Ordering::*, fence};

use crate::groups::{assume, atomics, exchange, over};
use crate::litmus;
use crate::table::{Found::Here, Found::Soak, Row, not, row};

const TEXT: &str = "
psc-wb-fixpoint   0 x=1 sc, y sc, assume 0 | x=2 rlx, fence sc, z rlx, assume 0 | y=1 sc, x sc, assume 2 | z=1 rlx, fence sc, x rlx, assume 1
psc-wb-fp-sezgin  0 c=2 sc, a=2 sc, b sc, assume 2 | c=1 sc, a sc, assume 2, b sc, assume 1 | b=2 sc, a=1 sc, c sc, assume 2 | b=1 sc, a sc, assume 1, c sc, assume 1
psc-wb-why-fxp    0 x=1 sc, y sc, assume 0, y=1 sc, x sc, assume 1 | x=2 sc, y sc, assume 0, y=2 sc, x sc, assume 2
wb1               0 x=1 sc, x+1 sc, assume 42 | x+42 sc, assume 0, x sc
wb2               1 x rlx, assume 5, x rlx | x rlx, assume 4, x=5 rlx | x=3 rlx, x=4 rlx | x+10 rlx, assume 3
wb3               1 x rlx, assume 6, x rlx | x=4 rlx, x=6 rlx | x=3 rlx, x+1 rlx, assume 4 | x+10 rlx, assume 3
wb4               1 x+1 rlx, assume 1 | x=1 rlx, x+1 rlx, assume 10, x rlx | x=10 rlx
wb5               1 x+1 rlx, assume 0 | x+1 rlx, assume 10, x rlx | x=10 rlx
wrc11_fp          4 x=1 rel | x=2 rel, x acq, x acq
rinc              2 x+1 rlx | x+1 rlx
";

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = litmus::of(TEXT);
    rows.extend([
        row("CoA/1", 4, Here(co_a::<0>)),
        row("CoA/2", 16, Here(co_a::<1>)),
        row("CoA/3", 144, Here(co_a::<2>)),
        row("CoA/4", 2304, Here(co_a::<3>)),
        row("CoA/5", 57_600, Soak(co_a::<4>)),
        row("N-writers/4", 720, Here(n_writers::<5>)),
        row("readers/2", 4, Here(readers::<2>)),
        row("readers/8", 256, Here(readers::<8>)),
        row("readers/13", 8192, Here(readers::<13>)),
        row("rw/2", 4, Here(rw::<2>)),
        row("rw/3", 36, Here(rw::<3>)),
        row("rw/4", 576, Here(rw::<4>)),
        row("inc/2", 4, Here(inc::<2>)),
        row("inc/3", 36, Here(inc::<3>)),
        row("inc/4", 576, Here(inc::<4>)),
        row("lastzero/5", 64, Here(lastzero::<5>)),
        row("lastzero/10", 3328, Here(lastzero::<10>)),
        row("lastzero/15", 147_456, Soak(lastzero::<15>)),
        row("ainc/2", 2, Here(ainc::<2>)),
        row("ainc/3", 6, Here(ainc::<3>)),
        row("ainc/4", 24, Here(ainc::<4>)),
        row("ainc/5", 120, Here(ainc::<5>)),
        row("ainc/6", 720, Here(ainc::<6>)),
        row("ainc/7", 5040, Here(ainc::<7>)),
        row("wainc/2", 6, Here(wainc::<2>)),
        row("wainc/3", 24, Here(wainc::<3>)),
        row("wainc/4", 120, Here(wainc::<4>)),
        row("binc/2", 4, Here(adds::<2, 2>)),
        row("binc/3", 36, Here(adds::<3, 2>)),
        row("binc/4", 576, Here(adds::<4, 2>)),
        row("cinc/2", 8, Here(adds::<2, 3>)),
        row("cinc/3", 216, Here(adds::<3, 3>)),
        row("cinc/4", 13_824, Here(adds::<4, 3>)),
        row("cas/2", 2, Here(cas::<2>)),
        row("cas/3", 3, Here(cas::<3>)),
        row("cas/4", 4, Here(cas::<4>)),
        row("cas/5", 5, Here(cas::<5>)),
        row("casrot/2", 2, Here(casrot::<2>)),
        row("casrot/3", 5, Here(casrot::<3>)),
        row("casrot/4", 14, Here(casrot::<4>)),
        row("casrot/5", 43, Here(casrot::<5>)),
        row("casrot/6", 144, Here(casrot::<6>)),
        row("casrot/7", 523, Here(casrot::<7>)),
        row("casrot/8", 2048, Here(casrot::<8>)),
        row("casrot/9", 8597, Here(casrot::<9>)),
        row("casw/2", 6, Here(casw::<2>)),
        row("casw/3", 66, Here(casw::<3>)),
        row("casw/4", 1200, Here(casw::<4>)),
        row("casw/5", 32_880, Here(casw::<5>)),
        row("wcas/2", 5, Here(wcas::<2>)),
        row("wcas/3", 13, Here(wcas::<3>)),
        row("wcas/4", 33, Here(wcas::<4>)),
        row("wcas/5", 81, Here(wcas::<5>)),
        row("wcas/6", 193, Here(wcas::<6>)),
        row("wcas/7", 449, Here(wcas::<7>)),
        row("wcas/8", 1025, Here(wcas::<8>)),
        row("wcas/9", 2305, Here(wcas::<9>)),
        row("lockinc/2", 2, Here(lockinc::<2, 1>)),
        row("lockinc/3", 6, Here(lockinc::<3, 1>)),
        row("lockinc/4", 24, Here(lockinc::<4, 1>)),
        row("lockinc/5", 120, Here(lockinc::<5, 1>)),
        row("lockinc/6", 720, Here(lockinc::<6, 1>)),
        row("lockinc/7", 5040, Here(lockinc::<7, 1>)),
        row("lock2inc/2", 2, Here(lockinc::<2, 2>)),
        row("lock2inc/3", 6, Here(lockinc::<3, 2>)),
        row("lock2inc/4", 24, Here(lockinc::<4, 2>)),
        row("lock2inc/5", 120, Here(lockinc::<5, 2>)),
        row("lock2inc/6", 720, Here(lockinc::<6, 2>)),
        row("lock2inc/7", 5040, Here(lockinc::<7, 2>)),
        row("dekker_f", 3, Here(dekker_f)),
        row("dekker2-fixed/2", 6, Here(dekker2_fixed::<2>)),
        row("dekker2-fixed/3", 6, Here(dekker2_fixed::<3>)),
        row("dekker2-fixed/4", 6, Here(dekker2_fixed::<4>)),
        row("peterson", 22, Here(|| peterson(Release, Acquire))),
        row("peterson-sc", 4, Here(|| peterson(SeqCst, SeqCst))),
        row("szymanski", 6, Here(szymanski)),
        row("publish", 42, Here(publish)),
    ]);
    rows.extend(not(
        &["barrier-det", "barrier-lock", "barrier-transc", "barrier1", "barrier2", "barrier3", "barrier4", "barrier5"],
        "a barrier is one event there, whatever the order of arrival; here it is a lock and a condvar, whose orders count",
    ));
    rows.extend(not(
        &["commits", "pgsql"],
        "the loops have no end: they count what is left of them after a few rounds",
    ));
    rows
}

/// Two threads write x, look elsewhere, and read x; the others write where they look.
fn co_a<const N: usize>() -> Option<()> {
    over(atomics::<3>())
        .one(|[x, y, _]| {
            x.store(1, Release);
            y.load(Acquire);
            x.load(Acquire);
        })
        .one(|[x, _, z]| {
            x.store(2, Release);
            z.load(Acquire);
            x.load(Acquire);
        })
        .each(N, |[_, y, z], i| {
            y.store(i as u32, Release);
            z.store(i as u32, Release);
        })
        .join()
}

fn n_writers<const N: usize>() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| x.load(Acquire))
        .each(N, |[x], i| x.store(i as u32, Release))
        .join()
}

fn readers<const N: usize>() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| x.store(42, Release))
        .each(N, |[x], _| x.load(Acquire))
        .join()
}

fn rw<const N: usize>() -> Option<()> {
    over(atomics::<1>())
        .each(N, |[x], i| {
            x.load(Relaxed);
            x.store(i as u32, Release);
        })
        .join()
}

/// As `rw`, but what is stored depends on what was read.
fn inc<const N: usize>() -> Option<()> {
    over(atomics::<1>())
        .each(N, |[x], i| x.store(x.load(Relaxed) + (1 << i), Release))
        .join()
}

/// Each writer counts on from its neighbour; the reader looks for the last zero.
fn lastzero<const N: usize>() -> Option<()> {
    let array: Vec<_> = (0..=N).map(|_| AtomicU32::new(0)).collect();
    over(array)
        .one(|array| {
            let mut i = N;
            while array[i].load(Acquire) != 0 {
                i -= 1;
            }
        })
        .each(N, |array, i| {
            array[i + 1].store(array[i].load(Acquire) + 1, Release)
        })
        .join()
}

fn ainc<const N: usize>() -> Option<()> {
    over(atomics::<1>())
        .each(N, |[x], _| x.fetch_add(1, Relaxed))
        .join()
}

fn wainc<const N: usize>() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| x.store(42, Release))
        .each(N, |[x], _| x.fetch_add(1, Relaxed))
        .join()
}

/// Each thread adds to `K` counters, one after another.
fn adds<const N: usize, const K: usize>() -> Option<()> {
    over(atomics::<K>())
        .each(N, |counters, _| {
            for counter in counters {
                counter.fetch_add(1, Relaxed);
            }
        })
        .join()
}

fn cas<const N: usize>() -> Option<()> {
    over(atomics::<1>())
        .each(N, |[x], i| exchange(x, 0, i as u32 + 1, Relaxed))
        .join()
}

/// Each waits for its predecessor's value, once.
fn casrot<const N: usize>() -> Option<()> {
    over(atomics::<1>())
        .each(N, |[x], i| exchange(x, i as u32, i as u32 + 1, Relaxed))
        .join()
}

fn casw<const N: usize>() -> Option<()> {
    over(atomics::<1>())
        .each(N, |[x], i| {
            let _ = exchange(x, 0, 1, Relaxed);
            x.store(i as u32 + 3, Release);
        })
        .join()
}

fn wcas<const N: usize>() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| x.store(2, Release))
        .each(N, |[x], _| exchange(x, 2, 3, Relaxed))
        .join()
}

/// Each thread counts up `K` relaxed atomics under one lock.
fn lockinc<const N: usize, const K: usize>() -> Option<()> {
    over((Mutex::new(()), atomics::<K>()))
        .each(N, |(mutex, counters), _| {
            let _guard = mutex.lock().unwrap();
            for counter in counters {
                counter.store(counter.load(Relaxed) + 1, Relaxed);
            }
        })
        .join()
}

fn dekker_f() -> Option<()> {
    over(atomics::<3>())
        .one(|[x, y, c]| {
            y.store(1, Relaxed);
            fence(SeqCst);
            if x.load(Relaxed) == 0 {
                c.store(1, Relaxed);
                assert_eq!(c.load(Relaxed), 1);
            }
        })
        .one(|[x, y, c]| {
            x.store(1, Relaxed);
            fence(SeqCst);
            if y.load(Relaxed) == 0 {
                c.store(0, Relaxed);
                assert_eq!(c.load(Relaxed), 0);
            }
        })
        .join()
}

/// What follows two flags that exclude each other is never reached, however much it is.
fn dekker2_fixed<const N: u32>() -> Option<()> {
    over(atomics::<4>())
        .one(|[x, y, z1, _]| {
            y.store(1, SeqCst);
            if x.load(SeqCst) == 0 {
                z1.store(1, Relaxed);
            }
        })
        .one(|[x, y, _, z2]| {
            x.store(1, SeqCst);
            if y.load(SeqCst) == 0 {
                z2.store(1, Relaxed);
            }
        })
        .one(|[x, _, z1, z2]| {
            if z1.load(Relaxed) != 0 && z2.load(Relaxed) != 0 {
                (0..N).for_each(|i| x.store(i, Relaxed));
            }
        })
        .one(|[x, _, z1, z2]| {
            if z1.load(Relaxed) != 0 && z2.load(Relaxed) != 0 {
                (0..N).for_each(|_| {
                    x.load(Relaxed);
                });
            }
        })
        .join()
}

/// Each raises its flag, gives way, and takes for granted that it may enter.
fn peterson(
    write: racecourse::sync::atomic::Ordering,
    read: racecourse::sync::atomic::Ordering,
) -> Option<()> {
    over(atomics::<4>())
        .each(2, move |[flag0, flag1, turn, x], i| {
            let (mine, other) = if i == 0 {
                (flag0, flag1)
            } else {
                (flag1, flag0)
            };
            let i = i as u32;
            mine.store(1, write);
            turn.store(1 - i, write);
            assume(other.load(read) != 1 || turn.load(read) != 1 - i)?;
            x.store(i, write);
            x.load(read);
            mine.store(0, write);
            Some(())
        })
        .join()
}

/// Szymanski's lock: each flag goes from 0 by 1, 3, perhaps 2, and 4.
fn szymanski() -> Option<()> {
    over(atomics::<3>())
        .each(2, |[flag0, flag1, x], i| {
            let (mine, other) = if i == 0 {
                (flag0, flag1)
            } else {
                (flag1, flag0)
            };
            let say = |stage| {
                mine.store(stage, Relaxed);
                fence(SeqCst);
            };
            say(1);
            assume(other.load(Relaxed) < 3)?;
            say(3);
            if other.load(Relaxed) == 1 {
                say(2);
                assume(other.load(Relaxed) == 4)?;
            }
            say(4);
            assume(other.load(Relaxed) < 2)?;
            x.store(i as u32, Relaxed);
            x.load(Relaxed);
            assert_eq!(x.load(Relaxed), i as u32);
            fence(SeqCst);
            assume(other.load(Relaxed) < 2 || other.load(Relaxed) > 3)?;
            mine.store(0, Relaxed);
            Some(())
        })
        .join()
}

/// A reader that gives up after 41 looks at the flag: no wait, each look counts.
fn publish() -> Option<()> {
    over(atomics::<2>())
        .one(|[x, flag]| {
            if (0..=40).any(|_| flag.load(Acquire) == 1) {
                assert_eq!(x.load(Acquire), 42);
            }
        })
        .one(|[x, flag]| {
            x.store(42, Release);
            flag.store(1, Release);
        })
        .join()
}
