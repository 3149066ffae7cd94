//! GenMC's litmus tests in which what is read decides what comes next.

use racecourse::sync::atomic::{Ordering::*, fence};
use racecourse::thread;

use crate::groups::{assume, atomics, over};
use crate::table::{Found::Here, Row, row};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row("LB+ctrl", 3, Here(lb_ctrl)),
        row("LB+ctrl+rel", 3, Here(lb_ctrl_rel)),
        row("LB+addr", 3, Here(lb_addr)),
        row("LB+addr-fun", 3, Here(lb_addr_fun)),
        row("LB+addr-ind-fun", 3, Here(lb_addr_ind_fun)),
        row("TC2", 4, Here(tc2)),
        row("W+JW", 1, Here(w_jw)),
        row("assume-ctrl", 4, Here(assume_ctrl)),
        row("casdep", 2, Here(casdep)),
        row("malloc-dep", 2, Here(malloc_dep)),
    ]
}

fn lb_ctrl() -> Option<()> {
    over(atomics::<2>())
        .one(|[x, y]| y.store(if x.load(Relaxed) == 0 { 1 } else { 2 }, Relaxed))
        .one(|[x, y]| x.store(if y.load(Relaxed) == 0 { 1 } else { 2 }, Relaxed))
        .join()
}

fn lb_ctrl_rel() -> Option<()> {
    over(atomics::<2>())
        .one(|[x, y]| y.store(if x.load(Relaxed) == 0 { 1 } else { 2 }, Relaxed))
        .one(|[x, y]| {
            y.load(Relaxed);
            x.store(1, Release);
        })
        .join()
}

/// What was read is an index.
fn lb_addr() -> Option<()> {
    over(atomics::<3>())
        .one(|[x, y @ ..]| {
            let a = x.load(Relaxed) as usize;
            y[a].load(Relaxed);
            y[0].store(1, Relaxed);
        })
        .one(|[x, y @ ..]| x.store(y[0].load(Relaxed), Release))
        .join()
}

/// The same in a function.
fn lb_addr_fun() -> Option<()> {
    lb_addr_through(load_store)
}

/// The same through a pointer to a function.
fn lb_addr_ind_fun() -> Option<()> {
    lb_addr_through(std::hint::black_box(load_store))
}

type Y = [racecourse::sync::atomic::AtomicU32];

fn load_store(y: &Y, a: usize) {
    y[a].load(Relaxed);
    y[0].store(1, Relaxed);
}

fn lb_addr_through(f: fn(&Y, usize)) -> Option<()> {
    over(atomics::<3>())
        .one(move |[x, y @ ..]| f(y, x.load(Relaxed) as usize))
        .one(|[x, y @ ..]| x.store(y[0].load(Relaxed), Release))
        .join()
}

/// A store depends on two reads being equal, which the other thread could only break by load buffering.
fn tc2() -> Option<()> {
    over(atomics::<2>())
        .one(|[x, y]| {
            if x.load(Relaxed) == x.load(Relaxed) {
                y.store(1, Relaxed);
            }
        })
        .one(|[x, y]| x.store(y.load(Relaxed), Relaxed))
        .join()
}

/// A thread joins its sibling.
fn w_jw() -> Option<()> {
    let shared = std::sync::Arc::new(atomics::<2>());
    let x = std::sync::Arc::clone(&shared);
    let sibling = thread::spawn(move || x[0].store(42, Relaxed));
    let thread = thread::spawn(move || {
        sibling.join().unwrap();
        assert_eq!(shared[0].load(Relaxed), 42);
        shared[1].store(42, Relaxed);
    });
    thread.join().unwrap();
    Some(())
}

fn assume_ctrl() -> Option<()> {
    over(atomics::<2>())
        .one(|[x, y]| {
            assume(y.load(Relaxed) < 2 || y.load(Relaxed) > 3)?;
            x.store(1, Relaxed);
            Some(())
        })
        .one(|[x, y]| {
            assume(x.load(Relaxed) < 3)?;
            y.store(3, Relaxed);
            fence(SeqCst);
            y.store(4, Relaxed);
            Some(())
        })
        .join()
}

/// A compare-exchange expects what was read elsewhere.
pub(crate) fn casdep() -> Option<()> {
    over(atomics::<3>())
        .one(|[x, y, z]| {
            let a = x.load(Relaxed);
            let _ = y.compare_exchange(a, 1, Relaxed, Relaxed);
            z.store(a, Relaxed);
        })
        .one(|[_, y, _]| y.store(2, Relaxed))
        .join()
}

/// Allocations on both sides of a counter.
fn malloc_dep() -> Option<()> {
    over(atomics::<1>())
        .each(2, |[count], _| {
            let data = Box::new(0_usize);
            let mut student = Box::new(std::ptr::null());
            count.fetch_add(1, Relaxed);
            *student = &raw const *data;
        })
        .join()
}
