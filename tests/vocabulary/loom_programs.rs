//! Programs in the form of loom's own tests: the same ideas, in the same vocabulary.
//!
//! This file is compiled twice, under two sets of imports; see `loom_form.rs`. Nothing in it says which checker it is for.

use super::imports::{cell::UnsafeCell, model, sync, thread, thread_local};
use std::cell::Cell;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use sync::atomic::{AtomicBool, AtomicUsize, fence};
use sync::{Arc, Condvar, Mutex, RwLock};

/// Name, program, and the kind of its failure if it has one.
type Row = (&'static str, fn(), Option<&'static str>);

pub(crate) const ALL: [Row; 15] = [
    ("counts_without_losing", counts_without_losing, None),
    ("counts_in_two_steps", counts_in_two_steps, Some("panic")),
    ("excludes_by_mutex", excludes_by_mutex, None),
    ("locks_in_two_orders", locks_in_two_orders, Some("deadlock")),
    ("wakes_all_waiters", wakes_all_waiters, None),
    ("publishes_by_flag", publishes_by_flag, None),
    (
        "publishes_too_early",
        publishes_too_early,
        Some("data race"),
    ),
    ("publishes_by_fences", publishes_by_fences, None),
    ("buffers_stores", buffers_stores, Some("panic")),
    ("protects_by_hazard", protects_by_hazard, None),
    ("synchronises_in_drop", synchronises_in_drop, None),
    ("forgets_a_reference", forgets_a_reference, Some("leak")),
    ("sends_in_any_order", sends_in_any_order, None),
    ("reads_and_writes", reads_and_writes, None),
    ("keeps_to_its_thread", keeps_to_its_thread, None),
];

fn counts_without_losing() {
    model(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&count);
        let thread = thread::spawn(move || other.fetch_add(1, Relaxed));
        let here = count.fetch_add(1, Relaxed);
        assert_ne!(here, thread.join().unwrap());
        assert_eq!(count.load(Relaxed), 2);
    });
}

fn counts_in_two_steps() {
    model(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let add = |count: &AtomicUsize| {
            let before = count.load(Acquire);
            count.store(before + 1, Release);
        };
        let other = Arc::clone(&count);
        let thread = thread::spawn(move || add(&other));
        add(&count);
        thread.join().unwrap();
        assert_eq!(count.load(Relaxed), 2);
    });
}

fn excludes_by_mutex() {
    model(|| {
        let shared = Arc::new((Mutex::new(0), AtomicUsize::new(0)));
        let enter = |(inside, entered): &(Mutex<usize>, AtomicUsize)| {
            let mut inside = inside.lock().unwrap();
            assert_eq!(entered.fetch_add(1, AcqRel), *inside);
            *inside += 1;
        };
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || enter(&other));
        enter(&shared);
        thread.join().unwrap();
        assert_eq!(*shared.0.lock().unwrap(), 2);
    });
}

fn locks_in_two_orders() {
    model(|| {
        let locks = Arc::new((Mutex::new(1), Mutex::new(2)));
        let other = Arc::clone(&locks);
        let thread = thread::spawn(move || {
            let b = other.1.lock().unwrap();
            let a = other.0.lock().unwrap();
            assert_eq!(*a + *b, 3);
        });
        let a = locks.0.lock().unwrap();
        let b = locks.1.lock().unwrap();
        assert_eq!(*a + *b, 3);
        drop((a, b));
        thread.join().unwrap();
    });
}

fn wakes_all_waiters() {
    model(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let mut open = shared.0.lock().unwrap();
                    while !*open {
                        open = shared.1.wait(open).unwrap();
                    }
                })
            })
            .collect();
        *shared.0.lock().unwrap() = true;
        shared.1.notify_all();
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}

struct Published {
    value: UnsafeCell<usize>,
    ready: AtomicBool,
}

// SAFETY: whether accesses to the value are ordered is what these programs are about.
unsafe impl Sync for Published {}

impl Published {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            value: UnsafeCell::new(0),
            ready: AtomicBool::new(false),
        })
    }

    fn set(&self) {
        // SAFETY: the checker says if it races.
        self.value.with_mut(|value| unsafe { *value = 1 });
    }

    fn get(&self) -> usize {
        // SAFETY: the checker says if it races.
        self.value.with(|value| unsafe { *value })
    }
}

fn publishes_by_flag() {
    model(|| {
        let here = Published::new();
        let there = Arc::clone(&here);
        thread::spawn(move || {
            there.set();
            there.ready.store(true, Release);
        });
        while !here.ready.load(Acquire) {
            thread::yield_now();
        }
        assert_eq!(here.get(), 1);
    });
}

fn publishes_too_early() {
    model(|| {
        let here = Published::new();
        let there = Arc::clone(&here);
        thread::spawn(move || {
            there.set();
            there.ready.store(true, Relaxed);
        });
        if here.ready.load(Acquire) {
            assert_eq!(here.get(), 1);
        }
    });
}

fn publishes_by_fences() {
    model(|| {
        let here = Published::new();
        let there = Arc::clone(&here);
        let thread = thread::spawn(move || {
            there.set();
            fence(Release);
            there.ready.store(true, Relaxed);
        });
        if here.ready.load(Relaxed) {
            fence(Acquire);
            assert_eq!(here.get(), 1);
        }
        thread.join().unwrap();
    });
}

fn buffers_stores() {
    model(|| {
        let flags = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
        let other = Arc::clone(&flags);
        let thread = thread::spawn(move || {
            other.0.store(true, Relaxed);
            other.1.load(Relaxed)
        });
        flags.1.store(true, Relaxed);
        let here = flags.0.load(Relaxed);
        let there = thread.join().unwrap();
        assert!(here || there, "neither saw the other");
    });
}

fn protects_by_hazard() {
    model(|| {
        let reachable = Arc::new(AtomicBool::new(true));
        let protected = Arc::new(AtomicBool::new(false));
        let allocated = Arc::new(AtomicBool::new(true));
        let reader = {
            let (reachable, protected, allocated) = (
                Arc::clone(&reachable),
                Arc::clone(&protected),
                Arc::clone(&allocated),
            );
            thread::spawn(move || {
                protected.store(true, Relaxed);
                fence(SeqCst);
                if reachable.load(Relaxed) {
                    assert!(allocated.load(Relaxed));
                }
            })
        };
        reachable.store(false, Relaxed);
        fence(SeqCst);
        if !protected.load(Relaxed) {
            allocated.store(false, Relaxed);
        }
        reader.join().unwrap();
    });
}

/// Looks at its value as it goes: by then whoever wrote it is done, and has let go of its reference.
struct Seen(UnsafeCell<usize>);

// SAFETY: as for `Published`.
unsafe impl Sync for Seen {}

impl Drop for Seen {
    fn drop(&mut self) {
        // SAFETY: this was the last reference.
        assert_eq!(self.0.with(|value| unsafe { *value }), 1);
    }
}

fn synchronises_in_drop() {
    model(|| {
        let here = Arc::new(Seen(UnsafeCell::new(0)));
        let there = Arc::clone(&here);
        thread::spawn(move || {
            // SAFETY: nobody else looks before the last reference is gone.
            there.0.with_mut(|value| unsafe { *value = 1 });
        });
        drop(here);
    });
}

fn forgets_a_reference() {
    model(|| std::mem::forget(Arc::new(AtomicUsize::new(0))));
}

fn sends_in_any_order() {
    model(|| {
        let (sender, receiver) = sync::mpsc::channel();
        for value in [5, 6] {
            let sender = sender.clone();
            thread::spawn(move || sender.send(value).unwrap());
        }
        assert_eq!(receiver.recv().unwrap() + receiver.recv().unwrap(), 11);
    });
}

fn reads_and_writes() {
    model(|| {
        let value = Arc::new(RwLock::new(0));
        let reader = Arc::clone(&value);
        let thread = thread::spawn(move || {
            let read = reader.read().unwrap();
            let before = *read;
            thread::yield_now();
            assert_eq!(*read, before);
            before
        });
        *value.write().unwrap() += 1;
        assert!(thread.join().unwrap() <= 1);
        assert_eq!(*value.read().unwrap(), 1);
    });
}

thread_local! {
    static LOCAL: Cell<usize> = Cell::new(1);
}

fn keeps_to_its_thread() {
    model(|| {
        let set = |value| {
            LOCAL.with(|local| {
                assert_eq!(local.get(), 1);
                local.set(value);
                assert_eq!(local.get(), value);
            });
        };
        let thread = thread::spawn(move || set(2));
        set(3);
        thread.join().unwrap();
    });
}
