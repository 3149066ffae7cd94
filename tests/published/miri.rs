//! Miri's tests under GenMC: what is not a litmus test.
//!
//! Their numbers of complete executions; blocked ones are left out, which they add in where they do not say so.

use std::ptr;

use racecourse::cell::UnsafeCell;
use racecourse::check::FailureKind::{DataRace, Deadlock, Panic};
use racecourse::sync::atomic::{AtomicPtr, AtomicU32, Ordering, Ordering::*};
use racecourse::sync::{Arc, Mutex};
use racecourse::thread;

use crate::groups::{assume, atomics, exchange, over, wait_until};
use crate::table::{Found::Fails, Found::Here, Found::Passes, Row, not, row};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("atomic_ptr_roundtrip", 1, Here(atomic_ptr_roundtrip)),
        row("cas_failure_ord_racy_key_init", 2, Here(racy_key_init)),
        row("cas_simple", 1, Here(cas_simple)),
        row("read_initial_value", 1, Here(read_initial_value)),
        row("mutex_simple", 20, Here(mutex_simple)),
        row("mutex_deadlock", 2, Fails(Deadlock, mutex_deadlock)),
        row(
            "spinloop_assume.bounded123",
            108,
            Here(|| relay(bounded, [0, 1, 2])),
        ),
        row(
            "spinloop_assume.bounded321",
            108,
            Here(|| relay(bounded, [2, 1, 0])),
        ),
        row(
            "spinloop_assume.replaced123",
            1,
            Here(|| relay(replaced, [0, 1, 2])),
        ),
        row(
            "spinloop_assume.replaced321",
            1,
            Here(|| relay(replaced, [2, 1, 0])),
        ),
        row(
            "spinloop_assume, as a wait",
            1,
            Here(|| relay(waiting, [0, 1, 2])),
        ),
        row("arc.check_count", 0, Passes(arc_check_count)),
        row("arc.try_upgrade", 0, Passes(arc_try_upgrade)),
        row("empty_main", 1, Here(|| Some(()))),
        row("spawn_std_threads", 1, Here(spawn_threads)),
        row("thread_locals", 2, Here(thread_locals)),
        row(
            "atomic_ptr_alloc_race.write",
            0,
            Fails(DataRace, alloc_race),
        ),
        row("buggy_inc", 0, Fails(Panic, buggy_inc)),
        row("store_buffering", 0, Fails(Panic, store_buffering)),
        row(
            "2w2w_weak.sc3_rel1",
            0,
            Fails(Panic, || two_plus_two(SeqCst, Release)),
        ),
        row(
            "2w2w_weak.release4",
            0,
            Fails(Panic, || two_plus_two(Release, Release)),
        ),
        row(
            "2w2w_weak.relaxed4",
            0,
            Fails(Panic, || two_plus_two(Relaxed, Relaxed)),
        ),
    ];
    rows.extend(not(
        &["atomic_ptr_ops", "rmw_ops", "u64_as_u32_array", "mixed_atomic_non_atomic"],
        "one thread, every operation or the bytes of an atomic: tests/check/atomics.rs has the operations",
    ));
    rows.extend(not(
        &[
            "atomic_ptr_double_free",
            "atomic_ptr_invalid_provenance",
            "atomic_ptr_alloc_race.dealloc",
            "atomic_ptr_dealloc_write_race",
            "atomic_ptr_write_dealloc_race",
            "alloc_large",
            "exit",
            "mutex_diff_thread_unlock",
            "mutex_double_unlock",
        ],
        "undefined behaviour of raw memory, which Miri sees and a library cannot",
    ));
    rows
}

/// Two threads hand a pointer back and forth, through sixteen cells.
fn atomic_ptr_roundtrip() -> Option<()> {
    struct Shared(AtomicPtr<UnsafeCell<u32>>, [UnsafeCell<u32>; 16]);
    // SAFETY: a check's to judge.
    unsafe impl Sync for Shared {}
    let cells = std::array::from_fn(|_| UnsafeCell::new(0));
    over(Shared(AtomicPtr::default(), cells))
        .one(|Shared(pointer, cells)| {
            for (i, cell) in (0..).zip(cells) {
                // SAFETY: the cell is this thread's until it is stored, and again when null comes back.
                cell.with_mut(|x| unsafe { *x = i });
                pointer.store(ptr::from_ref(cell).cast_mut(), SeqCst);
                assume(pointer.load(SeqCst).is_null())?;
                // SAFETY: as above.
                assert_eq!(cell.with(|x| unsafe { *x }), i + 1);
            }
            Some(())
        })
        .one(|Shared(pointer, _)| {
            for i in 0..16 {
                let cell = pointer.load(SeqCst);
                assume(!cell.is_null())?;
                // SAFETY: the cells live as long as the threads.
                unsafe { &*cell }.with_mut(|x| {
                    // SAFETY: the cell is this thread's until it stores null.
                    let x = unsafe { &mut *x };
                    assert_eq!(*x, i);
                    *x += 1;
                });
                pointer.store(ptr::null_mut(), SeqCst);
            }
            Some(())
        })
        .join()
}

/// The loser of a compare-exchange reads, through its failure ordering, what the winner wrote.
fn racy_key_init() -> Option<()> {
    const NONE: u32 = u32::MAX;
    struct Shared(AtomicU32, [UnsafeCell<u32>; 2]);
    // SAFETY: a check's to judge.
    unsafe impl Sync for Shared {}
    over(Shared(
        AtomicU32::new(NONE),
        [UnsafeCell::new(0), UnsafeCell::new(0)],
    ))
    .each(2, |Shared(key, values), i| {
        // SAFETY: the value is this thread's until the key says so.
        values[i].with_mut(|value| unsafe { *value = i as u32 + 42 });
        let key = match key.compare_exchange(NONE, i as u32, Release, Acquire) {
            Ok(_) => i,
            Err(other) => other as usize,
        };
        // SAFETY: written before the key.
        let value = values[key].with(|value| unsafe { *value });
        assert_eq!(value, key as u32 + 42);
    })
    .join()
}

fn cas_simple() -> Option<()> {
    let x = AtomicU32::new(1);
    assert_eq!(exchange(&x, 1, 2, SeqCst), Ok(1));
    assert_eq!(exchange(&x, 1234, 42, SeqCst), Err(2));
    assert_eq!(x.load(SeqCst), 2);
    Some(())
}

fn read_initial_value() -> Option<()> {
    assert_eq!(AtomicU32::new(1234).load(SeqCst), 1234);
    let boxed = Box::new(AtomicU32::new(0xCCC));
    assert_eq!(boxed.load(SeqCst), 0xCCC);
    Some(())
}

fn mutex_simple() -> Option<()> {
    let lock = Mutex::new(0);
    let guard = lock.lock().unwrap();
    assert!(lock.try_lock().is_err());
    drop(guard);
    assert!(lock.try_lock().is_ok());
    let lock = over(lock)
        .each(2, |lock, i| {
            (0..3).for_each(|_| *lock.lock().unwrap() += 2 * (i + 1))
        })
        .end()?;
    assert_eq!(*lock.lock().unwrap(), 18);
    Some(())
}

/// They count the two executions that end, and pass.
fn mutex_deadlock() -> Option<()> {
    over([Mutex::new(0), Mutex::new(0)])
        .each(2, |locks, i| {
            let mut first = locks[i].lock().unwrap();
            let mut second = locks[1 - i].lock().unwrap();
            *first += 1;
            *second += 1;
        })
        .join()
}

type Until = fn(&AtomicU32, u32) -> Option<()>;

fn bounded(flag: &AtomicU32, value: u32) -> Option<()> {
    assume((0..3).any(|_| flag.load(Acquire) == value))
}

fn replaced(flag: &AtomicU32, value: u32) -> Option<()> {
    assume(flag.load(Acquire) == value)
}

fn waiting(flag: &AtomicU32, value: u32) -> Option<()> {
    wait_until(flag, Acquire, |flag| flag == value);
    Some(())
}

/// x goes through three threads, which take turns by a flag.
fn relay(until: Until, order: [u32; 3]) -> Option<()> {
    struct Shared(AtomicU32, UnsafeCell<u32>);
    // SAFETY: a check's to judge.
    unsafe impl Sync for Shared {}
    over(Shared(AtomicU32::new(0), UnsafeCell::new(0)))
        .each(3, move |Shared(flag, x), i| {
            let turn = order[i];
            if turn > 0 {
                until(flag, turn)?;
            }
            // SAFETY: it is this thread's turn.
            x.with_mut(|x| unsafe { *x += 1 });
            flag.store(turn + 1, Release);
            if turn == 0 {
                until(flag, 3)?;
                // SAFETY: the others are done.
                assert_eq!(x.with(|x| unsafe { *x }), 3);
            }
            Some(())
        })
        .join()
}

/// Their numbers, 4 and 7, are those of std's implementation.
fn arc_check_count() -> Option<()> {
    let data = Arc::new(42);
    let weak = Arc::downgrade(&data);
    let other = weak.clone();
    let thread = thread::spawn(move || other.strong_count());
    drop(data);
    thread.join().unwrap();
    assert!(weak.upgrade().is_none());
    Some(())
}

fn arc_try_upgrade() -> Option<()> {
    let data = Arc::new(42);
    let weak = Arc::downgrade(&data);
    let other = weak.clone();
    let thread = thread::spawn(move || {
        if let Some(strong) = other.upgrade() {
            assert_eq!(*strong, 42);
        }
    });
    drop(data);
    thread.join().unwrap();
    assert!(weak.upgrade().is_none());
    Some(())
}

fn spawn_threads() -> Option<()> {
    over(()).each(2, |(), _| ()).join()
}

racecourse::thread_local! {
    static OWN: std::cell::Cell<u32> = std::cell::Cell::new(0);
}

/// Two of three threads offer what is in their thread-local.
fn thread_locals() -> Option<()> {
    over(atomics::<1>())
        .each(3, |[x], i| {
            OWN.with(|own| own.set(i as u32 + 1));
            if i != 1 {
                let _ = exchange(x, 0, OWN.with(std::cell::Cell::get), SeqCst);
            }
        })
        .join()
}

/// The pointer arrives, what made the memory does not.
fn alloc_race() -> Option<()> {
    // The boxes are freed with the list, after the threads.
    type Shared = (
        AtomicPtr<UnsafeCell<u32>>,
        std::sync::Mutex<Vec<Box<UnsafeCell<u32>>>>,
    );
    over::<Shared>(Default::default())
        .one(|(x, boxes)| {
            let a = Box::new(UnsafeCell::new(0));
            let pointer = ptr::from_ref(&*a).cast_mut();
            boxes.lock().unwrap().push(a);
            x.store(pointer, Relaxed);
        })
        .one(|(x, _)| {
            let b = x.load(Relaxed);
            if !b.is_null() {
                // SAFETY: alive; that the access races is what the check must find.
                unsafe { (*b).with_mut(|b| *b = 42) };
            }
        })
        .join()
}

fn buggy_inc() -> Option<()> {
    let shared = over(atomics::<1>())
        .each(2, |[x], _| x.store(x.load(Acquire) + 1, Release))
        .end()?;
    assert_eq!(shared[0].load(Relaxed), 2);
    Some(())
}

fn store_buffering() -> Option<()> {
    let read = std::sync::Arc::new([const { std::sync::atomic::AtomicU32::new(0) }; 2]);
    let results = std::sync::Arc::clone(&read);
    over((atomics::<2>(), results))
        .each(2, |(both, results), i| {
            both[i].store(1, Relaxed);
            results[i].store(both[1 - i].load(Relaxed), Relaxed);
        })
        .join()?;
    assert_ne!(read.each_ref().map(|read| read.load(Relaxed)), [0, 0]);
    Some(())
}

fn two_plus_two(three: Ordering, one: Ordering) -> Option<()> {
    let shared = over(atomics::<2>())
        .one(move |[x, y]| {
            x.store(1, three);
            y.store(2, three);
        })
        .one(move |[x, y]| {
            y.store(1, one);
            x.store(2, three);
        })
        .end()?;
    let [x, y] = shared.each_ref().map(|value| value.load(Relaxed));
    assert_ne!((x, y), (1, 1));
    Some(())
}
