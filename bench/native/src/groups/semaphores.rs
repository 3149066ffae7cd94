//! Semaphores: free, and with a crowd at them.

use std::hint::black_box;

use parking_lot::{Condvar, Mutex};

use crate::contest::{Contestant, Group, Row, Sample, Unit};
use crate::floors::{Floor, repeat};
use crate::threads::crowd;

pub(crate) const GROUP: Group = Group {
    name: "semaphores",
    about: "a permit taken and given back: free; 2 and 4 threads for 1 permit, 4 for 2",
    rows,
};

fn rows() -> Vec<Row> {
    vec![
        row("free".to_owned(), Unit::Time, 1, 1),
        row("1 permit, 2 threads".to_owned(), Unit::Rate, 2, 1),
        row("1 permit, 4 threads".to_owned(), Unit::Rate, 4, 1),
        row("2 permits, 4 threads".to_owned(), Unit::Rate, 4, 2),
    ]
}

trait Permits: Sync {
    fn new(permits: usize) -> Self;
    /// Takes one, and gives it back.
    fn one(&self);
}

fn run<S: Permits>(threads: usize, permits: usize) -> impl FnMut(u64) -> Sample + 'static {
    move |operations| {
        let semaphore = S::new(permits);
        match threads {
            1 => repeat(operations, || black_box(&semaphore).one()),
            _ => crowd(threads, operations, || semaphore.one()),
        }
    }
}

fn row(name: String, unit: Unit, threads: usize, permits: usize) -> Row {
    let floor = match threads {
        1 => Floor::CasSwap,
        _ => Floor::Contended,
    };
    Row::new(name, unit)
        .floor(floor)
        .with(
            Contestant::ours("Semaphore", run::<racecourse::Semaphore>(threads, permits)).goal(1.5),
        )
        .with(Contestant::peer(
            "tokio, try + yield",
            "tokio",
            run::<tokio::sync::Semaphore>(threads, permits),
        ))
        .with(Contestant::peer(
            "parking_lot Mutex + Condvar",
            "parking_lot",
            run::<Monitor>(threads, permits),
        ))
        .with(Contestant::peer(
            "async-lock, blocking",
            "async-lock",
            run::<async_lock::Semaphore>(threads, permits),
        ))
}

impl Permits for racecourse::Semaphore {
    fn new(permits: usize) -> Self {
        Self::new(permits)
    }

    #[inline]
    fn one(&self) {
        drop(black_box(self.acquire().expect("it is not closed")));
    }
}

/// Its own way of waiting is for tasks.
impl Permits for tokio::sync::Semaphore {
    fn new(permits: usize) -> Self {
        Self::new(permits)
    }

    #[inline]
    fn one(&self) {
        loop {
            match self.try_acquire() {
                Ok(permit) => return drop(black_box(permit)),
                Err(_) => std::thread::yield_now(),
            }
        }
    }
}

impl Permits for async_lock::Semaphore {
    fn new(permits: usize) -> Self {
        Self::new(permits)
    }

    #[inline]
    fn one(&self) {
        drop(black_box(self.acquire_blocking()));
    }
}

/// What one writes by hand.
struct Monitor {
    permits: Mutex<usize>,
    returned: Condvar,
}

impl Permits for Monitor {
    fn new(permits: usize) -> Self {
        Self {
            permits: Mutex::new(permits),
            returned: Condvar::new(),
        }
    }

    #[inline]
    fn one(&self) {
        let mut permits = self.permits.lock();
        while *permits == 0 {
            self.returned.wait(&mut permits);
        }
        *permits -= 1;
        drop(permits);
        black_box(self);
        *self.permits.lock() += 1;
        self.returned.notify_one();
    }
}
