//! What a queue is between two critical sections: sequential code, which only ever runs under the lock.

use std::collections::VecDeque;

use super::errors::{GetError, PutError, TaskDoneError};
use super::waiters::Waiters;

/// Room that is made in advance, in items. A larger queue grows to what is used of it.
const ROOM_IN_ADVANCE: usize = 64;

pub(super) struct State<T> {
    /// Oldest first; at most `capacity`.
    items: VecDeque<T>,
    capacity: usize,
    /// Shut down. Never becomes false again.
    closed: bool,
    /// Items put and not yet reported by `task_done`.
    unfinished: u64,
    /// Who waits for an item.
    pub(super) getters: Waiters,
    /// Who waits for a free place.
    pub(super) putters: Waiters,
    /// Threads that wait for `unfinished` to become 0.
    pub(super) joiners: usize,
}

impl<T> State<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            items: VecDeque::with_capacity(capacity.min(ROOM_IN_ADVANCE)),
            capacity,
            closed: false,
            unfinished: 0,
            getters: Waiters::default(),
            putters: Waiters::default(),
            joiners: 0,
        }
    }

    pub(super) fn push(&mut self, item: T) -> Result<(), PutError<T>> {
        if self.closed {
            return Err(PutError::Closed(item));
        }
        if self.is_full() {
            return Err(PutError::Full(item));
        }
        self.items.push_back(item);
        self.unfinished += 1;
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Result<T, GetError> {
        match self.items.pop_front() {
            Some(item) => Ok(item),
            None if self.closed => Err(GetError::Closed),
            None => Err(GetError::Empty),
        }
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Empties the queue. The items count as done. They are returned, and not dropped here: their destructors are
    /// foreign code, which must not run under the lock.
    pub(super) fn take_all(&mut self) -> VecDeque<T> {
        let items = std::mem::take(&mut self.items);
        // Fewer may be unfinished than are here, if `task_done` was called before `get`.
        self.unfinished = self.unfinished.saturating_sub(items.len() as u64);
        items
    }

    pub(super) fn task_done(&mut self) -> Result<(), TaskDoneError> {
        self.unfinished = self.unfinished.checked_sub(1).ok_or(TaskDoneError(()))?;
        Ok(())
    }

    pub(super) fn unfinished(&self) -> u64 {
        self.unfinished
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.items.len() >= self.capacity
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }
}
