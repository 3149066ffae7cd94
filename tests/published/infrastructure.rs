//! GenMC's tests of `infr`: what a checker must carry, beside memory orders.

use std::cell::Cell;
use std::ptr;

use racecourse::cell::UnsafeCell;
use racecourse::check::FailureKind::Deadlock;
use racecourse::hint::spin_loop;
use racecourse::sync::Mutex;
use racecourse::sync::atomic::{AtomicPtr, AtomicU32, Ordering::*};
use racecourse::thread;

use crate::groups::{assume, atomics, exchange, over, wait_until};
use crate::table::{Found::Fails, Found::Here, Row, not, row};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("TLS1", 3, Here(tls1)),
        row("TLS2", 1, Here(tls2)),
        row("TLS3", 2, Here(tls3)),
        row("atomic-ops", 1, Here(atomic_ops)),
        row("unsigned-cas", 1, Here(unsigned_cas)),
        row("c11-threads", 2, Here(two_sections)),
        row("cpp-mutex", 1, Here(cpp_mutex)),
        row("cpp-mutex2", 2, Here(two_sections)),
        row("malloc-mutex", 1, Here(malloc_mutex)),
        row("lock-inplace", 2, Fails(Deadlock, lock_inplace)),
        row("cache-reuse", 3, Here(cache_reuse)),
        row("cpp-mp", 2, Here(cpp_mp)),
        row("cpp-sb", 3, Here(store_buffering)),
        row("cpp-sb-class", 3, Here(store_buffering)),
        row("cpp-sb-class2", 3, Here(store_buffering_boxed)),
        row("cpp-sb-static", 3, Here(store_buffering)),
        row("cpp-sb-ctor-dtor", 4, Here(store_buffering_in_drop)),
        row("gl-ptr-gl", 42, Here(gl_ptr_gl)),
        row("join-retval", 2, Here(join_retval)),
        row("nested-create", 3, Here(nested_create)),
        row("no-unroll", 2, Here(no_unroll)),
        row("sll-test", 4, Here(sll)),
        row("struct-temps", 1, Here(struct_temps)),
    ];
    rows.extend(not(
        &[
            "free-null",
            "malloc-aligned",
            "malloc-unfreed",
            "memcpy1",
            "memcpy2",
            "memcpy3",
            "memcpy4",
            "memset1",
            "memset2",
            "memset3",
            "memset4",
        ],
        "how C's memory functions are compiled; one thread",
    ));
    rows.extend(not(
        &["cpp-ctor-race"],
        "a race with the destructor of a static, which Rust does not have",
    ));
    rows
}

racecourse::thread_local! {
    static CPU: Cell<u32> = Cell::new(0);
}

fn tls1() -> Option<()> {
    over(atomics::<2>())
        .each(2, |both, i| {
            both[i].store(42, SeqCst);
            both[1 - i].load(SeqCst);
            CPU.with(|cpu| assert_eq!(cpu.replace(i as u32 + 1), 0));
            CPU.with(|cpu| assert_eq!(cpu.get(), i as u32 + 1));
        })
        .join()
}

racecourse::thread_local! {
    static OWN: AtomicU32 = AtomicU32::new(0);
}

/// An atomic of each thread's own.
fn tls2() -> Option<()> {
    over(())
        .one(|()| OWN.with(|own| own.store(42, SeqCst)))
        .one(|()| OWN.with(|own| own.load(SeqCst)))
        .one(|()| OWN.with(|own| own.store(42, SeqCst)))
        .join()
}

fn tls3() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| {
            if x.load(SeqCst) == 1 {
                CPU.with(|cpu| cpu.set(17));
            }
        })
        .one(|[x]| {
            x.store(1, SeqCst);
            if CPU.with(Cell::get) == 17 {
                x.store(42, SeqCst);
            }
        })
        .join()
}

fn atomic_ops() -> Option<()> {
    over([AtomicU32::new(u32::MAX)])
        .one(|[x]| {
            x.fetch_max(42, SeqCst);
            assert_eq!(x.load(SeqCst), u32::MAX);
        })
        .join()
}

fn unsigned_cas() -> Option<()> {
    let x = AtomicU32::new(1 << 31);
    assert!(exchange(&x, 1 << 31, 0, SeqCst).is_ok());
    Some(())
}

fn two_sections() -> Option<()> {
    let count = over(Mutex::new(0))
        .each(2, |count, _| *count.lock().unwrap() += 1)
        .end()?;
    assert_eq!(*count.lock().unwrap(), 2);
    Some(())
}

struct Plain(UnsafeCell<u32>);

// SAFETY: a check's to judge.
unsafe impl Sync for Plain {}

/// The lock is main's alone; what orders the count is the join.
fn cpp_mutex() -> Option<()> {
    let lock = Mutex::new(());
    let group = {
        let _guard = lock.lock().unwrap();
        // SAFETY: main reads only after the join.
        over(Plain(UnsafeCell::new(0)))
            .one(|count| count.0.with_mut(|count| unsafe { *count += 1 }))
    };
    let _guard = lock.lock().unwrap();
    let count = group.end()?;
    // SAFETY: the thread has ended.
    assert_eq!(count.0.with(|count| unsafe { *count }), 1);
    Some(())
}

/// A lock that is never given back, and that nobody else wants.
fn malloc_mutex() -> Option<()> {
    let lock = Box::new(Mutex::new(()));
    std::mem::forget(lock.lock().unwrap());
    Some(())
}

/// A thread keeps the lock. They count the executions that do not wait for it.
fn lock_inplace() -> Option<()> {
    over((Mutex::new(()), atomics::<2>()))
        .one(|(l, [x, _])| {
            x.load(SeqCst);
            std::mem::forget(l.lock().unwrap());
        })
        .one(|(l, [_, y])| {
            let _guard = l.lock().unwrap();
            y.store(42, SeqCst);
        })
        .one(|(_, [x, y])| {
            assume(y.load(SeqCst) == 42)?;
            x.store(42, SeqCst);
            Some(())
        })
        .join()
}

/// Memory from one thread is freed by another.
fn cache_reuse() -> Option<()> {
    over((AtomicU32::new(0), AtomicPtr::default()))
        .one(|(x, _)| (0..2).for_each(|i| x.store(i, SeqCst)))
        .one(|(x, p)| {
            x.load(SeqCst);
            p.store(Box::into_raw(Box::new(0_u32)), SeqCst);
        })
        .one(|(_, p)| {
            let b = p.load(SeqCst);
            assume(!b.is_null())?;
            // SAFETY: it comes from a box, and nobody else frees it.
            drop(unsafe { Box::from_raw(b) });
            Some(())
        })
        .join()
}

fn cpp_mp() -> Option<()> {
    over(atomics::<2>())
        .one(|[x, y]| {
            y.store(20, Release);
            x.store(10, Release);
        })
        .one(|[x, y]| {
            if x.load(Acquire) == 10 {
                assert_eq!(y.load(Acquire), 20);
            }
        })
        .join()
}

fn store_buffering() -> Option<()> {
    over(atomics::<2>())
        .each(2, |both, i| {
            both[i].store(42, SeqCst);
            both[1 - i].load(SeqCst)
        })
        .join()
}

fn store_buffering_boxed() -> Option<()> {
    over(atomics::<2>().map(Box::new))
        .each(2, |both, i| {
            both[i].store(42, SeqCst);
            both[1 - i].load(SeqCst)
        })
        .join()
}

/// The load is a destructor's.
fn store_buffering_in_drop() -> Option<()> {
    struct Load<'a>(&'a AtomicU32);
    impl Drop for Load<'_> {
        fn drop(&mut self) {
            self.0.load(Relaxed);
        }
    }
    over(atomics::<2>())
        .each(2, |both, i| {
            let _load = Load(&both[1 - i]);
            both[i].store(1, Relaxed);
        })
        .join()
}

/// A plain value behind pointers, which nobody writes.
fn gl_ptr_gl() -> Option<()> {
    over((AtomicU32::new(0), Box::new(Box::new(0))))
        .one(|(x, f)| x.load(SeqCst) == ***f)
        .one(|(x, _)| (0..41).for_each(|i| x.store(i, SeqCst)))
        .join()
}

fn join_retval() -> Option<()> {
    let x = std::sync::Arc::new(AtomicU32::new(0));
    let other = std::sync::Arc::clone(&x);
    let thread = thread::spawn(move || other.load(SeqCst));
    x.store(1, SeqCst);
    assert!(thread.join().unwrap() <= 1);
    Some(())
}

/// A thread starts a thread, for which it has seen what it is to find.
fn nested_create() -> Option<()> {
    let shared = std::sync::Arc::new(atomics::<5>());
    let nested = std::sync::Arc::clone(&shared);
    over(shared)
        .one(|all| all[4].store(1, SeqCst))
        .one(|all| {
            all[2].store(42, SeqCst);
            all[0].store(42, SeqCst);
        })
        .one(move |all| {
            let (signal, wanted) = if all[4].load(SeqCst) == 0 {
                (0, 2)
            } else {
                all[1].load(SeqCst);
                (1, 3)
            };
            assume(all[signal].load(SeqCst) == 42)?;
            thread::spawn(move || assert_eq!(nested[wanted].load(SeqCst), 42))
                .join()
                .unwrap();
            Some(())
        })
        .one(|all| {
            all[3].store(42, SeqCst);
            all[1].store(42, SeqCst);
        })
        .join()
}

fn no_unroll() -> Option<()> {
    over(atomics::<1>())
        .one(|[x]| x.load(SeqCst))
        .one(|[x]| x.store(42, SeqCst))
        .join()
}

/// A list that only grows; a failed push tries again with what it read.
fn sll() -> Option<()> {
    struct Node(*mut Node);
    let list = over(AtomicPtr::<Node>::default())
        .each(2, |list, _| {
            let node = Box::into_raw(Box::new(Node(list.load(SeqCst))));
            loop {
                // SAFETY: nobody else has the node yet.
                let next = unsafe { &mut (*node).0 };
                match list.compare_exchange_weak(*next, node, SeqCst, SeqCst) {
                    Ok(_) => break,
                    Err(newer) => *next = newer,
                }
            }
        })
        .end()?;
    let mut nodes = 0;
    let mut at = list.swap(ptr::null_mut(), SeqCst);
    while !at.is_null() {
        nodes += 1;
        // SAFETY: main has taken the list, and its nodes come from boxes.
        at = unsafe { Box::from_raw(at) }.0;
    }
    assert_eq!(nodes, 2);
    Some(())
}

/// A wait for a pointer, then one for two reads of it to agree.
fn struct_temps() -> Option<()> {
    over(atomics::<1>())
        .one(|[next]| {
            wait_until(next, SeqCst, |next| next != 0);
            while next.load(SeqCst) != next.load(SeqCst) {
                spin_loop();
            }
        })
        .one(|[next]| next.store(0xdead, SeqCst))
        .join()
}
