//! GenMC's synthetic tests: the longer programs.

use std::sync::atomic::Ordering;

use racecourse::sync::atomic::{AtomicPtr, AtomicU32, Ordering::*};

use crate::groups::{assume, atomics, exchange, over};
use crate::table::{Found::Here, Found::Soak, Row, row};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row("SharedPtr", 410, Here(shared_ptr)),
        row("par_length/400", 4, Here(par_length::<400>)),
        row("par_length/500", 4, Here(par_length::<500>)),
        row("par_length/600", 4, Here(par_length::<600>)),
        row("eratosthenes", 1512, Here(eratosthenes)),
        row("hwqueue-ra", 5483, Here(hwqueue_ra)),
        row("indexer/12", 8, Here(indexer::<12>)),
        row("indexer/15", 4096, Here(indexer::<15>)),
        row("lamport/2", 16, Here(lamport::<2>)),
        row("fib_bench", 525_630, Soak(fib_bench)),
        row("big0", 82_472, Soak(big0)),
        row("big1", 2_950_753, Soak(big1)),
        row("big2", 14_973_624, Soak(big2)),
    ]
}

/// Each thread points p at the other's atomic, reads its own a hundred times, and adds to what p points at.
fn shared_ptr() -> Option<()> {
    // The atomics are made first, so that they are there for whoever follows the pointer.
    struct Shared {
        x: Box<AtomicU32>,
        y: Box<AtomicU32>,
        p: AtomicPtr<AtomicU32>,
    }
    fn body(shared: &Shared, mine: &AtomicU32, other: &AtomicU32) {
        shared
            .p
            .store(std::ptr::from_ref(other).cast_mut(), Release);
        for _ in 0..100 {
            mine.load(Acquire);
        }
        // SAFETY: p points to x or y, which live as long as `shared`.
        let target = unsafe { &*shared.p.load(Acquire) };
        target.store(target.load(Acquire) + 3, Release);
    }
    over(Shared {
        x: Box::new(AtomicU32::new(3)),
        y: Box::new(AtomicU32::new(4)),
        p: AtomicPtr::default(),
    })
    .one(|shared| body(shared, &shared.x, &shared.y))
    .one(|shared| body(shared, &shared.y, &shared.x))
    .join()
}

/// A long way alone, then one store that the other may see.
fn par_length<const N: u32>() -> Option<()> {
    over(atomics::<3>())
        .each(2, |[v, local @ ..], i| {
            for n in 0..N {
                local[i].store(n, SeqCst);
                local[i].load(SeqCst);
            }
            v.store(i as u32, SeqCst);
            v.load(SeqCst);
        })
        .join()
}

/// Two sieves on one array.
fn eratosthenes() -> Option<()> {
    const N: usize = 5;
    over(atomics::<N>())
        .each(2, |naturals, _| {
            for i in 0..N {
                if naturals[i].load(Acquire) == 0 {
                    naturals[i].store(1, Release);
                    for j in (2 * i + 2..N).step_by(i + 2) {
                        naturals[j].store(2, Release);
                    }
                }
            }
        })
        .join()
}

/// Herlihy and Wing's queue; a dequeue that finds nothing is not counted.
fn hwqueue_ra() -> Option<()> {
    struct Queue {
        back: AtomicU32,
        items: [AtomicU32; 8],
        got: [std::sync::atomic::AtomicU32; 5],
    }
    impl Queue {
        fn enqueue(&self, item: u32) {
            let k = self.back.fetch_add(1, AcqRel) as usize;
            self.items[k].store(item, Release);
        }
        fn dequeue(&self, result: usize) -> Option<()> {
            let back = self.back.load(Acquire);
            for k in 0.. {
                assume(k < back)?;
                let item = self.items[k as usize].swap(0, AcqRel);
                if item != 0 {
                    self.got[result].store(item, Ordering::Relaxed);
                    return Some(());
                }
            }
            None
        }
    }
    let queue = over(Queue {
        back: AtomicU32::new(0),
        items: atomics(),
        got: Default::default(),
    })
    .one(|queue| {
        queue.enqueue(1);
        queue.dequeue(2)
    })
    .one(|queue| {
        queue.enqueue(2);
        queue.enqueue(3);
    })
    .one(|queue| {
        queue.dequeue(3)?;
        queue.enqueue(4);
        Some(())
    })
    .one(|queue| {
        queue.dequeue(4)?;
        queue.dequeue(1)
    })
    .end()?;
    let got = queue
        .got
        .each_ref()
        .map(|item| item.load(Ordering::Relaxed));
    assert_ne!(got, [0, 1, 2, 3, 4]);
    Some(())
}

/// Open addressing: a thread whose slot is taken goes to the next.
fn indexer<const N: usize>() -> Option<()> {
    const SIZE: usize = 128;
    over(atomics::<SIZE>())
        .each(N, |table, thread| {
            for i in 0..4 {
                let w = i * 11 + thread;
                let mut h = w * 7 % SIZE;
                while exchange(&table[h], 0, w as u32, Relaxed).is_err() {
                    h = (h + 1) % SIZE;
                }
            }
        })
        .join()
}

/// Lamport's fast mutual exclusion: x, y and a flag for each thread, from 1.
fn lamport<const N: usize>() -> Option<()> {
    const MOST: usize = 4;
    struct Lock {
        x: AtomicU32,
        y: AtomicU32,
        b: [AtomicU32; MOST],
    }
    fn lock(Lock { x, y, b }: &Lock, me: usize, threads: usize) -> Option<()> {
        let i = me as u32;
        loop {
            b[me].store(1, SeqCst);
            x.store(i, SeqCst);
            if y.load(SeqCst) != 0 {
                b[me].store(0, SeqCst);
                assume(y.load(SeqCst) == 0)?;
                continue;
            }
            y.store(i, SeqCst);
            if x.load(SeqCst) != i {
                b[me].store(0, SeqCst);
                for flag in &b[1..=threads] {
                    assume(flag.load(SeqCst) == 0)?;
                }
                if y.load(SeqCst) != i {
                    assume(y.load(SeqCst) == 0)?;
                    continue;
                }
            }
            return Some(());
        }
    }
    over(Lock {
        x: AtomicU32::new(0),
        y: AtomicU32::new(0),
        b: atomics(),
    })
    .each(N, |shared, i| {
        let me = i + 1;
        lock(shared, me, N)?;
        shared.y.store(0, SeqCst);
        shared.b[me].store(0, SeqCst);
        Some(())
    })
    .join()
}

/// Two threads add x and y to each other five times: never above the twelfth Fibonacci number.
fn fib_bench() -> Option<()> {
    over([AtomicU32::new(1), AtomicU32::new(1)])
        .one(|[x, y]| (0..5).for_each(|_| x.store(x.load(Acquire) + y.load(Acquire), Release)))
        .one(|[x, y]| {
            (0..5).for_each(|_| {
                let previous = x.load(Acquire);
                y.store(previous + y.load(Acquire), Release);
            });
        })
        .one(|[x, y]| assert!(x.load(Acquire) <= 144 && y.load(Acquire) <= 144))
        .join()
}

fn read(atomics: &[AtomicU32], which: &[usize]) {
    for &at in which {
        atomics[at].load(Acquire);
    }
}

fn write(atomics: &[AtomicU32], which: &[usize], values: std::ops::RangeInclusive<u32>) {
    for value in values {
        for &at in which {
            atomics[at].store(value, Release);
        }
    }
}

fn big0() -> Option<()> {
    over(atomics::<4>())
        .one(|all| read(all, &[0, 1, 2, 3, 0, 1, 2]))
        .one(|all| read(all, &[0, 1, 2]))
        .one(|all| write(all, &[0, 1], 1..=3))
        .one(|all| write(all, &[2, 3], 1..=3))
        .join()
}

fn big1() -> Option<()> {
    over(atomics::<4>())
        .one(|all| read(all, &[0, 1, 2, 3, 0, 1, 2, 3]))
        .one(|all| read(all, &[0, 1, 2, 3, 0, 1]))
        .one(|all| write(all, &[0, 1], 1..=3))
        .one(|all| write(all, &[2, 3], 1..=3))
        .join()
}

fn big2() -> Option<()> {
    over(atomics::<3>())
        .one(|all| read(all, &[0, 1, 2, 0, 1]))
        .one(|all| read(all, &[0, 1, 2, 0]))
        .one(|all| write(all, &[0, 1, 2], 1..=2))
        .one(|all| write(all, &[0, 1, 2], 3..=4))
        .join()
}
