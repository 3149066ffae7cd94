//! GenMC's tests of `lapor`: what locks.
//!
//! LAPOR counts two orders of a lock's sections as one when the sections have nothing in common. Here each order
//! counts, so the numbers agree where all sections of a lock conflict.

use racecourse::sync::Mutex;
use racecourse::sync::atomic::{AtomicU32, Ordering::*};

use crate::groups::{assume, over};
use crate::litmus;
use crate::table::{Found::Here, Found::Passes, Row, not, row};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = litmus::of("");
    rows.extend([
        row("N-rw-lock/6", 720, Here(sections::<6>)),
        row("N-writes-lock/2", 2, Here(sections::<2>)),
        row("N-writes-lock/3", 6, Here(sections::<3>)),
        row("N-writes-lock/4", 24, Here(sections::<4>)),
        row("N-ww-lock-rr/2", 2, Here(two_values::<2>)),
        row("N-ww-lock-rr/3", 6, Here(two_values::<3>)),
        row("N-ww-lock-rr/4", 24, Here(two_values::<4>)),
        row("binc-locks/2", 4, Here(binc::<2>)),
        row("binc-locks/3", 36, Here(binc::<3>)),
        row("binc-locks/4", 576, Here(binc::<4>)),
        row("cii-locks", 6, Here(cii)),
        row("lazy01", 6, Here(sections::<3>)),
        row("lock-w+w+r", 6, Here(sections::<3>)),
        row("lock-wxwy+rxry", 2, Here(sections::<2>)),
        row("queue_ok", 2, Here(queue_ok)),
        row("time_var_mutex", 2, Here(time_var_mutex)),
        row("stack-1", 252, Here(stack)),
        row("filesystem/19", 64, Here(filesystem::<19>)),
        row("indexer/13", 64, Here(indexer::<13>)),
        row("read_write_lock-1", 120, Here(read_write_lock)),
        row("sb+locks", 3, Passes(sb_locks)),
        row("casrot-locks/2", 2, Here(casrot::<2>)),
        row("lb-induces-wb", 0, Here(lb_induces_wb)),
    ]);
    rows.extend(not(
        &[
            "N-reads-lock",
            "lock-r+w+r",
            "lock-wx+wy+rxry",
            "stateful01-2",
            "complex-lock",
            "casrot-locks/3..6",
            "casw-locks",
            "wcas-locks",
            "fib_bench1",
            "triangular-1",
            "coarse-bst",
            "coarse-htable",
            "coarse-set",
            "fine-bst",
            "fine-htable",
            "fine-set",
            "fine-heap",
            "gcd",
            "qrcu",
        ],
        "some sections of one lock have nothing in common, and they count their orders as one",
    ));
    rows
}

/// Each thread has one section, all of one lock.
fn sections<const N: usize>() -> Option<()> {
    over(Mutex::new(0))
        .each(N, |mutex, _| *mutex.lock().unwrap() += 1)
        .join()
}

/// Two values that are only equal outside of the lock.
fn two_values<const N: usize>() -> Option<()> {
    let shared = over(Mutex::new((0, 0)))
        .each(N, |mutex, i| {
            let mut both = mutex.lock().unwrap();
            both.0 = i;
            both.1 = i;
        })
        .end()?;
    let (x, y) = *shared.lock().unwrap();
    assert_eq!(x, y);
    Some(())
}

/// Two locks, one after the other.
fn binc<const N: usize>() -> Option<()> {
    over([Mutex::new(0), Mutex::new(0)])
        .each(N, |[x, y], _| {
            *x.lock().unwrap() += 1;
            *y.lock().unwrap() += 1;
        })
        .join()
}

fn cii() -> Option<()> {
    over(Mutex::new(0))
        .one(|x| {
            let mut x = x.lock().unwrap();
            if *x == 1 {
                *x = 2;
            }
        })
        .each(2, |x, _| *x.lock().unwrap() += 1)
        .join()
}

/// Each thread expects its predecessor's value, under the lock.
fn casrot<const N: usize>() -> Option<()> {
    over(Mutex::new(0))
        .each(N, |x, i| {
            let mut x = x.lock().unwrap();
            if *x == i {
                *x = i + 1;
            }
        })
        .join()
}

/// One fills, the other empties if it was filled.
fn queue_ok() -> Option<()> {
    over(Mutex::new((std::collections::VecDeque::new(), true)))
        .one(|queue| {
            let (items, may_fill) = &mut *queue.lock().unwrap();
            if *may_fill {
                items.extend([42; 10]);
                *may_fill = false;
            }
        })
        .one(|queue| {
            let (items, may_fill) = &mut *queue.lock().unwrap();
            if !*may_fill {
                assert!(items.drain(..).eq([42; 10]));
                *may_fill = true;
            }
        })
        .join()
}

/// A lock in a lock, and a block that is only free while nobody is busy.
fn time_var_mutex() -> Option<()> {
    over((Mutex::new(0), Mutex::new(0)))
        .one(|(inode, busy)| {
            let mut inode = inode.lock().unwrap();
            if *inode == 0 {
                *busy.lock().unwrap() = 1;
                *inode = 1;
            }
        })
        .one(|(_, busy)| drop(busy.lock().unwrap()))
        .join()
}

/// Five pushes against five pops.
fn stack() -> Option<()> {
    over(Mutex::new(Vec::new()))
        .one(|stack| (0..5).for_each(|i| stack.lock().unwrap().push(i)))
        .one(|stack| {
            (0..5).for_each(|_| {
                stack.lock().unwrap().pop();
            })
        })
        .join()
}

/// Each thread has an inode of its own, and takes the first free block from twice its number on.
fn filesystem<const N: usize>() -> Option<()> {
    const BLOCKS: usize = 26;
    over([(); BLOCKS].map(|()| Mutex::new(false)))
        .each(N, |busy, i| {
            let mut b = i * 2 % BLOCKS;
            while std::mem::replace(&mut *busy[b].lock().unwrap(), true) {
                b = (b + 1) % BLOCKS;
            }
        })
        .join()
}

/// Open addressing, each slot under a lock of its own.
fn indexer<const N: usize>() -> Option<()> {
    const SIZE: usize = 128;
    over([(); SIZE].map(|()| Mutex::new(0)))
        .each(N, |table, thread| {
            for i in 1..=4 {
                let w = i * 11 + thread;
                let mut h = w * 7 % SIZE;
                loop {
                    let mut slot = table[h].lock().unwrap();
                    if *slot == 0 {
                        *slot = w;
                        break;
                    }
                    h = (h + 1) % SIZE;
                }
            }
        })
        .join()
}

/// Readers and writers of x, their turns kept under a lock; y is where the readers write.
fn read_write_lock() -> Option<()> {
    struct Shared {
        turns: Mutex<(bool, u32)>,
        x: AtomicU32,
        y: AtomicU32,
    }
    fn writer(shared: &Shared) -> Option<()> {
        {
            let mut turns = shared.turns.lock().unwrap();
            assume(*turns == (false, 0))?;
            turns.0 = true;
        }
        shared.x.store(3, SeqCst);
        shared.turns.lock().unwrap().0 = false;
        Some(())
    }
    fn reader(shared: &Shared) -> Option<()> {
        {
            let mut turns = shared.turns.lock().unwrap();
            assume(!turns.0)?;
            turns.1 += 1;
        }
        shared.y.store(shared.x.load(SeqCst), SeqCst);
        assert_eq!(shared.y.load(SeqCst), shared.x.load(SeqCst));
        shared.turns.lock().unwrap().1 -= 1;
        Some(())
    }
    over(Shared {
        turns: Mutex::new((false, 0)),
        x: AtomicU32::new(0),
        y: AtomicU32::new(0),
    })
    .one(writer)
    .one(reader)
    .one(writer)
    .one(reader)
    .join()
}

/// Locks as fences. LAPOR counts 3: the orders of the two empty sections differ in nothing that is read.
fn sb_locks() -> Option<()> {
    use std::sync::atomic::{AtomicU32 as Plain, Ordering};
    let shared = over((
        Mutex::new(()),
        crate::groups::atomics::<2>(),
        [Plain::new(0), Plain::new(0)],
    ))
    .each(2, |(lock, flags, read), i| {
        flags[i].store(1, Relaxed);
        drop(lock.lock().unwrap());
        read[i].store(flags[1 - i].load(Relaxed), Ordering::Relaxed);
    })
    .end()?;
    let read = shared.2.each_ref().map(|read| read.load(Ordering::Relaxed));
    assert_ne!(read, [0, 0]);
    Some(())
}

fn lb_induces_wb() -> Option<()> {
    over((Mutex::new(()), crate::groups::atomics::<3>()))
        .one(|(l, [x, y, _])| {
            let guard = l.lock().unwrap();
            y.store(1, SeqCst);
            drop(guard);
            assume(x.load(SeqCst) == 2)
        })
        .one(|(l, [x, y, _])| {
            let _guard = l.lock().unwrap();
            x.store(1, SeqCst);
            assume(y.load(SeqCst) == 0)
        })
        .one(|(l, [x, _, z])| {
            let _guard = l.lock().unwrap();
            x.store(2, SeqCst);
            assume(z.load(SeqCst) == 0)
        })
        .one(|(l, [x, _, z])| {
            let guard = l.lock().unwrap();
            z.store(1, SeqCst);
            drop(guard);
            assume(x.load(SeqCst) == 1)
        })
        .join()
}
