//! Lab 35, **nested-join**: every worker of the pool waits for a task that no worker is left to run.
//!
//! A pool of two workers makes pages. Each page has an image, which it submits to the same pool, and waits for. If both
//! workers have a page, then both images are in the queue, and nobody comes for them.
//!
//! | The pages | | How |
//! |---|---|---|
//! | both finished | allowed | a worker was left for the images, or who waits does not keep one |
//! | both waiting for ever | forbidden | as many tasks wait as there are workers |

mod wrong;

use std::collections::VecDeque;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::{Condvar, Mutex};
use crate::thread;

/// A task of the pool: what to do, and for which page.
pub type Task = (fn(&Pool, usize), usize);

/// A pool that makes pages, with two bells: a task came, or all is finished; an image was loaded.
#[derive(Debug)]
pub struct Pool {
    desk: Mutex<Desk>,
    came: Condvar,
    loaded: Condvar,
}

/// What the pool works on.
#[derive(Debug)]
struct Desk {
    tasks: VecDeque<Task>,
    loaded: Vec<bool>,
    unfinished: usize,
}

/// The bug: the task waits as if it were outside of the pool. It is a worker that waits, one fewer for the images.
pub fn buggy(pool: &Pool, page: usize) {
    let mut desk = pool.desk.lock().unwrap();
    pool.submit(&mut desk, (load, page));
    while !desk.loaded[page] {
        desk = pool.loaded.wait(desk).unwrap(); // <- fails here
    }
    pool.finish(&mut desk, page);
}

/// The fix: who waits helps. If nobody has begun what the page waits for, it takes it back and does it itself; if somebody
/// has, that one does not wait for anything.
pub fn fixed(pool: &Pool, page: usize) {
    let mut desk = pool.desk.lock().unwrap();
    pool.submit(&mut desk, (load, page));
    while !desk.loaded[page] {
        match desk.tasks.iter().position(|task| task.1 == page) {
            Some(mine) => {
                desk.tasks.remove(mine);
                drop(desk);
                load(pool, page);
                desk = pool.desk.lock().unwrap();
            }
            None => desk = pool.loaded.wait(desk).unwrap(),
        }
    }
    pool.finish(&mut desk, page);
}

/// The fix that submits nothing: what a task would wait for at once, it may as well do.
pub fn fixed_inline(pool: &Pool, page: usize) {
    load(pool, page);
    pool.finish(&mut pool.desk.lock().unwrap(), page);
}

/// Loads a page's image.
fn load(pool: &Pool, page: usize) {
    let mut desk = pool.desk.lock().unwrap();
    desk.loaded[page] = true;
    pool.loaded.notify_all();
}

impl Pool {
    /// A pool that ends when so many pages are finished.
    pub fn new(pages: usize) -> Self {
        Self {
            desk: Mutex::new(Desk {
                tasks: VecDeque::new(),
                loaded: vec![false; pages],
                unfinished: pages,
            }),
            came: Condvar::new(),
            loaded: Condvar::new(),
        }
    }

    /// Asks for a page.
    pub fn order(&self, make: fn(&Pool, usize), page: usize) {
        self.submit(&mut self.desk.lock().unwrap(), (make, page));
    }

    /// A worker: runs tasks until every page is finished. The same for every variant.
    pub fn work(&self) {
        let mut desk = self.desk.lock().unwrap();
        while desk.unfinished > 0 {
            match desk.tasks.pop_front() {
                Some((run, page)) => {
                    drop(desk);
                    run(self, page);
                    desk = self.desk.lock().unwrap();
                }
                None => desk = self.came.wait(desk).unwrap(),
            }
        }
    }

    /// How many pages are not finished.
    pub fn unfinished(&self) -> usize {
        self.desk.lock().unwrap().unfinished
    }

    /// Hands a task to whichever worker comes for it.
    fn submit(&self, desk: &mut Desk, task: Task) {
        desk.tasks.push_back(task);
        self.came.notify_all();
    }

    /// Finishes a page, whose image is there.
    fn finish(&self, desk: &mut Desk, page: usize) {
        assert!(desk.loaded[page], "a page without its image");
        desk.unfinished -= 1;
        if desk.unfinished == 0 {
            self.came.notify_all();
        }
    }
}

/// Two pages and two workers, of which main is one, after it has ordered the second page. The invariant: both pages are
/// finished, and both workers go home.
fn scenario(make: fn(&Pool, usize)) {
    let pool = Pool::new(2);
    name(&pool.desk, "desk");
    name(&pool.came, "came");
    name(&pool.loaded, "loaded");
    pool.order(make, 0);
    thread::scope(|s| {
        s.spawn(|| pool.work());
        pool.order(make, 1);
        pool.work();
    });
    assert_eq!(pool.unfinished(), 0);
}

pub(super) static LAB: Lab = Lab {
    number: 35,
    slug: "nested-join",
    title: "Every worker waits for a task that no worker is left to run",
    room: room::BLOCKING,
    minutes: 20,
    references: &[
        cited::CWE_833,
        cited::of(
            cited::ReferenceKind::Cert,
            "CERT TPS01-J",
            "https://wiki.sei.cmu.edu/confluence/display/java/TPS01-J.+Do+not+execute+interdependent+tasks+in+a+bounded+thread+pool",
        ),
        cited::LU_DEADLOCK,
        cited::of(
            cited::ReferenceKind::Issue,
            "reem/rust-scoped-pool #5",
            "https://github.com/reem/rust-scoped-pool/issues/5",
        ),
    ],
    lesson: include_str!("lessons/35.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "a task waits, and keeps its worker",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "who waits helps",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-inline",
            "the task loads its image itself",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_inline)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab35_nested_join.rs"),
};
