//! GenMC's data structures: locks and barriers that spin.

use racecourse::cell::UnsafeCell;
use racecourse::check::FailureKind;
use racecourse::hint::spin_loop;
use racecourse::sync::Mutex;
use racecourse::sync::atomic::{AtomicU32, Ordering::*, fence};

use crate::groups::{assume, atomics, exchange, over, wait_until};
use crate::table::{
    Found::{Fails, Here},
    Row, not, row,
};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("barrier", 2, Here(barrier)),
        row("linuxrwlocks", 14, Here(linux_rw_locks)),
        // They count 6 that end. With a relaxed link the waiter's own 0 may come after the 1 that lets it go, and it
        // waits for ever; whether the others hang they do not ask.
        row("mcs_spinlock", 6, Fails(FailureKind::Livelock, mcs)),
        row("mutex", 12, Here(futex_mutex)),
        row("seqlock", 2, Here(seqlock)),
        row("seqlock-atomic", 2, Here(seqlock_atomic)),
        row("spinlock", 4, Here(spinlock)),
        row("ticketlock", 2, Here(ticketlock)),
        row("ttaslock", 4, Here(ttaslock)),
        row("twalock", 4, Here(twalock)),
    ];
    rows.extend(not(
        &["ttaslock-opt"],
        "the program says that the wait before the swap may be left out",
    ));
    rows.extend(not(
        &["qspinlock"],
        "one word is accessed by the byte, the half and the whole",
    ));
    rows
}

/// A value that a lock protects.
struct Protected<L> {
    lock: L,
    value: UnsafeCell<usize>,
}

// SAFETY: whether the lock protects the value is what a check finds out.
unsafe impl<L: Sync> Sync for Protected<L> {}

fn protected<L>(lock: L) -> Protected<L> {
    Protected {
        lock,
        value: UnsafeCell::new(0),
    }
}

impl<L> Protected<L> {
    fn write(&self, i: usize) {
        // SAFETY: the lock is held, or a check says that it is not.
        self.value.with_mut(|value| unsafe { *value = i });
        assert_eq!(self.read(), i);
    }

    fn read(&self) -> usize {
        // SAFETY: as above.
        self.value.with(|value| unsafe { *value })
    }
}

/// Two threads, one section each.
fn contended<L: Send + Sync + 'static>(
    lock: L,
    acquire: fn(&L, usize),
    release: fn(&L, usize),
) -> Option<()> {
    over(protected(lock))
        .each(2, move |protected, i| {
            acquire(&protected.lock, i);
            protected.write(i);
            release(&protected.lock, i);
        })
        .join()
}

fn spinlock() -> Option<()> {
    contended(
        AtomicU32::new(0),
        |lock, _| loop {
            wait_until(lock, Relaxed, |lock| lock == 0);
            if exchange(lock, 0, 1, Acquire).is_ok() {
                break;
            }
            spin_loop();
        },
        |lock, _| lock.store(0, Release),
    )
}

/// A swap that comes too late stores, so that its round is no wait; GenMC does not count it, and it is none here.
fn ttaslock() -> Option<()> {
    over(protected(AtomicU32::new(0)))
        .each(2, |protected, i| {
            wait_until(&protected.lock, Relaxed, |lock| lock == 0);
            assume(protected.lock.swap(1, Acquire) == 0)?;
            protected.write(i);
            protected.lock.store(0, Release);
            Some(())
        })
        .join()
}

fn ticketlock() -> Option<()> {
    contended(
        atomics(),
        |[next, owner], _| {
            let ticket = next.fetch_add(1, Relaxed);
            wait_until(owner, Acquire, |owner| owner == ticket);
        },
        |[_, owner], _| owner.store(owner.load(Relaxed) + 1, Release),
    )
}

/// A ticket lock whose long waits are spread over an array.
fn twalock() -> Option<()> {
    struct Lock {
        ticket: AtomicU32,
        grant: AtomicU32,
        array: [AtomicU32; 8],
    }
    contended(
        Lock {
            ticket: AtomicU32::new(0),
            grant: AtomicU32::new(0),
            array: atomics(),
        },
        |lock, _| {
            let ticket = lock.ticket.fetch_add(1, Relaxed);
            let distance = ticket - lock.grant.load(Acquire);
            if distance == 0 {
                return;
            }
            // With two threads nobody is two tickets behind.
            assert!(distance <= 1);
            wait_until(&lock.grant, Acquire, |grant| grant == ticket);
        },
        |lock, _| {
            let grant = lock.grant.load(Relaxed) + 1;
            lock.grant.store(grant, Release);
            lock.array[grant as usize + 1].fetch_add(1, Release);
        },
    )
}

/// A queue of waiters, numbered from 1: `tail` is the last of them.
fn mcs() -> Option<()> {
    struct Lock {
        tail: AtomicU32,
        next: [AtomicU32; 3],
        locked: [AtomicU32; 3],
    }
    contended(
        Lock {
            tail: AtomicU32::new(0),
            next: atomics(),
            locked: atomics(),
        },
        |Lock { tail, next, locked }, i| {
            let me = i + 1;
            locked[me].store(0, Relaxed);
            next[me].store(0, Relaxed);
            let before = tail.swap(me as u32, AcqRel) as usize;
            if before != 0 {
                next[before].store(me as u32, Relaxed);
                wait_until(&locked[me], Acquire, |locked| locked != 0);
            }
        },
        |Lock { tail, next, locked }, i| {
            let me = i + 1;
            let mut after = next[me].load(Relaxed);
            if after == 0 {
                if exchange(tail, me as u32, 0, Release).is_ok() {
                    return;
                }
                after = wait_until(&next[me], Relaxed, |next| next != 0);
            }
            locked[after as usize].store(1, Release);
        },
    )
}

/// 0 free, 1 held, 2 held with waiters; a futex is a counter of wakeups.
fn futex_mutex() -> Option<()> {
    fn wait([mutex, signal]: &[AtomicU32; 2]) {
        let seen = signal.load(Acquire);
        if mutex.load(Acquire) == 2 {
            wait_until(signal, Acquire, |signal| signal != seen);
        }
    }
    contended(
        atomics(),
        |both, _| {
            let [mutex, _] = both;
            if exchange(mutex, 0, 1, Acquire).is_ok() {
                return;
            }
            loop {
                let _ = exchange(mutex, 1, 2, Relaxed);
                wait(both);
                if exchange(mutex, 0, 2, Acquire).is_ok() {
                    return;
                }
            }
        },
        |[mutex, signal], _| {
            if exchange(mutex, 1, 0, Release).is_err() {
                mutex.store(0, Release);
                signal.fetch_add(1, Release);
            }
        },
    )
}

fn barrier() -> Option<()> {
    fn wait([waiting, step]: &[AtomicU32; 2]) {
        let old = step.load(SeqCst);
        if waiting.fetch_add(1, SeqCst) == 1 {
            waiting.store(0, SeqCst);
            step.fetch_add(1, SeqCst);
        } else {
            wait_until(step, SeqCst, |step| step != old);
        }
    }
    over(protected(atomics()))
        .one(|protected| {
            protected.write(42);
            wait(&protected.lock);
        })
        .one(|protected| {
            wait(&protected.lock);
            assert_eq!(protected.read(), 42);
        })
        .join()
}

/// A reader takes 1 of the bias, a writer all of it. Who took too much gives it back, waits and tries again:
/// such a round changes nothing in the end, GenMC does not count it, and it is none here.
fn linux_rw_locks() -> Option<()> {
    const BIAS: u32 = 0x0010_0000;
    over(protected(AtomicU32::new(BIAS)))
        .each(2, |protected, _| {
            let lock = &protected.lock;
            assume(lock.fetch_sub(1, Acquire).cast_signed() > 0)?;
            protected.read();
            lock.fetch_add(1, Release);
            assume(lock.fetch_sub(BIAS, Acquire) == BIAS)?;
            protected.write(1);
            lock.fetch_add(BIAS, Release);
            Some(())
        })
        .join()
}

/// The reader excludes the writer.
fn seqlock() -> Option<()> {
    over(protected((Mutex::new(()), AtomicU32::new(0))))
        .one(|protected| {
            let _guard = protected.lock.0.lock().unwrap();
            protected.read();
        })
        .one(|protected| {
            let (lock, sequence) = &protected.lock;
            let _guard = lock.lock().unwrap();
            sequence.store(sequence.load(Relaxed) + 1, Relaxed);
            fence(Release);
            protected.write(42);
            fence(Release);
            sequence.store(sequence.load(Relaxed) + 1, Relaxed);
        })
        .join()
}

/// The reader tries until nobody wrote meanwhile.
fn seqlock_atomic() -> Option<()> {
    over((Mutex::new(()), atomics()))
        .one(|(_, [sequence, data])| {
            loop {
                let before = sequence.load(Relaxed);
                if before % 2 == 0 {
                    fence(Acquire);
                    data.load(Relaxed);
                    fence(Acquire);
                    if sequence.load(Relaxed) == before {
                        break;
                    }
                }
                spin_loop();
            }
        })
        .one(|(lock, [sequence, data])| {
            let _guard = lock.lock().unwrap();
            sequence.store(sequence.load(Relaxed) + 1, Relaxed);
            fence(Release);
            data.store(42, Relaxed);
            fence(Release);
            sequence.store(sequence.load(Relaxed) + 1, Relaxed);
        })
        .join()
}
