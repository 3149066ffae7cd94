//! loom's tests of `UnsafeCell`: which accesses race.

use std::sync::Arc;

use racecourse::cell::UnsafeCell;
use racecourse::check::FailureKind::DataRace;
use racecourse::sync::atomic::{AtomicU32, Ordering::*};
use racecourse::thread;

use crate::table::{Found::Fails, Found::Here, Row, row};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row("atomic_causality_success", 2, Here(|| channel(true))),
        row(
            "atomic_causality_fail",
            0,
            Fails(DataRace, || channel(false)),
        ),
        row(
            "race_mut_mut_1",
            0,
            Fails(DataRace, || main_and_thread(inc, inc)),
        ),
        row(
            "race_mut_mut_2",
            0,
            Fails(DataRace, || two_threads(inc, inc)),
        ),
        row(
            "race_mut_immut_1",
            0,
            Fails(DataRace, || main_and_thread(get, inc)),
        ),
        row(
            "race_mut_immut_2",
            0,
            Fails(DataRace, || main_and_thread(inc, get)),
        ),
        row(
            "race_mut_immut_3",
            0,
            Fails(DataRace, || two_threads(inc, get)),
        ),
        row(
            "race_mut_immut_4",
            0,
            Fails(DataRace, || two_threads(get, inc)),
        ),
        row(
            "race_mut_immut_5",
            0,
            Fails(DataRace, || two_threads(get, get_then_inc)),
        ),
        row("ok_1", 1, Here(ok_1)),
        row("ok_2", 1, Here(ok_2)),
        row("ok_3", 1, Here(ok_3)),
    ]
}

struct Data(UnsafeCell<u32>);

// SAFETY: whether its accesses are ordered is what the checks find out.
unsafe impl Sync for Data {}

fn data() -> Arc<Data> {
    Arc::new(Data(UnsafeCell::new(1)))
}

fn get(x: &Data) {
    // SAFETY: a check's to judge.
    x.0.with(|x| unsafe { *x });
}

fn inc(x: &Data) {
    // SAFETY: a check's to judge.
    x.0.with_mut(|x| unsafe { *x += 1 });
}

fn get_then_inc(x: &Data) {
    get(x);
    inc(x);
}

fn value(x: &Data) -> u32 {
    // SAFETY: called where everything is joined.
    x.0.with(|x| unsafe { *x })
}

fn main_and_thread(main: fn(&Data), other: fn(&Data)) -> Option<()> {
    let x = data();
    let y = Arc::clone(&x);
    let thread = thread::spawn(move || other(&y));
    main(&x);
    thread.join().unwrap();
    Some(())
}

fn two_threads(one: fn(&Data), other: fn(&Data)) -> Option<()> {
    let x = data();
    let threads = [one, other].map(|body| {
        let x = Arc::clone(&x);
        thread::spawn(move || body(&x))
    });
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    inc(&x);
    Some(())
}

/// A value and a guard that says it is there; `looks` whether the reader asks the guard.
fn channel(looks: bool) -> Option<()> {
    let channel = Arc::new((Data(UnsafeCell::new(1)), AtomicU32::new(0)));
    let other = Arc::clone(&channel);
    let thread = thread::spawn(move || {
        inc(&other.0);
        other.1.store(1, Release);
    });
    if !looks {
        get(&channel.0);
    } else if channel.1.load(Acquire) == 1 {
        assert_eq!(value(&channel.0), 2);
    }
    thread.join().unwrap();
    assert_eq!(value(&channel.0), 2);
    Some(())
}

/// Ordered by spawn and join.
fn ok_1() -> Option<()> {
    let x = data();
    inc(&x);
    let x = thread::spawn(move || {
        inc(&x);
        x
    });
    let x = x.join().unwrap();
    inc(&x);
    assert_eq!(value(&x), 4);
    Some(())
}

fn ok_2() -> Option<()> {
    let x = data();
    get_then_inc(&x);
    let x = thread::spawn(move || {
        get_then_inc(&x);
        x
    });
    let x = x.join().unwrap();
    get_then_inc(&x);
    assert_eq!(value(&x), 4);
    Some(())
}

/// Three readers at once, then a writer.
fn ok_3() -> Option<()> {
    let x = data();
    let y = Arc::clone(&x);
    let thread = thread::spawn(move || {
        get(&y);
        let z = Arc::clone(&y);
        let nested = thread::spawn(move || get(&z));
        get(&y);
        nested.join().unwrap();
    });
    get(&x);
    thread.join().unwrap();
    inc(&x);
    assert_eq!(value(&x), 2);
    Some(())
}
