//! Wrong fixes of lab 42, stop-flag.

use super::*;
use crate::labs::form::WrongFixes;

/// As `buggy`, and whoever stops goes past the desk first, so that the server is not between its look and its sleep.
mod wrong_past_the_desk {
    use super::*;

    pub(super) use super::buggy::serve;

    pub(super) fn stop(server: &Server) {
        drop(server.desk.lock().unwrap());
        server.flag.store(true, Release);
        server.bell.notify_one();
    }
}

/// As `buggy`, and the flag is also looked at right before the sleep.
mod wrong_look_twice {
    use super::*;

    pub(super) fn serve(server: &Server) {
        let mut desk = server.desk.lock().unwrap();
        while !server.flag.load(Acquire) {
            if desk.waiting > 0 {
                desk.waiting -= 1;
                desk.answers += 1;
            } else if !server.flag.load(Acquire) {
                desk = server.bell.wait(desk).unwrap(); // <- fails here: wrong-look-twice
            }
        }
    }

    pub(super) use super::buggy::stop;
}

/// As `buggy_late`, and the server looks again before it answers. Then it locks the desk.
mod wrong_second_look {
    use super::*;

    pub(super) fn serve(server: &Server) {
        while take(server) {
            if !server.desk().stopping {
                server.desk.lock().unwrap().answers += 1;
            }
        }
    }

    pub(super) use super::fixed::stop;
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-past-the-desk",
            "whoever stops locks the desk once, and then raises the flag",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_past_the_desk::serve, wrong_past_the_desk::stop)),
        )
        .because(
            "The lock has to be held while the flag changes. Given back before, it only means that the server was not looking a moment ago.",
        ),
        Variant::new(
            "wrong-look-twice",
            "the flag is looked at right before the sleep, too",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_look_twice::serve, wrong_look_twice::stop)),
        )
        .because(
            "The gap between the last look and the sleep is smaller and still there: flag and bell fit in. Only what changes under the lock \
             cannot come between.",
        ),
        Variant::new(
            "wrong-second-look",
            "the state is looked at before the answer, under a lock of its own",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_second_look::serve, wrong_second_look::stop)),
        )
        .because(
            "Look and answer are two critical sections. The stop comes between them, as it came between work and answer before.",
        ),
    ],
);
