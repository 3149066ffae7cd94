//! Threads that begin together, and threads that stay on one processor.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

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
