//! The thread pool as embedders get it, without the feature `check`, under stress: real threads, bounded
//! time.
//!
//! Written so that ThreadSanitizer can run it too: it does not see how a contended lock of std's orders its owners,
//! because std is not compiled for it.

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use racecourse::parking_lot::Mutex;
use racecourse::pool::{Shutdown, Task, TaskError, ThreadPool, as_completed};

/// How long each test goes on.
const LONG: Duration = Duration::from_millis(400);

/// Fails, rather than hangs, when `test` does not end.
fn must_end(test: impl FnOnce() + Send + 'static) {
    let (done, wait) = channel::<()>();
    let runner = thread::spawn(move || {
        let _done = done;
        test();
    });
    if wait.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
        panic!("the test hangs");
    }
    if let Err(payload) = runner.join() {
        panic::resume_unwind(payload);
    }
}

/// Repeats `round` for a while; at least once.
fn repeat(mut round: impl FnMut(u64)) {
    let start = Instant::now();
    for n in 0.. {
        round(n);
        if start.elapsed() > LONG {
            return;
        }
    }
}

/// xorshift64*: the same numbers for the same seed, everywhere.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}

#[test]
fn many_submitters_cancel_join_and_detach() {
    must_end(|| {
        repeat(|round| {
            let pool = ThreadPool::new(2);
            let ran = AtomicUsize::new(0);
            let expected: usize = thread::scope(|scope| {
                let submitters = [0, 1, 2].map(|seed| {
                    let (pool, ran) = (&pool, &ran);
                    scope.spawn(move || submit_at_random(pool, ran, round * 3 + seed))
                });
                submitters.into_iter().map(|s| s.join().unwrap()).sum()
            });
            pool.shutdown(Shutdown::Drain);
            assert_eq!(ran.load(Ordering::Relaxed), expected);
        });
    });
}

/// Returns how many of its tasks must run.
fn submit_at_random(pool: &ThreadPool, ran: &AtomicUsize, seed: u64) -> usize {
    let mut random = Random::new(seed);
    let mut cancelled = 0;
    pool.scope(|scope| {
        let mut held = Vec::new();
        for _ in 0..200 {
            let task = scope.spawn(|| ran.fetch_add(1, Ordering::Relaxed));
            match random.below(4) {
                0 => drop(task),
                1 => {
                    cancelled += usize::from(task.cancel());
                    held.push(task);
                }
                2 => {
                    task.join().unwrap();
                }
                _ => held.push(task),
            }
        }
    });
    200 - cancelled
}

#[test]
fn each_task_ends_once_whatever_ends_the_pool() {
    must_end(|| {
        repeat(|seed| {
            let mut random = Random::new(seed);
            let pool = Arc::new(ThreadPool::new(1 + random.below(3) as usize));
            let (ran, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let submitters: Vec<_> = (0..2)
                .map(|_| {
                    let (pool, ran, ended) = (pool.clone(), ran.clone(), ended.clone());
                    thread::spawn(move || {
                        for _ in 0..100 {
                            let ran = Arc::clone(&ran);
                            let task = pool.submit(move || ran.fetch_add(1, Ordering::Relaxed));
                            match task.join() {
                                Ok(_) => ended.fetch_add(1, Ordering::Relaxed),
                                Err(TaskError::Shutdown) => 0,
                                Err(other) => panic!("{other}"),
                            };
                        }
                    })
                })
                .collect();
            for _ in 0..random.below(2000) {
                std::hint::spin_loop();
            }
            let how = [Shutdown::Drain, Shutdown::Immediate][random.below(2) as usize];
            pool.shutdown(how);
            for submitter in submitters {
                submitter.join().unwrap();
            }
            drop(pool);
            assert_eq!(ran.load(Ordering::Relaxed), ended.load(Ordering::Relaxed));
        });
    });
}

fn fib(pool: &Arc<ThreadPool>, n: u64, way: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let task = |n: u64| {
        let again = Arc::clone(pool);
        pool.submit(move || fib(&again, n, way + 1))
    };
    match way % 4 {
        0 => {
            let (first, second) = (task(n - 1), task(n - 2));
            first.join().unwrap() + second.join().unwrap()
        }
        1 => {
            let (a, b) = pool.join(|| fib(pool, n - 1, way + 1), || fib(pool, n - 2, way + 1));
            a + b
        }
        2 => as_completed([task(n - 1), task(n - 2)])
            .map(Task::join_unwrap)
            .sum(),
        _ => pool
            .map(|n| fib(pool, n, way + 1), [n - 1, n - 2])
            .iter()
            .sum(),
    }
}

#[test]
fn nested_waits_of_all_kinds() {
    must_end(|| {
        for workers in 1..=4 {
            let pool = Arc::new(ThreadPool::new(workers));
            let start = Instant::now();
            for way in 0.. {
                let inner = Arc::clone(&pool);
                assert_eq!(
                    pool.submit(move || fib(&inner, 10, way)).join().unwrap(),
                    55
                );
                assert_eq!(fib(&pool, 8, way), 21);
                if start.elapsed() > LONG / 4 {
                    break;
                }
            }
        }
    });
}

#[test]
fn pipelines_from_everywhere() {
    must_end(|| {
        repeat(|seed| {
            let mut random = Random::new(seed);
            let pool = Arc::new(ThreadPool::new(1 + random.below(3) as usize));
            let chain = |pool: &ThreadPool| {
                let first = pool.submit(|| 0);
                (0..30).fold(first, |before, _| {
                    pool.submit(move || before.join().unwrap() + 1)
                })
            };
            let inner = Arc::clone(&pool);
            let nested = pool.submit(move || chain(&inner).join().unwrap());
            let outer = chain(&pool);
            assert_eq!(outer.join().unwrap() + nested.join().unwrap(), 60);
        });
    });
}

#[test]
fn panics_by_the_thousand_kill_no_worker() {
    must_end(|| {
        let pool = ThreadPool::new(2);
        repeat(|round| {
            let failed = AtomicUsize::new(0);
            pool.scope(|scope| {
                for n in 0..50 {
                    let task = scope.spawn(move || {
                        if (n + round) % 3 == 0 {
                            panic::resume_unwind(Box::new("as planned"));
                        }
                    });
                    if task.join().is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
            assert!((16..=17).contains(&failed.load(Ordering::Relaxed)));
        });
        let barrier = std::sync::Barrier::new(2);
        pool.map(|_| barrier.wait(), 0..2);
    });
}

#[test]
fn borrows_end_with_the_scope() {
    must_end(|| {
        let pool = ThreadPool::new(3);
        repeat(|_| {
            // Freed at the end of each round: a task that still used it would be seen by a sanitizer.
            let data: Vec<Mutex<usize>> = (0..64).map(Mutex::new).collect();
            pool.scope(|scope| {
                for place in &data {
                    scope.spawn(|| {
                        *place.lock() += 1;
                        scope.spawn(|| *place.lock() += 1);
                    });
                }
            });
            let sum: usize = data.into_iter().map(Mutex::into_inner).sum();
            assert_eq!(sum, 63 * 64 / 2 + 128);
        });
    });
}

#[test]
fn idle_workers_always_wake() {
    // One task at a time on workers that have just fallen asleep, or are about to.
    must_end(|| {
        let pool = ThreadPool::new(2);
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let ping = || {
                let mut count = 0_u32;
                while !stop.load(Ordering::Relaxed) {
                    assert_eq!(pool.submit(move || count).join().unwrap(), count);
                    count += 1;
                }
                count
            };
            let pings = [scope.spawn(ping), scope.spawn(ping)];
            thread::sleep(LONG);
            stop.store(true, Ordering::Relaxed);
            for ping in pings {
                assert!(ping.join().unwrap() > 0);
            }
        });
    });
}

/// Run in a child process whose address space holds a few stacks only.
#[cfg(target_os = "linux")]
#[test]
fn a_refused_thread_is_an_error_and_leaves_none_behind() {
    const CHILD: &str = "RACECOURSE_POOL_CHILD";
    const NAME: &str = "a_refused_thread_is_an_error_and_leaves_none_behind";
    if std::env::var_os(CHILD).is_none() {
        let output = std::process::Command::new("sh")
            .args([
                "-c",
                "ulimit -v 2000000 && exec \"$0\" --exact \"$1\" --nocapture",
            ])
            .arg(std::env::current_exe().unwrap())
            .arg(NAME)
            .env(CHILD, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(text.contains("REFUSED"), "{text}");
        return;
    }
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    let big = ThreadPool::builder().threads(100).stack_size(256 << 20);
    let error = big.build().unwrap_err();
    let text = error.to_string();
    println!("REFUSED: {text}");
    assert!(
        text.contains("of 100") && text.contains("fewer threads"),
        "{text}"
    );
    assert!(
        !text.contains("thread 1 of 100"),
        "some were started: {text}"
    );
    // A joined thread may be listed for a moment longer.
    let patience = Instant::now();
    while threads() > before {
        assert!(
            patience.elapsed() < Duration::from_secs(5),
            "threads are left"
        );
        thread::yield_now();
    }
    assert_eq!(ThreadPool::new(1).submit(|| 1).join().unwrap(), 1);
}
