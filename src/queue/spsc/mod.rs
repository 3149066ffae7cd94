//! A bounded queue for one producer and one consumer.
//!
//! [`channel`] makes the two ends. Each is moved to its thread and belongs to one at a time, and that is why it is so fast: neither
//! side agrees on anything with others of its kind.
//!
//! - **Order**: items are got in the order in which they were put.
//! - **Memory**: what was done before an item was put happens-before what is done by whoever gets it.
//! - **The end**: when one end is dropped, the other is told by `Closed`; what was put before can still be got. Items
//!   that nobody gets are dropped with the last of the ends.
//! - **Waiting**: a little spinning, then yielding, then sleep; a system call only when the other end sleeps.
//!
//! ```
//! use racecourse::queue::spsc;
//!
//! let (mut sender, receiver) = spsc::channel(2);
//! std::thread::scope(|s| {
//!     s.spawn(move || {
//!         for n in 1..=5 {
//!             sender.put(n).unwrap();
//!         }
//!     });
//!     assert_eq!(receiver.into_iter().sum::<i32>(), 15);
//! });
//! ```
//!
//! An end cannot be cloned, nor used by two threads at once:
//!
//! ```compile_fail,E0599
//! let (sender, receiver) = racecourse::queue::spsc::channel::<u8>(1);
//! let another = sender.clone();
//! ```
//!
//! ```compile_fail,E0499
//! let (mut sender, receiver) = racecourse::queue::spsc::channel::<u8>(2);
//! std::thread::scope(|s| {
//!     s.spawn(|| sender.put(1));
//!     s.spawn(|| sender.put(2));
//! });
//! ```

mod receiver;
mod sender;
mod shared;

use std::sync::Arc;

pub use receiver::{IntoIter, Iter, Receiver};
pub use sender::Sender;

use shared::Shared;

/// The two ends of an empty queue of `capacity` slots.
///
/// The algorithm is *FastForward* (J. Giacomoni, T. Moseley, M. Vachharajani, PPoPP 2008), with ends that sleep: each slot says itself whether it
/// is full, so that the two ends share no index.
///
/// # Panics
/// If `capacity` is 0, or more than memory can hold.
///
/// ```
/// let (mut sender, mut receiver) = racecourse::queue::spsc::channel(1);
/// sender.put("tea").unwrap();
/// assert_eq!(receiver.get(), Ok("tea"));
/// ```
#[track_caller]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    if capacity == 0 {
        panic!("spsc::channel: {}", super::errors::CapacityError(()));
    }
    let shared = Arc::new(Shared::new(capacity));
    (Sender::new(Arc::clone(&shared)), Receiver::new(shared))
}
