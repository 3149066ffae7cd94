//! Correct: a thread waits on a channel while its senders go.
//!
//! The list of those who wait is under a lock, and taken partly by code that is compiled here and partly by code inside
//! of std.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

fn main() {
    for _ in 0..200 {
        let (sender, receiver) = channel::<()>();
        let thread = thread::spawn(move || {
            thread::sleep(Duration::from_micros(100));
            drop(sender);
        });
        receiver.recv_timeout(Duration::from_secs(60)).unwrap_err();
        thread.join().unwrap();
    }
}
