//! The crew's protocol under the explorer, with workers that are flags.

use std::sync::Arc;

use super::{Crew, Employer, Member};
use crate::check::check;
use crate::parking_lot::Mutex;
use crate::pool::process::StartError;
use crate::thread;

/// Whether each worker that was ever started lives, by its pid.
#[derive(Default)]
struct System {
    alive: Mutex<Vec<bool>>,
    requests: u64,
}

impl System {
    fn is_alive(&self, pid: u32) -> bool {
        self.alive.lock()[pid as usize]
    }

    fn kill(&self, pid: u32) {
        self.alive.lock()[pid as usize] = false;
    }

    fn living(&self) -> Vec<u32> {
        let alive = self.alive.lock();
        (0..)
            .zip(&*alive)
            .filter_map(|(pid, alive)| alive.then_some(pid))
            .collect()
    }
}

impl Employer for Arc<System> {
    type Worker = Fake;

    fn start(&self) -> Result<Fake, StartError> {
        let mut alive = self.alive.lock();
        alive.push(true);
        Ok(Fake {
            pid: u32::try_from(alive.len() - 1).unwrap(),
            worn_out: self.requests == 1,
            system: Arc::clone(self),
        })
    }

    fn has_changed(&self) {}
}

struct Fake {
    pid: u32,
    worn_out: bool,
    system: Arc<System>,
}

impl Member for Fake {
    type Shadow = u32;

    fn pid(&self) -> u32 {
        self.pid
    }

    fn shadow(&self) -> u32 {
        self.pid
    }

    fn is_well(&self) -> bool {
        self.system.is_alive(self.pid)
    }

    fn is_worn_out(&self) -> bool {
        self.worn_out
    }

    fn stop(&mut self) {}

    fn ended(self) {
        self.system.kill(self.pid);
    }

    fn end_now(self) {
        self.system.kill(self.pid);
    }
}

fn crew(size: usize, requests: u64) -> (Arc<System>, Crew<Arc<System>>) {
    let system = Arc::new(System {
        requests,
        ..System::default()
    });
    let crew = Crew::new(size, Arc::clone(&system));
    for _ in 0..size {
        crew.admit(crew.hire().unwrap());
    }
    (system, crew)
}

/// One task, whose worker may die at it.
fn task(crew: &Crew<Arc<System>>) {
    let worker = crew.take().unwrap();
    if worker.is_well() {
        crew.give_back(worker);
    } else {
        crew.replace(worker);
    }
}

/// What the nurse does when a worker ends.
fn nurse(crew: &Crew<Arc<System>>, dead: u32) {
    // As the real one: it does not look at those that are in somebody's hands already.
    if crew
        .watched()
        .is_some_and(|watched| watched.contains(&dead))
    {
        crew.found_dead(dead);
    }
}

/// At rest: as many idle workers as there are to be, all of them alive, and nobody forgotten.
fn is_whole(crew: &Crew<Arc<System>>, system: &System) {
    let roll = crew.roll.lock();
    let mut idle: Vec<u32> = roll.idle.iter().map(Member::pid).collect();
    idle.sort_unstable();
    assert_eq!(idle, roll.living.keys().copied().collect::<Vec<_>>());
    assert_eq!(idle.len(), crew.size);
    assert!(roll.dying.is_empty());
    drop(roll);
    assert_eq!(idle, system.living());
}

#[test]
fn a_worker_that_dies_while_tasks_run_is_replaced_once() {
    for victim in [0, 1] {
        check(move || {
            let (system, crew) = crew(2, 2);
            thread::scope(|s| {
                s.spawn(|| task(&crew));
                s.spawn(|| {
                    system.kill(victim);
                    nurse(&crew, victim);
                });
            });
            is_whole(&crew, &system);
        });
    }
}

#[test]
fn two_tasks_and_the_nurse_leave_no_worker_too_many() {
    check(|| {
        let (system, crew) = crew(2, 2);
        system.kill(1);
        thread::scope(|s| {
            s.spawn(|| task(&crew));
            s.spawn(|| nurse(&crew, 1));
            task(&crew);
        });
        is_whole(&crew, &system);
    });
}

#[test]
fn a_worker_may_be_worn_out_and_die() {
    check(|| {
        let (system, crew) = crew(1, 1);
        thread::scope(|s| {
            s.spawn(|| task(&crew));
            s.spawn(|| {
                system.kill(0);
                nurse(&crew, 0);
            });
        });
        is_whole(&crew, &system);
    });
}

#[test]
fn nobody_is_left_when_the_pool_ends_whatever_else_happens() {
    for killed in [false, true] {
        check(move || {
            let (system, crew) = crew(1, 2);
            thread::scope(|s| {
                s.spawn(|| task(&crew));
                s.spawn(|| {
                    system.kill(0);
                    nurse(&crew, 0);
                });
                if killed {
                    for pid in crew.close() {
                        system.kill(pid);
                    }
                }
                crew.dismiss();
            });
            let roll = crew.roll.lock();
            assert!(roll.idle.is_empty() && roll.living.is_empty() && roll.dying.is_empty());
            drop(roll);
            assert!(system.living().is_empty());
        });
    }
}
