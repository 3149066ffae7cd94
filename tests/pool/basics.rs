use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use racecourse::pool::{Accepts, Call, Executor, Function, Job, ThreadPool, as_completed};

use crate::{must_end, occupy};

#[test]
fn the_lectures_map() {
    fn prime_factors(mut n: u32) -> Vec<u32> {
        let mut factors = Vec::new();
        let mut d = 2;
        while d * d <= n {
            if n.is_multiple_of(d) {
                factors.push(d);
                n /= d;
            } else {
                d += 1;
            }
        }
        factors.push(n);
        factors
    }
    let pool = ThreadPool::new(2);
    let found = pool.map(prime_factors, [5_999_312, 11_026_294, 4_971_588]);
    assert_eq!(
        found,
        [
            vec![2, 2, 2, 2, 11, 89, 383],
            vec![2, 41, 47, 2861],
            vec![2, 2, 3, 23, 18013]
        ]
    );
}

#[test]
fn map_of_nothing() {
    let pool = ThreadPool::new(2);
    assert!(pool.map(|n: u8| n, []).is_empty());
    assert!(Executor::map(&pool, |n: u8| n, []).is_empty());
    assert!(pool.imap(|n: u8| n, []).next().is_none());
    assert!(pool.imap_unordered(|n: u8| n, []).next().is_none());
    assert!(
        pool.map_with_progress(|n: u8| n, [], |_, _| panic!("no progress"))
            .is_empty()
    );
}

#[test]
fn map_uses_all_workers() {
    // Two items that wait for each other end only if they run at the same time.
    must_end(|| {
        let pool = ThreadPool::new(2);
        let barrier = std::sync::Barrier::new(2);
        pool.map(|_| barrier.wait(), 0..2);
    });
}

#[test]
fn chunks_go_together() {
    let pool = ThreadPool::new(4);
    let on = pool.map_chunked(|n| (n, std::thread::current().id()), 0..10, 4);
    assert!(on.iter().map(|(n, _)| *n).eq(0..10));
    for chunk in on.chunks(4) {
        assert!(chunk.iter().all(|(_, id)| *id == chunk[0].1));
    }
}

#[test]
fn imap_is_lazy_and_bounded() {
    let taken = Arc::new(AtomicUsize::new(0));
    let source = {
        let taken = Arc::clone(&taken);
        std::iter::from_fn(move || Some(taken.fetch_add(1, Ordering::Relaxed)))
    };
    let pool = ThreadPool::new(2);
    let mut squares = pool.imap(|n| n * n, source);
    assert!(squares.by_ref().take(10).eq((0..10).map(|n| n * n)));
    assert!(
        taken.load(Ordering::Relaxed) <= 10 + 4,
        "two ahead for each worker"
    );
}

#[test]
fn imap_unordered_gives_the_quick_first() {
    must_end(|| {
        let pool = ThreadPool::new(2);
        let (open, gate) = std::sync::mpsc::channel();
        let gate = std::sync::Mutex::new(gate);
        let mut results = pool.imap_unordered(
            move |n| {
                if n == 0 {
                    gate.lock().unwrap().recv().unwrap();
                }
                n
            },
            0..5,
        );
        let mut quick: Vec<_> = results.by_ref().take(4).collect();
        quick.sort_unstable();
        assert_eq!(quick, [1, 2, 3, 4]);
        open.send(()).unwrap();
        assert_eq!(results.next(), Some(0));
        assert_eq!(results.next(), None);
    });
}

#[test]
fn a_dropped_imap_cancels_what_it_queued() {
    let pool = ThreadPool::new(1);
    let (open, _blocker) = occupy(&pool);
    let ran = Arc::new(AtomicUsize::new(0));
    for unordered in [false, true] {
        let ran = Arc::clone(&ran);
        let count = move |_| {
            ran.fetch_add(1, Ordering::Relaxed);
        };
        if unordered {
            drop(pool.imap_unordered(count, 0..10));
        } else {
            drop(pool.imap(count, 0..10));
        }
    }
    drop(open);
    drop(pool);
    assert_eq!(ran.load(Ordering::Relaxed), 0);
}

#[test]
fn as_completed_follows_time_and_knows_the_task() {
    must_end(|| {
        let pool = ThreadPool::new(2);
        let (open, slow) = occupy(&pool);
        let quick = pool.submit(|| ());
        let names = HashMap::from([(slow.id(), "slow"), (quick.id(), "quick")]);
        let mut tasks = pool.as_completed([slow, quick]);
        assert_eq!(tasks.len(), 2);
        assert_eq!(names[&tasks.next().unwrap().id()], "quick");
        drop(open);
        assert_eq!(names[&tasks.next().unwrap().id()], "slow");
        assert!(tasks.next().is_none());
    });
}

#[test]
fn as_completed_over_two_pools() {
    let pools = [ThreadPool::new(1), ThreadPool::new(1)];
    let tasks = (0..10).map(|n| pools[n % 2].submit(move || n));
    let mut all: Vec<_> = as_completed(tasks).map(|t| t.join_unwrap()).collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..10));
}

#[test]
fn tasks_start_in_the_order_of_submission() {
    let pool = ThreadPool::new(1);
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let order = Arc::clone(&order);
            pool.submit(move || order.lock().unwrap().push(n))
        })
        .collect();
    for task in tasks {
        task.join().unwrap();
    }
    assert!(order.lock().unwrap().iter().copied().eq(0..20));
}

#[test]
fn the_settings_of_the_builder_hold() {
    let pool = ThreadPool::builder()
        .threads(3)
        .name_prefix("depot")
        .stack_size(1 << 20)
        .build()
        .unwrap();
    assert_eq!(pool.parallelism(), 3);
    let barrier = std::sync::Barrier::new(3);
    let mut names = pool.map(
        |_| {
            barrier.wait();
            std::thread::current().name().unwrap().to_owned()
        },
        0..3,
    );
    names.sort();
    assert_eq!(names, ["depot-0", "depot-1", "depot-2"]);
    let default = ThreadPool::builder().build().unwrap();
    assert_eq!(
        default.parallelism(),
        std::thread::available_parallelism().unwrap().get()
    );
}

struct Double;
impl Function<u32> for Double {
    type Output = u32;
    fn call(&self, n: u32) -> u32 {
        n * 2
    }
}

struct Add(u32, u32);
impl Job for Add {
    type Output = u32;
    fn run(self) -> u32 {
        self.0 + self.1
    }
}

/// As a workload would be written: for any executor, with functions and jobs that have names.
fn on_any<E: Accepts<Call<Double, u32>> + Accepts<Add>>(executor: &E) {
    assert_eq!(executor.map(Double, 0..4), [0, 2, 4, 6]);
    assert_eq!(executor.try_map(Double, 0..4).unwrap(), [0, 2, 4, 6]);
    assert_eq!(executor.map_chunked(Double, 0..4, 3), [0, 2, 4, 6]);
    assert!(executor.imap(Double, 0..4).eq([0, 2, 4, 6]));
    let mut unordered: Vec<_> = executor.imap_unordered(Double, 0..4).collect();
    unordered.sort_unstable();
    assert_eq!(unordered, [0, 2, 4, 6]);
    let mut seen = Vec::new();
    let doubled = executor.map_with_progress(Double, 0..3, |done, of| seen.push((done, of)));
    assert_eq!(doubled, [0, 2, 4]);
    assert_eq!(seen, [(1, 3), (2, 3), (3, 3)]);
    assert_eq!(executor.submit(Add(2, 3)).join().unwrap(), 5);
    assert_eq!(executor.try_submit(Add(2, 3)).unwrap().join().unwrap(), 5);
    let tasks = [Add(1, 1), Add(2, 2)].map(|job| executor.submit(job));
    let sum: u32 = executor.as_completed(tasks).map(|t| t.join_unwrap()).sum();
    assert_eq!(sum, 6);
    assert!(executor.parallelism() > 0);
}

#[test]
fn the_trait_does_what_the_pool_does() {
    on_any(&ThreadPool::new(2));
}

#[test]
fn pool_and_handles_cross_threads() {
    fn is_send_sync<T: Send + Sync>() {}
    is_send_sync::<ThreadPool>();
    is_send_sync::<racecourse::pool::Task<Vec<u8>>>();
    is_send_sync::<racecourse::pool::TaskError>();
    is_send_sync::<racecourse::pool::BuildError>();
}
