//! Threads that begin together, and threads that stay on one processor.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::contest::Sample;

/// Runs `work` on so many threads, with the number of each, and takes the time from when the first began until the last
/// was done. What it takes to start and to end the threads does not count.
pub(crate) fn together(threads: usize, work: impl Fn(usize) + Sync) -> Duration {
    let work = (0..threads).map(|number| {
        let work = &work;
        move || work(number)
    });
    each(work)
}

/// As [`together`], each thread with work of its own.
pub(crate) fn each<F: FnOnce() + Send>(work: impl IntoIterator<Item = F>) -> Duration {
    let work: Vec<F> = work.into_iter().collect();
    let start = Barrier::new(work.len());
    thread::scope(|scope| {
        let threads: Vec<_> = work
            .into_iter()
            .map(|work| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    let began = Instant::now();
                    work();
                    (began, Instant::now())
                })
            })
            .collect();
        let times: Vec<_> = threads
            .into_iter()
            .map(|thread| thread.join().expect("a measured thread panicked"))
            .collect();
        let began = times.iter().map(|time| time.0).min();
        let ended = times.iter().map(|time| time.1).max();
        began
            .zip(ended)
            .map_or(Duration::ZERO, |(began, ended)| ended - began)
    })
}

/// So many threads do the same over and over, until one of them has done its share of `operations`.
///
/// The time is taken from when each has done it once: only then are there as many as the row says. That the others
/// stop when the first is done keeps it so to the end.
pub(crate) fn crowd(threads: usize, operations: u64, operation: impl Fn() + Sync) -> Sample {
    let share = operations.div_ceil(threads as u64).max(1);
    let (here, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (began, ended) = (OnceLock::new(), OnceLock::new());
    let counts = Mutex::new(Vec::new());
    together(threads, |_| {
        operation();
        if here.fetch_add(1, Ordering::Relaxed) + 1 == threads {
            began.get_or_init(Instant::now);
        }
        while here.load(Ordering::Relaxed) < threads {
            operation();
        }
        let mut count = 0;
        while !stop.load(Ordering::Relaxed) {
            operation();
            count += 1;
            if count == share {
                ended.get_or_init(Instant::now);
                stop.store(true, Ordering::Relaxed);
            }
        }
        counts.lock().expect("nobody panics with it").push(count);
    });
    let counts = counts.into_inner().expect("nobody panicked with it");
    let least_most = counts.iter().min().zip(counts.iter().max());
    let (Some(began), Some(ended), Some((least, most))) = (began.get(), ended.get(), least_most)
    else {
        return Sample::FAILED;
    };
    Sample {
        fairness: Some(*least as f64 / *most as f64),
        ..Sample::new(ended.saturating_duration_since(*began), counts.iter().sum())
    }
}

/// Keeps the calling thread on the processor of this number, where the system lets us.
pub(crate) fn pin(processor: usize) {
    #[cfg(target_os = "linux")]
    {
        let mut set = rustix::thread::CpuSet::new();
        set.set(processor);
        // A system that refuses measures what it measures.
        let _ = rustix::thread::sched_setaffinity(None, &set);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = processor;
}
