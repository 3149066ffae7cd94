//! Values that are read all the time, and written seldom or never.

use std::cell::Cell;
use std::hint::black_box;

use crate::contest::{Contestant, Group, Row, Sample, Unit};
use crate::floors::{Floor, repeat};
use crate::threads::crowd;

pub(crate) const GROUP: Group = Group {
    name: "read-mostly",
    about: "32 bytes behind a lock, read and added up: one thread; 2 threads with 100 % and 99 % reads",
    rows,
};

const SEQ: &[&str] = &["seqlock"];
const LOCKS: &[&str] = &["crossbeam ShardedLock", "parking_lot RwLock"];

type Value = [u64; 4];

fn rows() -> Vec<Row> {
    vec![
        row("one thread, 100 % reads", Unit::Time, 1, None),
        row("2 threads, 100 % reads", Unit::Rate, 2, None),
        row("2 threads, 99 % reads", Unit::Rate, 2, Some(100)),
    ]
}

trait ReadMostly: Sync {
    fn new() -> Self;
    fn sum(&self) -> u64;
    /// Adds one to each.
    fn write(&self);
}

fn add_up(value: &Value) -> u64 {
    value.iter().fold(0, |sum, word| sum.wrapping_add(*word))
}

fn next(value: &Value) -> Value {
    value.map(|word| word.wrapping_add(1))
}

thread_local! {
    static ROUND: Cell<u32> = const { Cell::new(0) };
}

/// `one_in`: of so many operations one writes.
fn run<L: ReadMostly>(threads: usize, one_in: Option<u32>) -> impl FnMut(u64) -> Sample + 'static {
    move |operations| {
        let lock = L::new();
        let read = || {
            black_box(black_box(&lock).sum());
        };
        let mixed = |one_in| {
            let round = ROUND.get();
            ROUND.set(if round == 0 { one_in - 1 } else { round - 1 });
            if round == 0 { lock.write() } else { read() }
        };
        match (threads, one_in) {
            (1, _) => repeat(operations, read),
            (_, None) => crowd(threads, operations, read),
            (_, Some(one_in)) => crowd(threads, operations, || mixed(one_in)),
        }
    }
}

fn row(name: &str, unit: Unit, threads: usize, one_in: Option<u32>) -> Row {
    use racecourse::lock::{SeqLock, ShardedRwLock};
    Row::new(name, unit)
        .floor(Floor::FetchAdd)
        .with(
            Contestant::ours("SeqLock", run::<SeqLock<Value>>(threads, one_in))
                .goal_against(1.0, SEQ),
        )
        .with(
            Contestant::ours(
                "ShardedRwLock",
                run::<ShardedRwLock<Value>>(threads, one_in),
            )
            .goal_against(1.0, LOCKS),
        )
        .with(Contestant::peer(
            SEQ[0],
            "seqlock",
            run::<seqlock::SeqLock<Value>>(threads, one_in),
        ))
        .with(Contestant::peer(
            LOCKS[0],
            "crossbeam-utils",
            run::<crossbeam_utils::sync::ShardedLock<Value>>(threads, one_in),
        ))
        .with(Contestant::peer(
            LOCKS[1],
            "parking_lot",
            run::<parking_lot::RwLock<Value>>(threads, one_in),
        ))
        .with(Contestant::peer(
            "std RwLock",
            "std",
            run::<std::sync::RwLock<Value>>(threads, one_in),
        ))
}

impl ReadMostly for racecourse::lock::SeqLock<Value> {
    fn new() -> Self {
        Self::new([0; 4])
    }

    #[inline]
    fn sum(&self) -> u64 {
        add_up(&self.read())
    }

    #[inline]
    fn write(&self) {
        self.update(|value| next(&value));
    }
}

impl ReadMostly for seqlock::SeqLock<Value> {
    fn new() -> Self {
        Self::new([0; 4])
    }

    #[inline]
    fn sum(&self) -> u64 {
        add_up(&self.read())
    }

    #[inline]
    fn write(&self) {
        let mut value = self.lock_write();
        *value = next(&value);
    }
}

macro_rules! read_write {
    ($($type:ty: $guard:ident => $unwrapped:expr;)*) => {$(
        impl ReadMostly for $type {
            fn new() -> Self {
                Self::new([0; 4])
            }

            #[inline]
            fn sum(&self) -> u64 {
                let $guard = self.read();
                add_up(&$unwrapped)
            }

            #[inline]
            fn write(&self) {
                let $guard = self.write();
                let mut value = $unwrapped;
                *value = next(&value);
            }
        }
    )*};
}

read_write! {
    racecourse::lock::ShardedRwLock<Value>: guard => guard;
    parking_lot::RwLock<Value>: guard => guard;
    crossbeam_utils::sync::ShardedLock<Value>: guard => guard.expect("nobody panics with it");
    std::sync::RwLock<Value>: guard => guard.expect("nobody panics with it");
}
