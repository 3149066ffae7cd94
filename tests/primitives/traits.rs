//! What may travel between threads, and what may be shared, of the types of which no test of their own says so: a change
//! would break those who embed them.

use std::cell::Cell;
use std::rc::Rc;

use racecourse::lock::SeqLock;
use racecourse::pool::{Pending, Rejected, Task, TaskError};
use racecourse::queue::{BoundedQueue, GetError, PutError, RingBuffer, spsc};
use racecourse::{Latch, Semaphore};

fn is_send<T: Send>() {}
fn is_send_and_sync<T: Send + Sync>() {}
fn is_error<T: std::error::Error + Send + Sync + 'static>() {}

/// `Cell` may travel and may not be shared: whatever hands values over asks for no more.
type Item = Cell<u8>;

#[test]
fn queues_share_what_may_travel() {
    is_send_and_sync::<RingBuffer<Item>>();
    is_send::<BoundedQueue<Item>>();
    is_send::<spsc::Sender<Item>>();
    is_send::<spsc::Receiver<Item>>();
    assert_not_impl!(RingBuffer<Rc<u8>>: Send);
    assert_not_impl!(RingBuffer<Rc<u8>>: Sync);
    assert_not_impl!(spsc::Sender<Rc<u8>>: Send);
    assert_not_impl!(spsc::Receiver<Rc<u8>>: Send);
}

#[test]
fn what_holds_nothing_of_others_is_shared() {
    is_send_and_sync::<SeqLock<[u64; 4]>>();
    is_send_and_sync::<Semaphore>();
    is_send_and_sync::<Latch>();
}

#[test]
fn tasks_travel_as_their_results_do() {
    is_send::<Task<Item>>();
    assert_not_impl!(Task<Rc<u8>>: Send);
}

#[test]
fn errors_are_errors_that_travel() {
    is_error::<PutError<u8>>();
    is_error::<GetError>();
    is_error::<TaskError>();
    is_error::<Rejected<u8>>();
    is_error::<Pending<u8>>();
}
