//! Pools of two workers.

mod peers;

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::contest::{Contestant, Group, Row, Sample, Unit};
use crate::floors::Floor;
use crate::process::python;
use peers::{
    CHILI, Channel, Done, Mutexed, OURS, Ours, Pool, RAYON, Rayon, Threadpool, Threads, WORKERS,
};

pub(crate) const GROUP: Group = Group {
    name: "pools",
    about: "two workers: a submitted task, its two sides apart, a task on an idle pool, fork-join by leaf, maps of small items",
    rows,
};

fn rows() -> Vec<Row> {
    vec![
        submitted(),
        apart("its submission alone", |submission, _| submission),
        apart("its run alone", |_, run| run),
        idle("a task at a time, until it is done", None),
        idle(
            "the same, a millisecond after the last",
            Some(Duration::from_millis(1)),
        ),
        fork_join::<0>("fork-join, 2^18 leaves, a leaf", 1 << 18),
        fork_join::<0>("fork-join, 2^10 leaves, a leaf", 1 << 10),
        fork_join::<78_000>("fork-join, 2 leaves of 100 µs, a leaf", 2),
        map::<11>("map of 100,000 items of 5 ns, an item", 100_000),
        map::<780>("map of 4,000 items of 1 µs, an item", 4_000),
    ]
}

/// The pools of the goals. A mutex and a condvar alone, without a handle for each task, are there to compare.
const POOLS: &[&str] = &[
    "threadpool",
    "rayon spawn",
    "rayon scope",
    "rayon install",
    "crossbeam-channel",
];

fn submit<P: Pool>(operations: u64, done: &Arc<Done>) {
    for _ in 0..operations {
        let done = Arc::clone(done);
        P::run(move || done.one());
    }
}

/// Many jobs from a thread outside of the pool, until all have run.
fn submitted() -> Row {
    fn run<P: Pool>(operations: u64) -> Sample {
        let done = Done::new(operations);
        let start = Instant::now();
        submit::<P>(operations, &done);
        done.wait();
        Sample::new(start.elapsed(), operations)
    }
    fn scoped(operations: u64, all: impl FnOnce(&Done)) -> Sample {
        let done = Done::new(operations);
        let start = Instant::now();
        all(&done);
        Sample::new(start.elapsed(), operations)
    }
    Row::new("a submitted task", Unit::Time)
        .floor(Floor::LineTransfer)
        .with(Contestant::ours("ThreadPool::submit", run::<Ours>).goal_against(1.0, POOLS))
        .with(Contestant::ours("ThreadPool::scope", |operations| {
            scoped(operations, |done| {
                OURS.scope(|scope| {
                    for _ in 0..operations {
                        scope.spawn(|| done.one());
                    }
                });
            })
        }))
        .with(Contestant::peer(
            "threadpool",
            "threadpool",
            run::<Threadpool>,
        ))
        .with(Contestant::peer("rayon spawn", "rayon", run::<Rayon>))
        .with(Contestant::peer("rayon scope", "rayon", |operations| {
            scoped(operations, |done| {
                RAYON.in_place_scope(|scope| {
                    for _ in 0..operations {
                        scope.spawn(|_| done.one());
                    }
                });
            })
        }))
        .with(Contestant::peer(
            "crossbeam-channel",
            "crossbeam-channel",
            run::<Channel>,
        ))
        .with(Contestant::peer(
            "Mutex, Condvar",
            "parking_lot",
            run::<Mutexed>,
        ))
        .with(Contestant::peer("thread::spawn", "std", run::<Threads>))
        .with_if(python("Python ThreadPoolExecutor", EXECUTOR))
        .with_if(python("Python Pool.map, chunks of 1", POOL_MAP))
}

/// Which of two times is meant: that of the submissions, or that of the runs.
type Part = fn(Duration, Duration) -> Duration;

/// As `submitted`, but nothing is run before all is submitted: what each side takes when the other is not there.
fn apart(name: &str, part: Part) -> Row {
    fn run<P: Pool>(operations: u64, part: Part) -> Sample {
        let done = Done::new(operations);
        let held = Arc::new((Barrier::new(WORKERS + 1), Barrier::new(WORKERS + 1)));
        for _ in 0..WORKERS {
            let held = Arc::clone(&held);
            P::run(move || {
                held.0.wait();
                held.1.wait();
            });
        }
        held.0.wait();
        let start = Instant::now();
        submit::<P>(operations, &done);
        let submission = start.elapsed();
        held.1.wait();
        let start = Instant::now();
        done.wait();
        Sample::new(part(submission, start.elapsed()), operations)
    }
    let peer = |name: &'static str, of, run: fn(u64, Part) -> Sample| {
        Contestant::peer(name, of, move |operations| run(operations, part))
    };
    Row::new(name, Unit::Time)
        .with(Contestant::ours("ThreadPool::submit", move |operations| {
            run::<Ours>(operations, part)
        }))
        .with(peer("threadpool", "threadpool", run::<Threadpool>))
        .with(peer("rayon spawn", "rayon", run::<Rayon>))
        .with(peer(
            "crossbeam-channel",
            "crossbeam-channel",
            run::<Channel>,
        ))
        .with(peer("Mutex, Condvar", "parking_lot", run::<Mutexed>))
}

/// One job after the other, each waited for.
fn idle(name: &str, pause: Option<Duration>) -> Row {
    fn run(pause: Option<Duration>, mut one: impl FnMut() + 'static) -> impl FnMut(u64) -> Sample {
        move |operations| {
            let mut elapsed = Duration::ZERO;
            for _ in 0..operations {
                if let Some(pause) = pause {
                    std::thread::sleep(pause);
                }
                let start = Instant::now();
                one();
                elapsed += start.elapsed();
            }
            Sample::new(elapsed, operations)
        }
    }
    fn one<P: Pool>() {
        let done = Done::new(1);
        let opener = Arc::clone(&done);
        P::run(move || opener.one());
        done.wait();
    }
    fn ours() {
        OURS.submit(|| ()).join().expect("it does not panic");
    }
    let peer = |name: &'static str, of, one: fn()| Contestant::peer(name, of, run(pause, one));
    let floor = match pause {
        None => Floor::LineTransfer,
        Some(_) => Floor::WakeSame,
    };
    let row = Row::new(name, Unit::Time)
        .floor(floor)
        .with(Contestant::ours("ThreadPool, join", run(pause, ours)).goal_against(1.0, POOLS))
        .with(Contestant::ours(
            "ThreadPool, park",
            run(pause, one::<Ours>),
        ))
        .with(peer("threadpool", "threadpool", one::<Threadpool>))
        .with(peer("rayon spawn", "rayon", one::<Rayon>))
        .with(peer("rayon install", "rayon", || RAYON.install(|| ())))
        .with(peer(
            "crossbeam-channel",
            "crossbeam-channel",
            one::<Channel>,
        ))
        .with(peer("Mutex, Condvar", "parking_lot", one::<Mutexed>))
        .with(peer("thread::spawn", "std", one::<Threads>));
    if pause.is_none() {
        return row.with_if(python("Python Pool.apply", POOL_APPLY));
    }
    row
}

/// The sum of a binary tree of ones, each of which takes some steps.
fn fork_join<const STEPS: u64>(name: &str, leaves: u64) -> Row {
    fn leaf<const STEPS: u64>() -> u64 {
        black_box(item::<STEPS>(1));
        black_box(1)
    }
    fn plain<const STEPS: u64>(leaves: u64) -> u64 {
        if leaves == 1 {
            return leaf::<STEPS>();
        }
        plain::<STEPS>(leaves / 2) + plain::<STEPS>(leaves - leaves / 2)
    }
    fn ours<const STEPS: u64>(pool: &racecourse::pool::ThreadPool, leaves: u64) -> u64 {
        if leaves == 1 {
            return leaf::<STEPS>();
        }
        let (a, b) = pool.join(
            || ours::<STEPS>(pool, leaves / 2),
            || ours::<STEPS>(pool, leaves - leaves / 2),
        );
        a + b
    }
    fn of_chili<const STEPS: u64>(scope: &mut chili::Scope<'_>, leaves: u64) -> u64 {
        if leaves == 1 {
            return leaf::<STEPS>();
        }
        let (a, b) = scope.join(
            |scope| of_chili::<STEPS>(scope, leaves / 2),
            |scope| of_chili::<STEPS>(scope, leaves - leaves / 2),
        );
        a + b
    }
    fn of_rayon<const STEPS: u64>(leaves: u64) -> u64 {
        if leaves == 1 {
            return leaf::<STEPS>();
        }
        let (a, b) = rayon::join(
            || of_rayon::<STEPS>(leaves / 2),
            || of_rayon::<STEPS>(leaves - leaves / 2),
        );
        a + b
    }
    let trees = move |tree: fn(u64) -> u64| {
        move |operations: u64| {
            let trees = operations.div_ceil(leaves);
            let start = Instant::now();
            for _ in 0..trees {
                assert_eq!(tree(leaves), leaves);
            }
            Sample::new(start.elapsed(), trees * leaves)
        }
    };
    Row::new(name, Unit::Time)
        .with(
            Contestant::ours(
                "ThreadPool::join",
                trees(|leaves| ours::<STEPS>(&OURS, leaves)),
            )
            .goal_against(1.0 / 1.5, &["chili"])
            .goal_against(1.0, &["rayon join"]),
        )
        .with(Contestant::peer(
            "chili",
            "chili",
            trees(|leaves| of_chili::<STEPS>(&mut CHILI.scope(), leaves)),
        ))
        .with(Contestant::peer(
            "rayon join",
            "rayon",
            trees(|leaves| RAYON.install(|| of_rayon::<STEPS>(leaves))),
        ))
        .with(Contestant::peer("two calls", "std", trees(plain::<STEPS>)))
}

/// Of so many steps, each of which waits for the one before; the steps of short items overlap.
fn item<const STEPS: u64>(n: u64) -> u64 {
    (0..STEPS).fold(n, |n, _| {
        black_box(n.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (n >> 7))
    })
}

fn map<const STEPS: u64>(name: &str, items: u64) -> Row {
    let maps = move |map: fn(Vec<u64>) -> Vec<u64>| {
        move |operations: u64| {
            let mut elapsed = Duration::ZERO;
            let maps = operations.div_ceil(items);
            for _ in 0..maps {
                let numbers: Vec<u64> = (0..items).collect();
                let start = Instant::now();
                let results = map(numbers);
                elapsed += start.elapsed();
                assert_eq!(results.len() as u64, items);
            }
            Sample::new(elapsed, maps * items)
        }
    };
    let row = Row::new(name, Unit::Time)
        .with(
            Contestant::ours(
                "ThreadPool::map",
                maps(|numbers| OURS.map(item::<STEPS>, numbers)),
            )
            .goal_against(1.0 / 1.05, &["rayon"]),
        )
        .with(Contestant::peer(
            "rayon",
            "rayon",
            maps(|numbers| {
                let map = || numbers.into_par_iter().map(item::<STEPS>).collect();
                RAYON.install(map)
            }),
        ))
        .with(Contestant::peer(
            "one thread",
            "std",
            maps(|numbers| numbers.into_iter().map(item::<STEPS>).collect()),
        ));
    row.with_if(python("Python Pool.map", POOL_MAP_CHUNKS))
}

const EXECUTOR: &str = "
import sys, time
from concurrent.futures import ThreadPoolExecutor
n = int(sys.argv[1])
with ThreadPoolExecutor(2) as pool:
    pool.submit(int).result()
    start = time.perf_counter()
    tasks = [pool.submit(int) for _ in range(n)]
    for task in tasks: task.result()
    print(time.perf_counter() - start, n)
";

const POOL_MAP: &str = "
import sys, time
from multiprocessing import Pool
n = int(sys.argv[1])
with Pool(2) as pool:
    pool.apply(int)
    start = time.perf_counter()
    pool.map(abs, range(n), chunksize=1)
    print(time.perf_counter() - start, n)
";

const POOL_MAP_CHUNKS: &str = "
import sys, time
from multiprocessing import Pool
n = max(int(sys.argv[1]), 1000)
with Pool(2) as pool:
    pool.apply(int)
    start = time.perf_counter()
    pool.map(abs, range(n))
    print(time.perf_counter() - start, n)
";

const POOL_APPLY: &str = "
import sys, time
from multiprocessing import Pool
n = int(sys.argv[1])
with Pool(2) as pool:
    pool.apply(int)
    start = time.perf_counter()
    for _ in range(n): pool.apply(int)
    print(time.perf_counter() - start, n)
";
