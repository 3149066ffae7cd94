//! Locks: by themselves, and with a crowd at them.

use crate::contest::{Contestant, Group, Row, Sample, Unit};
use crate::floors::{Floor, repeat};
use crate::threads::crowd;

pub(crate) const GROUP: Group = Group {
    name: "locks",
    about: "locks: free; 2, 4 and 8 threads at one, with sections of a few instructions and of a microsecond",
    rows,
};

const SPIN: &[&str] = &["spin Mutex"];
const TICKET: &[&str] = &["spin TicketMutex"];
const MCS: &[&str] = &["mcslock"];

/// Steps of a section that takes a microsecond, each of which waits for the one before.
const MICROSECOND: u32 = 500;

fn rows() -> Vec<Row> {
    let mut rows = vec![row("free".to_owned(), Unit::Time, 1, 0)];
    for threads in [2, 4, 8] {
        let name = format!("{threads} threads, short");
        rows.push(row(name, Unit::Rate, threads, 0));
    }
    for threads in [2, 4, 8] {
        let name = format!("{threads} threads, 1 µs");
        rows.push(row(name, Unit::Rate, threads, MICROSECOND));
    }
    rows
}

/// A number behind a lock.
trait Lock: Sync + Sized {
    fn new() -> Self;
    fn section(&self, work: impl Fn(&mut u64));
}

fn work(number: &mut u64, steps: u32) {
    let mut value = *number;
    for _ in 0..steps {
        // Nothing that a compiler does in fewer steps.
        value ^= value << 13;
        value ^= value >> 7;
        value ^= value << 17;
    }
    *number = value.wrapping_add(1);
}

fn run<L: Lock>(threads: usize, steps: u32) -> impl FnMut(u64) -> Sample + 'static {
    move |operations| {
        let lock = L::new();
        match threads {
            1 => repeat(operations, || lock.section(|number| work(number, steps))),
            _ => crowd(threads, operations, || {
                lock.section(|number| work(number, steps));
            }),
        }
    }
}

fn row(name: String, unit: Unit, threads: usize, steps: u32) -> Row {
    // With more threads than cores a lock that keeps the order and spins waits for the scheduler.
    let in_order = if threads > 2 && steps == 0 { 8.0 } else { 1.0 };
    let floor = match threads {
        1 => Floor::SwapStore,
        _ => Floor::LineTransfer,
    };
    let ours = |name, run| Contestant::ours(name, run);
    let mut row = Row::new(name, unit).floor(floor);
    macro_rules! contestants {
        ($($ours:literal $type:ty, $goal:expr, $peers:expr;)*) => {$(
            row = row.with(ours($ours, boxed::<$type>(threads, steps)).goal_against($goal, $peers));
        )*};
    }
    contestants! {
        "SpinLock" racecourse::lock::SpinLock<u64>, 1.0, SPIN;
        "TicketLock" racecourse::lock::TicketLock<u64>, in_order, TICKET;
        "McsLock" racecourse::lock::McsLock<u64>, in_order, MCS;
    }
    macro_rules! peers {
        ($($name:expr, $of:literal, $type:ty;)*) => {$(
            row = row.with(Contestant::peer($name, $of, run::<$type>(threads, steps)));
        )*};
    }
    peers! {
        SPIN[0], "spin", spin::mutex::SpinMutex<u64>;
        "spin Mutex, yielding", "spin", spin::mutex::SpinMutex<u64, spin::Yield>;
        TICKET[0], "spin", spin::mutex::TicketMutex<u64>;
        "spin TicketMutex, yielding", "spin", spin::mutex::TicketMutex<u64, spin::Yield>;
        MCS[0], "mcslock", mcslock::raw::spins::Mutex<u64>;
        "mcslock, yielding", "mcslock", mcslock::raw::yields::Mutex<u64>;
        "parking_lot Mutex", "parking_lot", parking_lot::Mutex<u64>;
        "std Mutex", "std", std::sync::Mutex<u64>;
    }
    row
}

fn boxed<L: Lock>(threads: usize, steps: u32) -> Box<dyn FnMut(u64) -> Sample> {
    Box::new(run::<L>(threads, steps))
}

macro_rules! guarded {
    ($($type:ty: $lock:ident => $guard:expr;)*) => {$(
        impl Lock for $type {
            fn new() -> Self {
                Self::new(0)
            }

            #[inline]
            fn section(&self, work: impl Fn(&mut u64)) {
                let $lock = self;
                work(&mut $guard);
            }
        }
    )*};
}

guarded! {
    racecourse::lock::SpinLock<u64>: lock => lock.lock();
    racecourse::lock::TicketLock<u64>: lock => lock.lock();
    spin::mutex::SpinMutex<u64>: lock => lock.lock();
    spin::mutex::SpinMutex<u64, spin::Yield>: lock => lock.lock();
    spin::mutex::TicketMutex<u64>: lock => lock.lock();
    spin::mutex::TicketMutex<u64, spin::Yield>: lock => lock.lock();
    parking_lot::Mutex<u64>: lock => lock.lock();
    std::sync::Mutex<u64>: lock => lock.lock().expect("no section panics");
}

impl Lock for racecourse::lock::McsLock<u64> {
    fn new() -> Self {
        Self::new(0)
    }

    #[inline]
    fn section(&self, work: impl Fn(&mut u64)) {
        self.with(work);
    }
}

macro_rules! mcs {
    ($($type:ty)*) => {$(
        impl Lock for $type {
            fn new() -> Self {
                Self::new(0)
            }

            #[inline]
            fn section(&self, work: impl Fn(&mut u64)) {
                self.lock_with_then(&mut mcslock::raw::MutexNode::new(), work);
            }
        }
    )*};
}

mcs! { mcslock::raw::spins::Mutex<u64> mcslock::raw::yields::Mutex<u64> }
