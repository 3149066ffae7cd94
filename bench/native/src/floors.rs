//! What nothing can be cheaper than: the machine's own steps, measured in the same run.

use std::hint::{black_box, spin_loop};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use crossbeam_utils::CachePadded;

use crate::contest::{Contestant, Sample};
use crate::machine::cores;
use crate::threads::{each, pin, together};

/// A step of the machine. A row that stands on it has its figures as multiples of it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Floor {
    /// `fetch_add` of a word that nobody else touches.
    FetchAdd,
    /// A compare-exchange that succeeds, of a word that nobody else touches.
    Cas,
    /// A swap and a store: to lock and unlock a spin lock.
    SwapStore,
    /// A compare-exchange and a swap: to lock and unlock a mutex that sleeps.
    CasSwap,
    /// `fetch_add` of one word by two threads at once; of each of them all.
    Contended,
    /// A cache line goes from one core to another, one way.
    LineTransfer,
    /// The processor's hint of a spinning loop.
    Pause,
    /// `Instant::now`.
    Now,
    /// `unpark` of a thread that sleeps on another core, until it runs; the two threads take turns.
    WakeOther,
    /// The same, with both threads on one core.
    WakeSame,
    /// A thread is started and joined.
    Spawn,
    /// One item through a ring of so many places, from one core to another: two threads that stay on their cores
    /// and only look.
    Ring(usize),
}

impl Floor {
    pub(crate) const ALL: [Self; 14] = [
        Self::FetchAdd,
        Self::Cas,
        Self::SwapStore,
        Self::CasSwap,
        Self::Contended,
        Self::LineTransfer,
        Self::Pause,
        Self::Now,
        Self::WakeOther,
        Self::WakeSame,
        Self::Spawn,
        Self::Ring(1),
        Self::Ring(16),
        Self::Ring(1024),
    ];

    pub(crate) fn name(self) -> String {
        match self {
            Self::FetchAdd => "fetch_add".to_owned(),
            Self::Cas => "CAS".to_owned(),
            Self::SwapStore => "swap + store".to_owned(),
            Self::CasSwap => "CAS + swap".to_owned(),
            Self::Contended => "fetch_add, contended".to_owned(),
            Self::LineTransfer => "line transfer".to_owned(),
            Self::Pause => "pause".to_owned(),
            Self::Now => "Instant::now".to_owned(),
            Self::WakeOther => "wake, other core".to_owned(),
            Self::WakeSame => "wake, same core".to_owned(),
            Self::Spawn => "spawn + join".to_owned(),
            Self::Ring(capacity) => format!("pinned ring {capacity}"),
        }
    }

    /// Whether this machine has the cores for it.
    pub(crate) fn possible(self) -> bool {
        let two = matches!(
            self,
            Self::Contended | Self::LineTransfer | Self::WakeOther | Self::Ring(_)
        );
        !two || cores() >= 2
    }

    /// Measures it.
    pub(crate) fn contestant(self) -> Contestant {
        let run: Box<dyn FnMut(u64) -> Sample> = match self {
            Self::FetchAdd => Box::new(|n| {
                let word = AtomicU64::new(0);
                repeat(n, || {
                    black_box(&word).fetch_add(1, Ordering::Relaxed);
                })
            }),
            Self::Cas => Box::new(|n| {
                let (word, mut value) = (AtomicU64::new(0), 0);
                repeat(n, || {
                    let word = black_box(&word);
                    let done = word.compare_exchange(
                        value,
                        value + 1,
                        Ordering::Acquire,
                        Ordering::Relaxed,
                    );
                    value = done.unwrap_or_default() + 1;
                })
            }),
            Self::SwapStore => Box::new(|n| {
                let word = AtomicU64::new(0);
                repeat(n, || {
                    black_box(&word).swap(1, Ordering::Acquire);
                    black_box(&word).store(0, Ordering::Release);
                })
            }),
            Self::CasSwap => Box::new(|n| {
                let word = AtomicU64::new(0);
                repeat(n, || {
                    let word = black_box(&word);
                    let done = word.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed);
                    black_box(done.is_ok());
                    word.swap(0, Ordering::Release);
                })
            }),
            Self::Contended => Box::new(|n| {
                let word = AtomicU64::new(0);
                let elapsed = together(2, |me| {
                    pin(me);
                    for _ in 0..n.div_ceil(2) {
                        word.fetch_add(1, Ordering::Relaxed);
                    }
                });
                Sample::new(elapsed, 2 * n.div_ceil(2))
            }),
            Self::LineTransfer => Box::new(line_transfer),
            Self::Pause => Box::new(|n| repeat(n, spin_loop)),
            Self::Now => Box::new(|n| {
                repeat(n, || {
                    black_box(Instant::now());
                })
            }),
            Self::WakeOther => Box::new(|n| wake(n, 1)),
            Self::WakeSame => Box::new(|n| wake(n, 0)),
            Self::Spawn => Box::new(|n| {
                repeat(n, || {
                    let ended = thread::spawn(|| {}).join();
                    black_box(ended.is_ok());
                })
            }),
            Self::Ring(capacity) => Box::new(move |n| ring(n, capacity)),
        };
        Contestant::ours(self.name(), run)
    }
}

/// Does it so often, on this thread.
pub(crate) fn repeat(times: u64, mut what: impl FnMut()) -> Sample {
    let began = Instant::now();
    for _ in 0..times {
        what();
    }
    Sample::new(began.elapsed(), times)
}

/// Two threads write a word in turns. They look at it without a pause, which would take longer than the transfer.
fn line_transfer(transfers: u64) -> Sample {
    let word = CachePadded::new(AtomicU64::new(0));
    let rounds = transfers.div_ceil(2);
    let elapsed = each([0, 1].map(|me| {
        let word = &word;
        move || {
            pin(me as usize);
            for round in 0..rounds {
                while word.load(Ordering::Acquire) != 2 * round + me {}
                word.store(2 * round + me + 1, Ordering::Release);
            }
        }
    }));
    Sample::new(elapsed, 2 * rounds)
}

/// Two threads wake each other in turns. One stays on the first processor, one on `other`.
fn wake(times: u64, other: usize) -> Sample {
    let rounds = times.div_ceil(2);
    let called = [AtomicBool::new(false), AtomicBool::new(false)];
    let threads = [OnceLock::new(), OnceLock::new()];
    let elapsed = each([0, 1].map(|me| {
        let (called, threads) = (&called, &threads);
        move || {
            pin(me * other);
            threads[me].get_or_init(thread::current);
            let peer = threads[1 - me].wait();
            for _ in 0..rounds {
                if me == 1 {
                    wait_for(&called[1]);
                }
                called[1 - me].store(true, Ordering::Release);
                peer.unpark();
                if me == 0 {
                    wait_for(&called[0]);
                }
            }
        }
    }));
    Sample::new(elapsed, 2 * rounds)
}

fn wait_for(call: &AtomicBool) {
    while !call.swap(false, Ordering::Acquire) {
        thread::park();
    }
}

/// A ring of whole words without an end. A slot that is 0 is free, so that the two threads share nothing but the slots.
fn ring(items: u64, capacity: usize) -> Sample {
    assert!(capacity.is_power_of_two());
    let slots: Box<[AtomicU64]> = (0..capacity).map(|_| AtomicU64::new(0)).collect();
    let slot = |item: u64| &slots[(item & (capacity as u64 - 1)) as usize];
    let produce = || {
        pin(0);
        for item in 1..=items {
            while slot(item).load(Ordering::Acquire) != 0 {}
            slot(item).store(item, Ordering::Release);
        }
    };
    let consume = || {
        pin(1);
        for item in 1..=items {
            let slot = slot(item);
            while slot.load(Ordering::Acquire) != item {}
            slot.store(0, Ordering::Release);
        }
    };
    let work: [&(dyn Fn() + Sync); 2] = [&produce, &consume];
    Sample::new(each(work), items)
}
