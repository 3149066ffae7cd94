//! The plain form: a mutex and two condition variables, as one writes it.

use std::collections::VecDeque;

use super::shared;

macro_rules! plain {
    ($name:ident, $inner:ident, $mutex:path, $condvar:path, $lock:expr, $wait:expr) => {
        #[derive(Debug)]
        pub(crate) struct $inner {
            items: $mutex,
            not_empty: $condvar,
            not_full: $condvar,
            capacity: usize,
        }

        impl $inner {
            fn new(capacity: usize) -> Self {
                Self {
                    items: <$mutex>::new(VecDeque::with_capacity(capacity)),
                    not_empty: <$condvar>::new(),
                    not_full: <$condvar>::new(),
                    capacity,
                }
            }

            fn put(&self, item: u64) {
                let mut items = $lock(&self.items);
                while items.len() == self.capacity {
                    items = $wait(&self.not_full, items);
                }
                items.push_back(item);
                drop(items);
                self.not_empty.notify_one();
            }

            fn get(&self) -> u64 {
                let mut items = $lock(&self.items);
                let item = loop {
                    match items.pop_front() {
                        Some(item) => break item,
                        None => items = $wait(&self.not_empty, items),
                    }
                };
                drop(items);
                self.not_full.notify_one();
                item
            }
        }

        shared!($name, $inner, $inner::new, $inner::put, $inner::get);
    };
}

type StdItems = std::sync::Mutex<VecDeque<u64>>;
type StdGuard<'a> = std::sync::MutexGuard<'a, VecDeque<u64>>;
type ParkingItems = parking_lot::Mutex<VecDeque<u64>>;
type ParkingGuard<'a> = parking_lot::MutexGuard<'a, VecDeque<u64>>;

fn std_lock(items: &StdItems) -> StdGuard<'_> {
    items.lock().expect("nobody panics")
}

fn std_wait<'a>(condvar: &std::sync::Condvar, guard: StdGuard<'a>) -> StdGuard<'a> {
    condvar.wait(guard).expect("nobody panics")
}

fn parking_wait<'a>(
    condvar: &parking_lot::Condvar,
    mut guard: ParkingGuard<'a>,
) -> ParkingGuard<'a> {
    condvar.wait(&mut guard);
    guard
}

plain!(
    Std,
    StdQueue,
    StdItems,
    std::sync::Condvar,
    std_lock,
    std_wait
);
plain!(
    ParkingLot,
    ParkingQueue,
    ParkingItems,
    parking_lot::Condvar,
    ParkingItems::lock,
    parking_wait
);
