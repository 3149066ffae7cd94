//! Lab 39, **silent-death**: a weather thread dies, and nobody asks what of.
//!
//! A thread for each city asks the weather service, and main joins them all and prints the temperatures. The service
//! serves one at a time, and refuses who comes meanwhile. In the lecture's own run one thread was refused: it printed
//! its error, died, and left no temperature behind. Main joined it all the same, and tripped over what was missing.
//!
//! | Main has | | How |
//! |---|---|---|
//! | two temperatures | allowed | the threads came one after the other |
//! | a temperature, and the other city's error | allowed | they met, and one was refused |
//! | a panic of its own, about something missing | forbidden | it waited for the end, and not for how it ended |

mod wrong;

use std::iter::zip;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicBool, Ordering::*};
use crate::thread;

/// The cities that main asks about.
pub const CITIES: [&str; 2] = ["Boulder", "Atlanta"];

/// The temperature of a city in °F, or why there is none.
pub type Answer = Result<i32, Failure>;

/// Why a city has no temperature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The service did not serve it.
    Refused,
    /// The thread that asked has panicked.
    Died,
}

/// Asks the service about a city.
pub type Ask<'a> = dyn Fn(&str) -> Answer + Sync + 'a;

/// The bug: a thread that gets no temperature dies of it, and the error is in its join, which main throws away.
pub fn buggy(ask: &Ask<'_>) -> Vec<Answer> {
    let mut found = [None; CITIES.len()];
    thread::scope(|s| {
        let getters = zip(&mut found, CITIES)
            .map(|(slot, city)| s.spawn(|| *slot = Some(ask(city).unwrap())));
        for getter in getters.collect::<Vec<_>>() {
            let _ = getter.join();
        }
    });
    let temperatures = zip(found, CITIES).map(|(slot, city)| match slot {
        Some(temperature) => temperature,
        None => panic!("{city} has no temperature"), // <- fails here
    });
    temperatures.map(Ok).collect()
}

/// The fix: what a thread leaves is a temperature or an error, and main takes it out of the join.
pub fn fixed(ask: &Ask<'_>) -> Vec<Answer> {
    thread::scope(|s| {
        let getters = CITIES.map(|city| s.spawn(move || ask(city)));
        let answers = getters.map(|getter| getter.join().unwrap_or(Err(Failure::Died)));
        answers.into()
    })
}

/// The fix in the place where the temperature was missing: that begins as what is so if the thread never comes there.
pub fn fixed_slot(ask: &Ask<'_>) -> Vec<Answer> {
    let mut answers = vec![Err(Failure::Died); CITIES.len()];
    thread::scope(|s| {
        let getters = zip(&mut answers, CITIES).map(|(slot, city)| s.spawn(|| *slot = ask(city)));
        for getter in getters.collect::<Vec<_>>() {
            let _ = getter.join(); // whatever it left is in its slot
        }
    });
    answers
}

/// The weather service, which serves one at a time.
#[derive(Debug, Default)]
struct Service {
    busy: AtomicBool,
}

impl Service {
    fn ask(&self, city: &str) -> Answer {
        if self.busy.swap(true, AcqRel) {
            return Err(Failure::Refused);
        }
        let temperature = temperature(city);
        self.busy.store(false, Release);
        Ok(temperature)
    }
}

fn temperature(city: &str) -> i32 {
    if city == "Boulder" { 62 } else { 73 }
}

/// Two cities at once. The invariant: each ends as its temperature or as its own error, and one at least is served.
fn scenario(gather: fn(&Ask<'_>) -> Vec<Answer>) {
    let service = Service::default();
    name(&service.busy, "busy");
    let answers = gather(&|city| service.ask(city));
    assert_eq!(answers.len(), CITIES.len());
    for (answer, city) in zip(&answers, CITIES) {
        let allowed = [Ok(temperature(city)), Err(Failure::Refused)];
        assert!(allowed.contains(answer), "{city}: {answer:?}"); // <- fails here: wrong-default
    }
    assert!(answers.iter().any(Result::is_ok));
}

pub(super) static LAB: Lab = Lab {
    number: 39,
    slug: "silent-death",
    title: "A weather thread dies, and nobody asks what of",
    room: room::LIVENESS,
    minutes: 15,
    references: &[
        cited::of(
            cited::ReferenceKind::Cwe,
            "CWE-252",
            "https://cwe.mitre.org/data/definitions/252.html",
        ),
        cited::of(
            cited::ReferenceKind::Cert,
            "CERT TPS03-J",
            "https://wiki.sei.cmu.edu/confluence/display/java/TPS03-J.+Ensure+that+tasks+executing+in+a+thread+pool+do+not+fail+silently",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "rust-lang/rust #48820",
            "https://github.com/rust-lang/rust/issues/48820",
        ),
    ],
    lesson: include_str!("lessons/39.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the join is waited for, and its result thrown away",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "the join gives the temperature or the error",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-slot",
            "the slot begins as an error, and takes either",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_slot)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab39_silent_death.rs"),
};
