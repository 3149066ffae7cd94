//! The pool of processes: as the pool of threads, and a worker that dies costs its own task only.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use racecourse::pool::{Executor as _, Job, ProcessPool, Shutdown};
use serde::{Deserialize, Serialize};

use super::pool::{Act, Hand, Op, Ret, Tasks, perform, tasks, tasks_until_the_end};
use crate::programs::{holds, program};
use crate::run::{LaneOf, Subject, lock};

/// Leaves a byte in a file, so that it can be counted how often it ran.
#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    file: PathBuf,
    number: u8,
    /// It takes its process with it.
    dies: bool,
}

impl Job for Mark {
    type Output = u8;

    fn run(self) -> u8 {
        let mut file = OpenOptions::new().append(true).open(&self.file).unwrap();
        file.write_all(&[self.number]).unwrap();
        if self.dies {
            std::process::abort();
        }
        self.number
    }
}
racecourse::remote!(impl Job for Mark);

struct Processes {
    pool: ProcessPool,
    file: PathBuf,
    submitted: Mutex<Vec<u8>>,
}

impl Subject for Processes {
    type Config = usize;
    type Act = Act;
    type Hand = Hand;
    type Spec = Tasks;

    // Each run starts processes.
    const COST: u32 = 5;

    fn spec(workers: &usize) -> Tasks {
        Tasks::new(*workers, false)
    }

    fn start(workers: &usize, threads: usize) -> (Self, Vec<Self::Hand>) {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("racecourse-marks-{}-{next}", std::process::id());
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, []).unwrap();
        let this = Self {
            pool: ProcessPool::new(*workers),
            file,
            submitted: Mutex::default(),
        };
        (this, (0..threads).map(|_| Vec::new()).collect())
    }

    fn perform(&self, hand: &mut Self::Hand, act: &Act, lane: &mut LaneOf<'_, Self>) {
        perform(&self.pool, hand, *act, lane, |fails, lane| {
            let number = lane.value();
            let mark = Mark {
                file: self.file.clone(),
                number,
                dies: fails,
            };
            lock(&self.submitted).push(number);
            let submit = || (Ret::Done, self.pool.submit(mark));
            (number, lane.call(Op::Submit(number), submit))
        });
    }

    fn leave(&self, mut hand: Self::Hand, lane: &mut LaneOf<'_, Self>) {
        while !hand.is_empty() {
            self.perform(&mut hand, &Act::Join, lane);
        }
    }

    fn release(&self, _lane: &mut LaneOf<'_, Self>) {
        self.pool.kill();
    }

    fn finish(self, lane: &mut LaneOf<'_, Self>) {
        lane.plain(Op::Shutdown(Shutdown::Drain), || {
            drop(self.pool);
            Ret::Done
        });
        let marks = std::fs::read(&self.file).unwrap();
        std::fs::remove_file(&self.file).unwrap();
        for number in lock(&self.submitted).drain(..) {
            let times = marks.iter().filter(|mark| **mark == number).count();
            lane.plain(Op::Count(number), || Ret::Times(times));
        }
    }
}

#[test]
fn a_pool_of_processes_runs_each_task_once() {
    holds::<Processes>((1..=2_usize, program(tasks(), 3, 3)));
}

#[test]
fn a_pool_of_processes_ends_in_one_instant() {
    holds::<Processes>((1..=2_usize, program(tasks_until_the_end(), 3, 3)));
}
