//! The pool, ported and fixed: who has left the line, and was handed a connection all the same, takes it.

use racecourse::sync::{Condvar, Mutex};
use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

/// At most so many connections, made when they are needed and used again. Who finds none waits in line, for as long as
/// its patience lasts.
pub struct Pool<C> {
    most: usize,
    make: fn() -> C,
    state: Mutex<State<C>>,
}

struct State<C> {
    idle: Vec<C>,
    /// Idle or in use.
    made: usize,
    waiting: VecDeque<Arc<Ticket<C>>>,
}

/// A place in the line. A connection that comes back is handed to the first one, past everybody who asks later.
struct Ticket<C> {
    handed: Mutex<Option<C>>,
    bell: Condvar,
}

impl<C> Pool<C> {
    /// An empty pool, which makes connections by `make`, `most` of them in all.
    pub fn new(most: usize, make: fn() -> C) -> Self {
        let state = State {
            idle: Vec::new(),
            made: 0,
            waiting: VecDeque::new(),
        };
        Self {
            most,
            make,
            state: Mutex::new(state),
        }
    }

    /// A connection, if there is one or comes back before the patience ends.
    pub fn get(&self, patience: Duration) -> Option<Pooled<'_, C>> {
        let ticket = {
            let mut state = self.state.lock().unwrap();
            if let Some(connection) = state.idle.pop() {
                return Some(self.lend(connection));
            }
            if state.made < self.most {
                state.made += 1;
                return Some(self.lend((self.make)()));
            }
            let ticket = Arc::new(Ticket {
                handed: Mutex::new(None),
                bell: Condvar::new(),
            });
            state.waiting.push_back(Arc::clone(&ticket));
            ticket
        };
        if let Some(connection) = ticket.wait(patience) {
            return Some(self.lend(connection));
        }
        // Nobody is to hand anything to one who has left.
        let mut state = self.state.lock().unwrap();
        let in_line = state.waiting.len();
        state.waiting.retain(|other| !Arc::ptr_eq(other, &ticket));
        if state.waiting.len() < in_line {
            return None;
        }
        drop(state);
        // Somebody took the ticket out of the line first, to hand it a connection: it is there, or about to come.
        Some(self.lend(ticket.wait_as_long_as_it_takes()))
    }

    /// How many connections are not in use.
    pub fn idle(&self) -> usize {
        self.state.lock().unwrap().idle.len()
    }

    fn lend(&self, connection: C) -> Pooled<'_, C> {
        Pooled {
            pool: self,
            connection: Some(connection),
        }
    }

    fn put_back(&self, connection: C) {
        let mut state = self.state.lock().unwrap();
        match state.waiting.pop_front() {
            Some(ticket) => {
                drop(state);
                ticket.hand(connection);
            }
            None => state.idle.push(connection),
        }
    }
}

impl<C> Ticket<C> {
    fn hand(&self, connection: C) {
        *self.handed.lock().unwrap() = Some(connection);
        self.bell.notify_one();
    }

    fn wait(&self, patience: Duration) -> Option<C> {
        let handed = self.handed.lock().unwrap();
        let nothing = |handed: &mut Option<C>| handed.is_none();
        let waited = self.bell.wait_timeout_while(handed, patience, nothing);
        waited.unwrap().0.take()
    }

    fn wait_as_long_as_it_takes(&self) -> C {
        let mut handed = self.handed.lock().unwrap();
        loop {
            match handed.take() {
                Some(connection) => return connection,
                None => handed = self.bell.wait(handed).unwrap(),
            }
        }
    }
}

/// A connection in use; it goes back when dropped.
pub struct Pooled<'a, C> {
    pool: &'a Pool<C>,
    connection: Option<C>,
}

impl<C> Deref for Pooled<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        self.connection.as_ref().expect("there until dropped")
    }
}

impl<C> DerefMut for Pooled<'_, C> {
    fn deref_mut(&mut self) -> &mut C {
        self.connection.as_mut().expect("there until dropped")
    }
}

impl<C> Drop for Pooled<'_, C> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.put_back(connection);
        }
    }
}
