//! Who notices that nobody gets on, and says what was being done.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// What a thread does, so that it can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Doing {
    Nothing,
    Put,
    Get,
    Lock,
    Read,
    Write,
    Acquire,
    Wait,
    Push,
    Pop,
    Steal,
    Submit,
    Join,
    Shutdown,
    Start,
}

const ALL: [Doing; 15] = {
    use Doing::*;
    [
        Nothing, Put, Get, Lock, Read, Write, Acquire, Wait, Push, Pop, Steal, Submit, Join,
        Shutdown, Start,
    ]
};

/// So long nothing may be done.
const PATIENCE: Duration = Duration::from_secs(60);

const PLACES: usize = 256;
static PLACES_OF_THREADS: [AtomicU8; PLACES] = [const { AtomicU8::new(255) }; PLACES];
static BEATS: AtomicU64 = AtomicU64::new(0);
static ROUND: Mutex<String> = Mutex::new(String::new());

thread_local! {
    static MINE: Cell<Option<usize>> = const { Cell::new(None) };
}

/// A thread that is watched until this is dropped.
pub(crate) struct Place(usize);

pub(crate) fn enter() -> Place {
    let free = |place: &&AtomicU8| place.compare_exchange(255, 0, Relaxed, Relaxed).is_ok();
    let mut places = PLACES_OF_THREADS.iter();
    let index = places
        .position(|place| free(&place))
        .expect("a place for each thread");
    MINE.set(Some(index));
    Place(index)
}

impl Drop for Place {
    fn drop(&mut self) {
        MINE.set(None);
        PLACES_OF_THREADS[self.0].store(255, Relaxed);
    }
}

/// This thread does that now.
pub(crate) fn doing(what: Doing) {
    if let Some(index) = MINE.get() {
        PLACES_OF_THREADS[index].store(what as u8, Relaxed);
    }
    BEATS.fetch_add(1, Relaxed);
}

/// A round begins.
pub(crate) fn round(name: &str, cycle: u64, seed: u64) {
    *ROUND.lock().unwrap() = format!("{name}, round {cycle}, seed {seed}");
    BEATS.fetch_add(1, Relaxed);
}

/// From now on somebody watches.
pub(crate) fn start() {
    thread::spawn(|| {
        let mut last = (BEATS.load(Relaxed), Instant::now());
        loop {
            thread::sleep(Duration::from_secs(1));
            let now = BEATS.load(Relaxed);
            if now != last.0 {
                last = (now, Instant::now());
            } else if last.1.elapsed() > PATIENCE {
                eprintln!(
                    "\nFAILED: nothing has been done for {} s: {}",
                    PATIENCE.as_secs(),
                    report()
                );
                std::process::abort();
            }
        }
    });
}

fn report() -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let names: Vec<String> = ALL.iter().map(|what| format!("{what:?}")).collect();
    for place in &PLACES_OF_THREADS {
        if let Some(name) = names.get(usize::from(place.load(Relaxed))) {
            *counts.entry(name).or_default() += 1;
        }
    }
    format!(
        "{}; threads by what they are at: {counts:?}",
        ROUND.lock().unwrap()
    )
}
