//! How the queues without a lock wait.

use std::time::Instant;

use crate::backoff::Backoff;
use crate::event::Event;

/// Why nothing was put or got.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// There is no room, or no item.
    NotNow,
    /// It is shut down, or the other end is gone, and nothing is left.
    Closed,
}

/// After an attempt in vain: tries again, sleeps in between, until it is not refused for now, or the time has passed.
#[cold]
pub(super) fn wait<R>(
    attempt: impl Fn() -> Result<R, Refused>,
    must_wait: impl Fn() -> bool,
    event: &Event,
    deadline: Option<Instant>,
) -> Result<R, Refused> {
    let mut timed_out = false;
    let mut backoff = Backoff::new();
    loop {
        if !backoff.snooze() {
            timed_out = event.wait(&must_wait, deadline);
            backoff = Backoff::new();
        }
        match attempt() {
            Err(Refused::NotNow) if !timed_out => {}
            settled => return settled,
        }
    }
}
