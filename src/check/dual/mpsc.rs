//! Channels, on the vocabulary's own mutex, condvars and a counter: a queue under a mutex.
//!
//! So under a check the calls on a channel are ordered as that mutex orders them, which is more than std
//! promises: a message happens before its receipt, and besides, senders are ordered among themselves.

use core::cell::Cell;
use core::marker::PhantomData;
use core::panic::Location;
use core::sync::atomic::Ordering;
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::time::Instant;

use super::count::Counter;
use super::parking::{Mutex, MutexGuard, deadline};
use super::raw::Condvar;
use crate::check::execution::Place;

struct Channel<T> {
    state: Mutex<State<T>>,
    /// A message has come, or the last sender has gone.
    arrived: Condvar,
    /// A message has been taken, or the receiver has gone.
    taken: Condvar,
    senders: Counter,
}

struct State<T> {
    /// Messages with their numbers.
    queue: VecDeque<(u64, T)>,
    /// None: unbounded. 0: a message stays here while it is handed over, and its sender waits.
    capacity: Option<usize>,
    /// The number of the next message.
    next: u64,
    senders_gone: bool,
    receiver_gone: bool,
    /// The receiver waits, and nobody has notified it yet.
    receiver_waits: bool,
    senders_waiting: usize,
}

impl<T> Channel<T> {
    #[track_caller]
    fn new(capacity: Option<usize>) -> Self {
        let state = State {
            queue: VecDeque::new(),
            capacity,
            next: 0,
            senders_gone: false,
            receiver_gone: false,
            receiver_waits: false,
            senders_waiting: 0,
        };
        Self {
            state: Mutex::labelled("channel", state),
            arrived: Condvar::new("channel's arrivals"),
            taken: Condvar::new("channel's departures"),
            senders: Counter::new("channel's senders", 1),
        }
    }

    fn put(&self, state: &mut State<T>, value: T, place: Place) -> u64 {
        let number = state.next;
        state.next += 1;
        state.queue.push_back((number, value));
        if core::mem::take(&mut state.receiver_waits) {
            self.arrived.notify_one_at(place);
        }
        number
    }

    fn wait_as_sender(&self, state: &mut MutexGuard<'_, State<T>>, place: Place) {
        state.senders_waiting += 1;
        state.wait_at(&self.taken, None, place);
        state.senders_waiting -= 1;
    }

    fn send(&self, value: T, place: Place) -> Result<(), SendError<T>> {
        let mut state = self.state.lock_at(place);
        if let Some(capacity @ 1..) = state.capacity {
            while state.queue.len() >= capacity && !state.receiver_gone {
                self.wait_as_sender(&mut state, place);
            }
        }
        if state.receiver_gone {
            return Err(SendError(value));
        }
        let mine = self.put(&mut state, value, place);
        if state.capacity == Some(0) {
            let find = |state: &State<T>| state.queue.iter().position(|(n, _)| *n == mine);
            while let Some(index) = find(&state) {
                if state.receiver_gone {
                    return match state.queue.remove(index) {
                        Some((_, value)) => Err(SendError(value)),
                        None => Ok(()),
                    };
                }
                self.wait_as_sender(&mut state, place);
            }
        }
        Ok(())
    }

    fn try_send(&self, value: T, place: Place) -> Result<(), TrySendError<T>> {
        let mut state = self.state.lock_at(place);
        let full = match state.capacity {
            None => false,
            // Somebody must be there to take it.
            Some(0) => !state.receiver_waits,
            Some(capacity) => state.queue.len() >= capacity,
        };
        if state.receiver_gone {
            Err(TrySendError::Disconnected(value))
        } else if full {
            Err(TrySendError::Full(value))
        } else {
            self.put(&mut state, value, place);
            Ok(())
        }
    }

    fn take(&self, state: &mut State<T>, place: Place) -> Result<T, TryRecvError> {
        let Some((_, value)) = state.queue.pop_front() else {
            return Err(if state.senders_gone {
                TryRecvError::Disconnected
            } else {
                TryRecvError::Empty
            });
        };
        match (state.senders_waiting, state.capacity) {
            (0, _) => {}
            // Only one of them has been served, and any could be woken.
            (2.., Some(0)) => {
                self.taken.notify_all_at(place);
            }
            _ => {
                self.taken.notify_one_at(place);
            }
        }
        Ok(value)
    }

    fn try_recv(&self, place: Place) -> Result<T, TryRecvError> {
        self.take(&mut self.state.lock_at(place), place)
    }

    fn recv_until(&self, deadline: Option<Instant>, place: Place) -> Result<T, RecvTimeoutError> {
        let mut state = self.state.lock_at(place);
        let mut timed_out = false;
        loop {
            match self.take(&mut state, place) {
                Ok(value) => return Ok(value),
                Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
                Err(TryRecvError::Empty) if timed_out => return Err(RecvTimeoutError::Timeout),
                Err(TryRecvError::Empty) => {
                    state.receiver_waits = true;
                    timed_out = state.wait_at(&self.arrived, deadline, place);
                    state.receiver_waits = false;
                }
            }
        }
    }

    fn add_sender(&self, place: Place) {
        // ORDERING: Relaxed, as a reference count: whoever adds one has one.
        self.senders.increment(Ordering::Relaxed, place);
    }

    fn remove_sender(&self, place: Place) {
        // ORDERING: AcqRel; whatever any sender did happens before the receiver learns that all are gone.
        if self.senders.is_at_home() && self.senders.decrement(Ordering::AcqRel, place) == 1 {
            let mut state = self.state.lock_at(place);
            state.senders_gone = true;
            if core::mem::take(&mut state.receiver_waits) {
                self.arrived.notify_one_at(place);
            }
        }
    }

    fn remove_receiver(&self, place: Place) {
        if !self.senders.is_at_home() {
            return;
        }
        let mut state = self.state.lock_at(place);
        state.receiver_gone = true;
        // A message that is being handed over goes back to its sender.
        let dropped = match state.capacity {
            Some(0) => VecDeque::new(),
            _ => core::mem::take(&mut state.queue),
        };
        if state.senders_waiting > 0 {
            self.taken.notify_all_at(place);
        }
        drop(state);
        // Outside of the lock, for a message's destructor may use the channel.
        drop(dropped);
    }
}

/// What both kinds of senders are.
pub(crate) struct Sender<T> {
    channel: Arc<Channel<T>>,
    /// Where it was made: a destructor does not know its caller.
    place: Place,
}

pub(crate) type SyncSender<T> = Sender<T>;

pub(crate) struct Receiver<T> {
    channel: Arc<Channel<T>>,
    place: Place,
    not_sync: PhantomData<Cell<()>>,
}

#[track_caller]
fn pair<T>(capacity: Option<usize>) -> (Sender<T>, Receiver<T>) {
    let channel = Arc::new(Channel::new(capacity));
    let place = Location::caller();
    let sender = Sender {
        channel: Arc::clone(&channel),
        place,
    };
    let receiver = Receiver {
        channel,
        place,
        not_sync: PhantomData,
    };
    (sender, receiver)
}

#[track_caller]
pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
    pair(None)
}

#[track_caller]
pub(crate) fn sync_channel<T>(capacity: usize) -> (SyncSender<T>, Receiver<T>) {
    pair(Some(capacity))
}

impl<T> Sender<T> {
    #[track_caller]
    pub(crate) fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.channel.send(value, Location::caller())
    }

    #[track_caller]
    pub(crate) fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.channel.try_send(value, Location::caller())
    }
}

impl<T> Clone for Sender<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        let place = Location::caller();
        self.channel.add_sender(place);
        Self {
            channel: Arc::clone(&self.channel),
            place,
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.channel.remove_sender(self.place);
    }
}

impl<T> Receiver<T> {
    #[track_caller]
    pub(crate) fn recv(&self) -> Result<T, RecvError> {
        self.channel
            .recv_until(None, Location::caller())
            .map_err(|_| RecvError)
    }

    #[track_caller]
    pub(crate) fn try_recv(&self) -> Result<T, TryRecvError> {
        self.channel.try_recv(Location::caller())
    }

    #[track_caller]
    pub(crate) fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.channel
            .recv_until(Some(deadline(timeout)), Location::caller())
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.channel.remove_receiver(self.place);
    }
}
