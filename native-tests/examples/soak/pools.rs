//! Pools: each task runs once or is handed back, whatever panics, dies or ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};

use racecourse::pool::{Shutdown, Task, TaskError, ThreadPool};

use crate::Done;
use crate::dice::{Dice, THREADS, on_all, panic_as_planned};
use crate::watch::{Doing, doing};

/// What became of a task, as its submitter was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Ran,
    HandedBack,
    /// Nobody asked.
    Unknown,
}

/// Many submit, join, cancel, forget, nest; the pool ends at some moment.
pub(crate) fn threads(dice: &mut Dice) -> Done {
    const EACH: usize = 40;
    let pool = Arc::new(ThreadPool::new(1 + dice.below(4)));
    let runs: Arc<Vec<AtomicU8>> =
        Arc::new((0..THREADS * EACH).map(|_| AtomicU8::new(0)).collect());
    let started = AtomicUsize::new(0);
    let ends_at = dice.below(THREADS * EACH * 2);
    let how = [Shutdown::Drain, Shutdown::Immediate][dice.below(2)];
    let faults = AtomicU64::new(0);
    let fates = on_all(dice, |number, mut dice| {
        let mut fates = vec![Fate::Unknown; EACH];
        let mut held: Vec<(usize, Task<u64>)> = Vec::new();
        let settle = |(n, task): (usize, Task<u64>), fates: &mut Vec<Fate>| {
            doing(Doing::Join);
            fates[n] = match task.join() {
                Ok(value) => {
                    assert_eq!(value, (number * EACH + n) as u64, "the result of another");
                    Fate::Ran
                }
                Err(TaskError::Panicked(_)) => Fate::Ran,
                Err(TaskError::Shutdown | TaskError::Cancelled) => Fate::HandedBack,
                Err(other) => panic!("{other}"),
            };
        };
        for n in 0..EACH {
            let place = number * EACH + n;
            let (stumbles, nests) = (dice.one_in(8), dice.one_in(4));
            faults.fetch_add(u64::from(stumbles), Ordering::Relaxed);
            let (own, inner) = (Arc::clone(&runs), Arc::clone(&pool));
            doing(Doing::Submit);
            let task = pool.submit(move || {
                own[place].fetch_add(1, Ordering::Relaxed);
                if nests {
                    let (a, b) = inner.join(|| place as u64, || 1);
                    assert_eq!((a, b), (place as u64, 1));
                }
                if stumbles {
                    panic_as_planned();
                }
                place as u64
            });
            match dice.below(6) {
                0 => drop(task),
                1 => {
                    let cancelled = task.cancel();
                    faults.fetch_add(u64::from(cancelled), Ordering::Relaxed);
                    held.push((n, task));
                }
                2 => settle((n, task), &mut fates),
                _ => held.push((n, task)),
            }
            if started.fetch_add(1, Ordering::Relaxed) == ends_at {
                doing(Doing::Shutdown);
                faults.fetch_add(1, Ordering::Relaxed);
                pool.shutdown(how);
            }
        }
        for task in held {
            settle(task, &mut fates);
        }
        fates
    });
    doing(Doing::Shutdown);
    pool.shutdown(Shutdown::Drain);
    drop(pool);
    let mut operations = 0;
    for (fate, runs) in fates.iter().flatten().zip(runs.iter()) {
        let runs = runs.load(Ordering::Relaxed);
        let right = match fate {
            Fate::Ran => runs == 1,
            Fate::HandedBack => runs == 0,
            Fate::Unknown => runs <= 1,
        };
        assert!(right, "a task that {fate:?} has run {runs} times");
        operations += u64::from(runs);
    }
    Done {
        operations,
        faults: faults.into_inner(),
    }
}

#[cfg(unix)]
mod remote {
    use racecourse::pool::Job;
    use serde::{Deserialize, Serialize};

    /// Gives a number back, or takes its process with it.
    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct Number {
        pub(super) number: u64,
        pub(super) dies: bool,
        pub(super) panics: bool,
    }

    impl Job for Number {
        type Output = u64;

        fn run(self) -> u64 {
            if self.dies {
                std::process::abort();
            }
            if self.panics {
                super::panic_as_planned();
            }
            self.number
        }
    }
    racecourse::remote!(impl Job for Number);
}

/// Tasks that abort or panic, and workers that are killed from outside.
#[cfg(unix)]
pub(crate) fn processes(dice: &mut Dice) -> Done {
    use racecourse::pool::{Executor as _, ProcessPool};
    use remote::Number;
    const SUBMITTERS: usize = 8;
    const EACH: usize = 20;
    doing(Doing::Start);
    let pool = ProcessPool::new(2);
    let faults = AtomicU64::new(0);
    let kills = 1 + dice.below(3);
    crate::dice::on(SUBMITTERS + 1, dice, |number, mut dice| {
        if number == SUBMITTERS {
            for _ in 0..kills {
                std::thread::sleep(std::time::Duration::from_micros(dice.below(3000) as u64));
                let pids = pool.pids();
                if pids.is_empty() {
                    continue;
                }
                let pid = pids[dice.below(pids.len())];
                let pid = i32::try_from(pid)
                    .ok()
                    .and_then(rustix::process::Pid::from_raw);
                if let Some(pid) = pid {
                    // A worker of ours: a child that this process has not waited for yet, or one that is gone.
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                    faults.fetch_add(1, Ordering::Relaxed);
                }
            }
            return;
        }
        let mut tasks = Vec::new();
        for n in 0..EACH {
            let number = (number * EACH + n) as u64;
            let (dies, panics) = (dice.one_in(20), dice.one_in(10));
            doing(Doing::Submit);
            tasks.push((
                number,
                dies,
                panics,
                pool.submit(Number {
                    number,
                    dies,
                    panics,
                }),
            ));
        }
        for (number, dies, panics, task) in tasks {
            doing(Doing::Join);
            match task.join() {
                Ok(value) => assert!(value == number && !dies && !panics, "{value} for {number}"),
                Err(TaskError::Lost(_)) => {
                    // It died, or was killed.
                    faults.fetch_add(1, Ordering::Relaxed);
                }
                Err(TaskError::Panicked(_)) => assert!(panics, "{number} panicked"),
                Err(other) => panic!("{other}"),
            }
        }
    });
    // Whoever was killed has been replaced.
    let last = pool.submit(Number {
        number: 7,
        dies: false,
        panics: false,
    });
    doing(Doing::Join);
    match last.join() {
        Ok(7) | Err(TaskError::Lost(_)) => {}
        other => panic!("{other:?}"),
    }
    drop(pool);
    Done {
        operations: (SUBMITTERS * EACH) as u64,
        faults: faults.into_inner(),
    }
}

/// Set in a process that is refused threads.
#[cfg(target_os = "linux")]
pub(crate) const REFUSED: &str = "RACECOURSE_SOAK_REFUSED";

/// In a process of its own, whose address space holds a few stacks only.
#[cfg(target_os = "linux")]
pub(crate) fn refused(_dice: &mut Dice) -> Done {
    doing(Doing::Start);
    let output = std::process::Command::new("sh")
        .args(["-c", "ulimit -v 2000000 && exec \"$0\""])
        .arg(std::env::current_exe().unwrap())
        .env(REFUSED, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Done {
        operations: 10,
        faults: 10,
    }
}

/// Ten pools that the system does not give enough threads, and after each one that it does.
#[cfg(target_os = "linux")]
pub(crate) fn be_refused() {
    let before = crate::memory::threads();
    for _ in 0..10 {
        let big = ThreadPool::builder().threads(100).stack_size(256 << 20);
        let error = big.build().expect_err("so many do not fit");
        assert!(error.to_string().contains("of 100"), "{error}");
        assert_eq!(
            crate::memory::threads_beyond(before),
            None,
            "threads are left"
        );
        let small = ThreadPool::new(2);
        assert_eq!(small.submit(|| 1).join().unwrap(), 1);
    }
}
