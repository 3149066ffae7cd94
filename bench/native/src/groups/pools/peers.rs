//! The pools, each by its own interface, with two workers.
//!
//! Each is made when it is first needed and then stays: its idle workers sleep.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::thread;

use racecourse::pool::ThreadPool;

pub(super) const WORKERS: usize = 2;

pub(super) static OURS: LazyLock<ThreadPool> = LazyLock::new(|| ThreadPool::new(WORKERS));

pub(super) static RAYON: LazyLock<rayon::ThreadPool> = LazyLock::new(|| {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(WORKERS);
    builder.build().expect("two threads can be had")
});

pub(super) static CHILI: LazyLock<chili::ThreadPool> = LazyLock::new(|| {
    chili::ThreadPool::with_config(chili::Config {
        thread_count: std::num::NonZero::new(WORKERS),
        ..chili::Config::default()
    })
});

/// Something that runs a job that it is given.
pub(super) trait Pool: 'static {
    fn run(job: impl FnOnce() + Send + 'static);
}

pub(super) struct Ours;

impl Pool for Ours {
    fn run(job: impl FnOnce() + Send + 'static) {
        drop(OURS.submit(job));
    }
}

pub(super) struct Rayon;

impl Pool for Rayon {
    fn run(job: impl FnOnce() + Send + 'static) {
        RAYON.spawn(job);
    }
}

pub(super) struct Threadpool;

impl Pool for Threadpool {
    fn run(job: impl FnOnce() + Send + 'static) {
        // Its `Sender` is not shared between threads: one pool for the thread that measures.
        thread_local! {
            static POOL: threadpool::ThreadPool = threadpool::ThreadPool::new(WORKERS);
        }
        POOL.with(|pool| pool.execute(job));
    }
}

/// A channel of jobs that the workers share: what one writes in a few lines.
pub(super) struct Channel;

type Job = Box<dyn FnOnce() + Send>;

impl Pool for Channel {
    fn run(job: impl FnOnce() + Send + 'static) {
        static JOBS: LazyLock<crossbeam_channel::Sender<Job>> = LazyLock::new(|| {
            let (sender, jobs) = crossbeam_channel::unbounded::<Job>();
            for _ in 0..WORKERS {
                let jobs = jobs.clone();
                thread::spawn(move || jobs.into_iter().for_each(|job| job()));
            }
            sender
        });
        JOBS.send(Box::new(job)).expect("the workers stay");
    }
}

/// A queue under `parking_lot`'s mutex and condition variable.
pub(super) struct Mutexed;

#[derive(Default)]
struct Jobs {
    queue: parking_lot::Mutex<std::collections::VecDeque<Job>>,
    more: parking_lot::Condvar,
}

impl Pool for Mutexed {
    fn run(job: impl FnOnce() + Send + 'static) {
        static JOBS: OnceLock<Arc<Jobs>> = OnceLock::new();
        let jobs = JOBS.get_or_init(|| {
            let jobs = Arc::<Jobs>::default();
            for _ in 0..WORKERS {
                let jobs = Arc::clone(&jobs);
                thread::spawn(move || {
                    loop {
                        let mut queue = jobs.queue.lock();
                        let job = loop {
                            match queue.pop_front() {
                                Some(job) => break job,
                                None => jobs.more.wait(&mut queue),
                            }
                        };
                        drop(queue);
                        job();
                    }
                });
            }
            jobs
        });
        jobs.queue.lock().push_back(Box::new(job));
        jobs.more.notify_one();
    }
}

/// A thread for each job.
pub(super) struct Threads;

impl Pool for Threads {
    fn run(job: impl FnOnce() + Send + 'static) {
        thread::spawn(job);
    }
}

/// Opens when so many have called `one`; whoever waits sleeps.
pub(super) struct Done {
    left: AtomicU64,
    waiter: thread::Thread,
}

impl Done {
    pub(super) fn new(left: u64) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicU64::new(left),
            waiter: thread::current(),
        })
    }

    pub(super) fn one(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.waiter.unpark();
        }
    }

    pub(super) fn wait(&self) {
        while self.left.load(Ordering::Acquire) > 0 {
            thread::park();
        }
    }
}
