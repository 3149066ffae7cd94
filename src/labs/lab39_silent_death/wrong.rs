//! Wrong fixes of lab 39, silent-death.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::mpsc;

/// Who is refused asks once more.
fn wrong_ask_again(ask: &Ask<'_>) -> Vec<Answer> {
    let mut found = [None; CITIES.len()];
    thread::scope(|s| {
        let getters = zip(&mut found, CITIES).map(|(slot, city)| {
            s.spawn(move || *slot = Some(ask(city).or_else(|_| ask(city)).unwrap()))
        });
        for getter in getters.collect::<Vec<_>>() {
            let _ = getter.join();
        }
    });
    let temperatures = zip(found, CITIES).map(|(slot, city)| match slot {
        Some(temperature) => temperature,
        None => panic!("{city} has no temperature"), // <- fails here: wrong-ask-again
    });
    temperatures.map(Ok).collect()
}

/// What is missing is 0 °F.
fn wrong_default(ask: &Ask<'_>) -> Vec<Answer> {
    let mut found = [0; CITIES.len()];
    thread::scope(|s| {
        let getters =
            zip(&mut found, CITIES).map(|(slot, city)| s.spawn(|| *slot = ask(city).unwrap()));
        for getter in getters.collect::<Vec<_>>() {
            let _ = getter.join();
        }
    });
    found.map(Ok).into()
}

/// No join: the temperatures come through a channel, and main takes as many as there are cities.
fn wrong_channel(ask: &Ask<'_>) -> Vec<Answer> {
    let (sender, receiver) = mpsc::channel();
    thread::scope(|s| {
        for (index, city) in CITIES.into_iter().enumerate() {
            let sender = sender.clone();
            s.spawn(move || sender.send((index, ask(city).unwrap())).unwrap());
        }
        let mut answers = vec![Err(Failure::Died); CITIES.len()];
        for _ in CITIES {
            let (index, temperature) = receiver.recv().unwrap(); // <- fails here: wrong-channel
            answers[index] = Ok(temperature);
        }
        answers
    })
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-ask-again",
            "who is refused asks a second time",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_ask_again)),
        )
        .because(
            "A second try makes the failure rarer. Whoever fails twice dies as silently as before, for nothing looks at how the thread ended.",
        ),
        Variant::new(
            "wrong-default",
            "what is missing is zero",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_default)),
        )
        .because(
            "Now nobody dies, and nobody is told: zero degrees is a temperature, and main cannot tell it from one that was measured.",
        ),
        Variant::new(
            "wrong-channel",
            "main takes a message for each city from a channel",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_channel)),
        )
        .because(
            "A thread that dies sends nothing. Main counts on a message that does not come, and it holds a sender itself, so the channel \
             never ends.",
        ),
    ],
);
