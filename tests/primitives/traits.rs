//! What may travel between threads, and what may be shared: a change of these would break those who embed the types.

use std::cell::Cell;

use racecourse::lock::{
    McsLock, SeqLock, ShardedReadGuard, ShardedRwLock, ShardedWriteGuard, SpinLock, SpinLockGuard,
    TicketLock, TicketLockGuard,
};
use racecourse::lockfree::{Queue, Stack, Stealer, Worker};
use racecourse::pool::{Pending, Rejected, Task, TaskError, ThreadPool};
use racecourse::queue::{BoundedQueue, GetError, PutError, RingBuffer, spsc};
use racecourse::{Latch, Semaphore};

fn is_send<T: Send>() {}
fn is_send_and_sync<T: Send + Sync>() {}
fn is_error<T: std::error::Error + Send + Sync + 'static>() {}

/// `Cell` may travel and may not be shared: whatever hands values over asks for no more.
type Item = Cell<u8>;

#[test]
fn queues_and_structures_share_what_may_travel() {
    is_send_and_sync::<BoundedQueue<Item>>();
    is_send_and_sync::<RingBuffer<Item>>();
    is_send_and_sync::<Stack<Item>>();
    is_send_and_sync::<Queue<Item>>();
    is_send_and_sync::<Stealer<Item>>();
    is_send::<Worker<Item>>();
    is_send::<spsc::Sender<Item>>();
    is_send::<spsc::Receiver<Item>>();
}

#[test]
fn locks_share_what_may_travel() {
    is_send_and_sync::<SpinLock<Item>>();
    is_send_and_sync::<TicketLock<Item>>();
    is_send_and_sync::<McsLock<Item>>();
    is_send_and_sync::<SeqLock<[u64; 4]>>();
    is_send_and_sync::<ShardedRwLock<u8>>();
    is_send_and_sync::<Semaphore>();
    is_send_and_sync::<Latch>();
}

/// A shared guard gives a shared value.
#[test]
fn guards_are_shared_if_their_values_are() {
    fn is_sync<T: Sync>() {}
    is_sync::<SpinLockGuard<'_, u8>>();
    is_sync::<TicketLockGuard<'_, u8>>();
    is_sync::<ShardedReadGuard<'_, u8>>();
    is_sync::<ShardedWriteGuard<'_, u8>>();
}

#[test]
fn pools_and_tasks_travel() {
    is_send_and_sync::<ThreadPool>();
    is_send_and_sync::<Task<u8>>();
    is_send::<Task<Item>>();
}

#[test]
fn errors_are_errors_that_travel() {
    is_error::<PutError<u8>>();
    is_error::<GetError>();
    is_error::<TaskError>();
    is_error::<Rejected<u8>>();
    is_error::<Pending<u8>>();
}
