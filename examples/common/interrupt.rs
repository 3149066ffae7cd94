//! Ctrl-C as an event among others, for programs that wait for events.

use racecourse::queue::BoundedQueue;
use racecourse::sync::Arc;
use std::process;
use std::time::Duration;

/// Puts `interrupt` into `events` at Ctrl-C. The second Ctrl-C is for when the first does not help (a terminal that is
/// stopped, for instance): it ends the program at once; as does one that finds the queue closed, or full for a second.
pub(crate) fn on_interrupt<E: Send + 'static>(
    events: &Arc<BoundedQueue<E>>,
    interrupt: fn() -> E,
) -> Result<(), ctrlc::Error> {
    let events = Arc::clone(events);
    let mut before = false;
    ctrlc::set_handler(move || {
        let second = std::mem::replace(&mut before, true);
        if second
            || events
                .put_timeout(interrupt(), Duration::from_secs(1))
                .is_err()
        {
            process::exit(130);
        }
    })
}
