//! As from threads.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use racecourse::pool::process::SharedBytes;
use racecourse::pool::{Accepts as _, Call, Executor as _, ProcessPool, Shutdown, Task, TaskError};
use racecourse::workload;

use crate::jobs::{Count, Divide, Echo, Fill, Hold, Nested, Pid, Scale, Square};
use crate::system::{Gate, eventually, runs};

fn square(pool: &ProcessPool, n: u64) -> Task<u64> {
    let function = Arc::new(Square);
    pool.submit(Call {
        function,
        argument: n,
    })
}

#[test]
fn results_are_in_the_order_of_the_items() {
    let pool = ProcessPool::new(2);
    let expected: Vec<u64> = (0..1000).map(|n| n * n).collect();
    assert_eq!(pool.map(Square, 0..1000), expected);
    assert_eq!(pool.map_chunked(Square, 0..1000, 1), expected);
    assert_eq!(pool.imap(Square, 0..1000).collect::<Vec<_>>(), expected);
    let mut unordered: Vec<_> = pool.imap_unordered(Square, 0..1000).collect();
    unordered.sort_unstable();
    assert_eq!(unordered, expected);
    assert_eq!(pool.map(Square, []), []);
}

#[test]
fn a_function_can_hold_something_and_take_several_arguments() {
    let pool = ProcessPool::new(1);
    assert_eq!(pool.map(Scale(10), [1, 2]), [10, 20]);
    assert_eq!(
        pool.map(Divide, [(6, 3), (1, 0)]),
        [Ok(2), Err("1 by 0".to_owned())]
    );
}

#[test]
fn progress_counts_every_item() {
    let mut seen = Vec::new();
    let pool = ProcessPool::new(2);
    pool.map_with_progress(Square, 0..50, |done, total| seen.push((done, total)));
    assert_eq!(seen, (1..=50).map(|done| (done, 50)).collect::<Vec<_>>());
}

#[test]
fn tasks_run_in_the_workers_and_nowhere_else() {
    let pool = ProcessPool::new(2);
    let workers = pool.pids();
    assert_eq!(workers.len(), 2);
    for _ in 0..20 {
        let pid = pool.submit(Pid).join().unwrap();
        assert!(workers.contains(&pid));
    }
    assert_eq!(pool.pids(), workers);
}

#[test]
fn workers_run_at_the_same_time() {
    let pool = ProcessPool::new(2);
    let gate = Gate::new();
    let held = pool.submit(Hold(gate.path()));
    assert_eq!(square(&pool, 5).join().unwrap(), 25);
    assert!(!held.is_finished());
    gate.open();
    held.join().unwrap();
}

#[test]
fn killing_the_pool_ends_what_runs_and_what_is_queued() {
    let pool = ProcessPool::new(1);
    let gate = Gate::new();
    let held = pool.submit(Hold(gate.path()));
    gate.wait_until_held();
    let queued = square(&pool, 2);
    pool.kill();
    assert!(matches!(held.join(), Err(TaskError::Lost(_))));
    assert!(matches!(queued.join(), Err(TaskError::Shutdown)));
    assert!(pool.is_shut_down());
    eventually("nobody is left", || pool.pids().is_empty());
}

#[test]
fn a_panic_comes_back_as_its_text_and_fails_a_map() {
    let pool = ProcessPool::new(1);
    match pool.try_map(Scale(1), 10..20) {
        Err(TaskError::Panicked(panic)) => assert_eq!(panic.message(), "thirteen"),
        other => panic!("{other:?}"),
    }
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        pool.map_chunked(Scale(1), 10..20, 2)
    }));
    assert_eq!(
        *caught.unwrap_err().downcast::<String>().unwrap(),
        "thirteen"
    );
    assert_eq!(pool.map(Scale(1), 1..3), [1, 2]);
}

#[test]
fn completion_timeouts_and_cancellation_are_those_of_tasks() {
    let pool = ProcessPool::new(1);
    let gate = Gate::new();
    let held = pool.submit(Hold(gate.path()));
    gate.wait_until_held();
    let queued = square(&pool, 2);
    let held = held
        .join_timeout(Duration::from_millis(1))
        .unwrap_err()
        .into_inner();
    let queued = queued.try_join().unwrap_err().into_inner();
    assert!(queued.cancel());
    assert!(matches!(queued.join(), Err(TaskError::Cancelled)));
    gate.open();
    held.join().unwrap();

    let pool = ProcessPool::new(2);
    let tasks: Vec<_> = (0..20).map(|n| square(&pool, n)).collect();
    let mut results: Vec<_> = racecourse::pool::as_completed(tasks)
        .map(|task| task.join().unwrap())
        .collect();
    results.sort_unstable();
    assert_eq!(results, (0..20).map(|n| n * n).collect::<Vec<_>>());
}

#[test]
fn draining_finishes_what_was_submitted_and_ends_the_workers() {
    let pool = ProcessPool::new(2);
    let workers = pool.pids();
    let tasks: Vec<_> = (0..100).map(|n| square(&pool, n)).collect();
    pool.shutdown(Shutdown::Drain);
    assert!(workers.iter().all(|&pid| !runs(pid)));
    assert!(pool.is_shut_down() && pool.pids().is_empty());
    for (n, task) in (0..).zip(tasks) {
        assert_eq!(task.join().unwrap(), n * n);
    }
    let rejected = pool.accept(Pid).unwrap_err();
    assert!(matches!(rejected.reason(), TaskError::Shutdown));
    let Pid = rejected.into_inner();
}

#[test]
fn immediate_shutdown_drops_what_is_queued_and_lets_run_what_runs() {
    let pool = ProcessPool::new(1);
    let gate = Gate::new();
    let running = pool.submit(Hold(gate.path()));
    gate.wait_until_held();
    let queued = square(&pool, 2);
    assert!(!running.cancel());
    pool.shutdown(Shutdown::Immediate);
    assert!(matches!(queued.join(), Err(TaskError::Shutdown)));
    gate.open();
    running.join().unwrap();
    eventually("the worker ends after its task", || pool.pids().is_empty());
}

#[test]
fn dropping_the_pool_finishes_everything() {
    let pool = ProcessPool::new(1);
    let workers = pool.pids();
    let tasks: Vec<_> = (0..50).map(|n| square(&pool, n)).collect();
    drop(pool);
    assert!(workers.iter().all(|&pid| !runs(pid)));
    assert_eq!(
        tasks
            .into_iter()
            .map(|task| task.join().unwrap())
            .sum::<u64>(),
        40_425
    );
}

#[test]
fn workers_are_replaced_after_so_many_tasks() {
    let pool = ProcessPool::builder()
        .processes(1)
        .tasks_per_worker(NonZero::new(3).unwrap())
        .build()
        .unwrap();
    let pids: Vec<u32> = (0..9).map(|_| pool.submit(Pid).join().unwrap()).collect();
    let distinct: std::collections::BTreeSet<_> = pids.iter().collect();
    assert_eq!(distinct.len(), 3, "{pids:?}");
    for three in pids.chunks(3) {
        assert!(three.iter().all(|pid| *pid == three[0]), "{pids:?}");
    }
}

#[test]
fn values_of_every_size_come_through() {
    let pool = ProcessPool::new(1);
    // Around the sizes at which a read, a socket's buffer, and shared memory begin and end.
    for around in [0, 40, 65_536, 131_072, 212_992, 1_048_576] {
        for length in [around, around + 1, around.max(60) - 60] {
            let text: String = ('a'..='z').cycle().take(length).collect();
            assert_eq!(pool.map(Echo, [text.clone()]), [text], "{length} bytes");
        }
    }
    let large = "x".repeat(30_000_000);
    assert_eq!(
        pool.map_chunked(Echo, [large.clone(), large.clone()], 2),
        [large.clone(), large]
    );
}

#[test]
fn shared_bytes_travel_both_ways_alone_and_in_crowds() {
    let pool = ProcessPool::new(2);
    let text = SharedBytes::new(&b"horses for courses".repeat(100_000)).unwrap();
    let other = SharedBytes::new(&[]).unwrap();
    let arguments = (b'a'..=b'z').map(|byte| (text.clone(), byte, other.clone()));
    // One and the same in every task of a chunk, and in every chunk.
    for size in [1, 26] {
        let counts = pool.map_chunked(Count, arguments.clone(), size);
        assert_eq!(counts[usize::from(b's' - b'a')], (400_000, other.clone()));
        assert_eq!(counts[1].0, 0);
    }
    // More of them in one message than descriptors can be beside it.
    let filled = pool.map_chunked(Fill, (0..200).map(|n| (n as u8, 1 + n)), 200);
    for (n, bytes) in filled.iter().enumerate() {
        assert_eq!(**bytes, vec![n as u8; 1 + n]);
    }
    let arguments = filled
        .into_iter()
        .map(|bytes| (bytes.clone(), bytes[0], bytes));
    let counts = pool.map_chunked(Count, arguments, 100);
    for (n, (count, bytes)) in counts.iter().enumerate() {
        assert_eq!((*count, bytes.len()), (1 + n, 1 + n));
    }
}

#[test]
fn a_task_can_have_a_pool_of_its_own() {
    assert_eq!(ProcessPool::new(1).submit(Nested(4)).join().unwrap(), 30);
}

#[test]
fn the_workloads_run_on_processes_as_on_threads() {
    let pool = ProcessPool::new(2);
    let numbers = [5_999_312, 27_175_366, 25_179_463, 1 << 64];
    let expected: Vec<Vec<u128>> = numbers
        .iter()
        .map(|&n| workload::factor::factor(n))
        .collect();
    assert_eq!(workload::factor_all(&pool, numbers), expected);
    assert_eq!(workload::naive_factor_all(&pool, numbers), expected);
    assert_eq!(
        workload::factorials(&pool, 1..=48)[47].to_string(),
        "12413915592536072670862289047373375038521486354677760000000000"
    );
}
