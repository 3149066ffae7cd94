//! The line of those who wait for a [`Semaphore`], and whatever the fast paths leave to it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::word::{CLOSED, FLAGS, LINE, MANY, MORE, PERMIT, Rest};
use super::{Permit, Semaphore};
use crate::backoff::Backoff;
use crate::lock::{AcquireError, wait};
use crate::parking_lot::Condvar;
use crate::sync::atomic::Ordering;

// The flags in `free` change inside of the state's lock only, and `LINE` says whether the line is empty. Outside of the lock permits
// are taken from `free` if neither `CLOSED` nor `LINE` is set, and added to it. Whoever adds to it and sees `LINE` takes the lock
// and serves the line with all that it finds in `free`: so nothing stays there while somebody waits.

pub(super) struct State {
    /// Permits that nobody has, and that are not free: kept for the head of the line, or too many.
    pub(super) kept: usize,
    /// Permits that exist: free, kept or out. Its limit, `usize::MAX`, keeps their sum from overflowing.
    pub(super) total: usize,
    /// Those who wait, oldest first: their tickets ascend. At rest the head's need exceeds what is kept.
    pub(super) line: VecDeque<Waiter>,
    /// The next ticket. At one a nanosecond they last for 584 years.
    next_ticket: u64,
}

// A waiter is in the line until it has been served. That it is gone from there is all that tells it
// so: no second flag could disagree.
pub(super) struct Waiter {
    ticket: u64,
    need: usize,
    /// Its own, so that whoever serves it wakes nobody else.
    pub(super) turn: Arc<Condvar>,
}

impl State {
    pub(super) fn new(permits: usize, kept: usize) -> Self {
        Self {
            kept,
            total: permits,
            line: VecDeque::new(),
            next_ticket: 0,
        }
    }

    fn place(&self, ticket: u64) -> Option<usize> {
        self.line.binary_search_by_key(&ticket, |w| w.ticket).ok()
    }
}

impl Semaphore {
    /// Takes permits that are free. False, if there may be enough with those that are kept.
    #[inline]
    pub(super) fn take_free(&self, need: usize) -> Result<bool, AcquireError> {
        // ORDERING: Acquire, for who finds it closed; pairs with the Release in `close`.
        let mut found = self.free.load(Ordering::Acquire);
        loop {
            if found & CLOSED != 0 {
                return Err(AcquireError::Closed);
            }
            if need as u64 > found / PERMIT || found & LINE != 0 && need > 0 {
                return if found & MORE != 0 {
                    Ok(false)
                } else {
                    Err(AcquireError::NoPermits)
                };
            }
            if need == 0 {
                return Ok(true);
            }
            match self.free.compare_exchange(
                found,
                found - need as u64 * PERMIT,
                // ORDERING: Acquire; pairs with the Release additions: who gets a permit sees what was done before it was
                // given back. On failure as above.
                Ordering::Acquire,
                Ordering::Acquire,
            ) {
                Ok(_) => return Ok(true),
                Err(other) => found = other,
            }
        }
    }

    #[cold]
    pub(super) fn try_acquire_kept(&self, count: usize) -> Result<Permit<'_>, AcquireError> {
        self.take(&mut self.state.lock(), count, false)?;
        Ok(self.permit(count))
    }

    #[cold]
    pub(super) fn acquire_in_line(
        &self,
        need: usize,
        deadline: Option<Instant>,
    ) -> Result<Permit<'_>, AcquireError> {
        // A yield may take long: whoever has a deadline only spins.
        let looks = if deadline.is_some() { 3 } else { u32::MAX };
        let mut backoff = Backoff::patient();
        for _ in 0..looks {
            if !backoff.snooze() {
                break;
            }
            match self.try_acquire_many(need) {
                Err(AcquireError::NoPermits) => {}
                settled => return settled,
            }
        }
        let mut state = self.state.lock();
        match self.take(&mut state, need, true) {
            Err(AcquireError::NoPermits) => {}
            settled => return settled.map(|()| self.permit(need)),
        }
        let turn = Arc::new(Condvar::new());
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.line.push_back(Waiter {
            ticket,
            need,
            turn: Arc::clone(&turn),
        });
        loop {
            let timed_out = wait(&turn, &mut state, deadline);
            // Served wins over closed and over timed out: the permits are ours, and must not be lost.
            let Some(place) = state.place(ticket) else {
                return Ok(self.permit(need));
            };
            let error = if self.is_closed() {
                AcquireError::Closed
            } else if timed_out {
                AcquireError::Timeout
            } else {
                continue;
            };
            state.line.remove(place);
            self.settle(&mut state); // There may be enough for those who stood behind us.
            return Err(error);
        }
    }

    /// Takes permits without waiting, the kept ones too. With `stand` it announces a line in which the caller is going to stand,
    /// if there are not enough.
    fn take(&self, state: &mut State, need: usize, stand: bool) -> Result<(), AcquireError> {
        // ORDERING: Relaxed; the state's lock orders it after a close, and the exchange finds out the rest.
        let mut found = self.free.load(Ordering::Relaxed);
        loop {
            if found & CLOSED != 0 {
                return Err(AcquireError::Closed);
            }
            if found & LINE != 0 && need > 0 {
                return Err(AcquireError::NoPermits);
            }
            let all = state.kept + (found / PERMIT) as usize;
            let (taken, rest) = match all.checked_sub(need) {
                Some(rest) => (true, Rest::for_all(rest)),
                None if stand => (false, Rest::for_the_line(all)),
                None => return Err(AcquireError::NoPermits),
            };
            match self
                .free
                .compare_exchange(found, rest.free, Ordering::Acquire, Ordering::Acquire)
            {
                Ok(_) => {
                    state.kept = rest.kept;
                    return taken.then_some(()).ok_or(AcquireError::NoPermits);
                }
                Err(other) => found = other,
            }
        }
    }

    /// After a change: serves the head of the line for as long as there is enough for it. If nobody is left there, newcomers
    /// find the rest.
    pub(super) fn settle(&self, state: &mut State) {
        // ORDERING: Relaxed; the exchanges find out whether it was right.
        let mut found = self.free.load(Ordering::Relaxed);
        if found & LINE != 0 && found & CLOSED == 0 {
            // ORDERING: Acquire; pairs with the Release additions, on behalf of who is served: the state's lock hands it on.
            let free = self.free.fetch_and(FLAGS, Ordering::Acquire);
            state.kept += (free / PERMIT) as usize;
            found = free & FLAGS;
            while let Some(head) = state.line.front()
                && head.need <= state.kept
            {
                state.kept -= head.need;
                head.turn.notify_one();
                state.line.pop_front();
            }
        }
        while state.line.is_empty() {
            let rest = Rest::for_all(state.kept + (found / PERMIT) as usize);
            let free = rest.free | (found & CLOSED);
            // ORDERING: Release; pairs with the Acquire exchange of who takes what was kept. What was free comes along, since
            // an exchange continues the release sequence.
            match self
                .free
                .compare_exchange(found, free, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => {
                    state.kept = rest.kept;
                    return;
                }
                Err(other) => found = other,
            }
        }
    }

    /// Gives permits back.
    #[inline]
    pub(super) fn release(&self, count: usize) {
        if count >= MANY {
            return self.release_many(count);
        }
        // ORDERING: Release; pairs with the Acquire exchange of who gets them: it sees what was done before.
        let before = self
            .free
            .fetch_add(count as u64 * PERMIT, Ordering::Release);
        if before & LINE != 0 {
            self.settle_locked();
        }
    }

    #[cold]
    fn settle_locked(&self) {
        self.settle(&mut self.state.lock());
    }

    #[cold]
    fn release_many(&self, count: usize) {
        let mut state = self.state.lock();
        state.kept += count;
        self.settle(&mut state);
    }
}
