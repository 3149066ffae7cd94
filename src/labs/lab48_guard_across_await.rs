//! Lab 48, **guard-across-await**: a task steps aside with a lock in its hand.
//!
//! Two deposits in a foreign currency are two tasks on one thread. A task locks the balance, and awaits the rate of
//! exchange, which comes from another thread. If it has not come yet, the task steps aside, so that the thread can serve
//! the other one. That one wants the lock. The lock is no await: it stops the thread, the only one that could go
//! on with the task that holds it.
//!
//! | The deposits | | How |
//! |---|---|---|
//! | both done | allowed | the rate came first, or no lock was held while it was awaited |
//! | stuck for ever | forbidden | the thread waits for a lock of its own |

mod wrong;

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::task::{Poll, Waker};

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::thread;

/// An account, and what its deposits await.
#[derive(Debug)]
pub struct Bank {
    /// The balance.
    pub balance: Mutex<u32>,
    /// Open once the rate is known.
    pub rate: Gate,
    /// Open while nobody has the turn. `fixed_async_lock` alone asks for it.
    pub turn: Gate,
}

/// The rate, once it is known.
pub const RATE: u32 = 7;

/// The bug: the guard lives across the await, so the balance stays locked while the task is away.
pub async fn buggy(bank: &Bank) {
    let mut balance = bank.balance.lock().unwrap(); // <- fails here
    bank.rate.pass(false).await;
    *balance += RATE;
}

/// The fix: await first, lock then. Between lock and unlock the task never steps aside.
pub async fn fixed(bank: &Bank) {
    bank.rate.pass(false).await;
    *bank.balance.lock().unwrap() += RATE;
}

/// The fix for who must hold something meanwhile: an async lock. Who does not get it steps aside, and the thread goes on.
pub async fn fixed_async_lock(bank: &Bank) {
    let _turn = Turn::of(&bank.turn).await;
    bank.rate.pass(false).await;
    *bank.balance.lock().unwrap() += RATE;
}

impl Default for Bank {
    fn default() -> Self {
        Self {
            balance: Mutex::new(0),
            rate: Gate::new(false),
            turn: Gate::new(true),
        }
    }
}

/// Open or not. Tasks wait for it, and keep no thread.
#[derive(Debug)]
pub struct Gate {
    state: Mutex<(bool, Vec<Waker>)>,
}

impl Gate {
    fn new(open: bool) -> Self {
        Self {
            state: Mutex::new((open, Vec::new())),
        }
    }

    /// Ready once it is open. With `shut` it is shut by going through, in the same step.
    async fn pass(&self, shut: bool) {
        poll_fn(|context| {
            let mut state = self.state.lock().unwrap();
            if state.0 {
                state.0 = !shut;
                return Poll::Ready(());
            }
            state.1.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Opens it, and wakes who waits.
    pub fn open(&self) {
        let mut state = self.state.lock().unwrap();
        state.0 = true;
        let waiting = mem::take(&mut state.1);
        drop(state); // a waker is foreign code
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// The guard of an async lock.
struct Turn<'a>(&'a Gate);

impl<'a> Turn<'a> {
    async fn of(gate: &'a Gate) -> Self {
        gate.pass(true).await;
        Self(gate)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// Runs two tasks on one thread: whenever it is woken, each may go on.
pub async fn both(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let mut done = [false; 2];
    poll_fn(|context| {
        done[0] = done[0] || one.as_mut().poll(context).is_ready();
        done[1] = done[1] || other.as_mut().poll(context).is_ready();
        match done {
            [true, true] => Poll::Ready(()),
            _ => Poll::Pending,
        }
    })
    .await;
}

/// Two deposits on one thread, and the rate from another. The invariant: both end, and the balance is their sum.
fn scenario(deposit: impl AsyncFn(&Bank)) {
    let bank = Bank::default();
    name(&bank.balance, "balance");
    name(&bank.rate.state, "rate");
    name(&bank.turn.state, "turn");
    thread::scope(|s| {
        s.spawn(|| bank.rate.open());
        thread::block_on(both(deposit(&bank), deposit(&bank)));
    });
    assert_eq!(bank.balance.into_inner().unwrap(), 2 * RATE); // <- fails here: wrong-stale, wrong-try
}

pub(super) static LAB: Lab = Lab {
    number: 48,
    slug: "guard-across-await",
    title: "A task steps aside with a lock in its hand",
    room: room::LIVENESS,
    minutes: 20,
    references: &[
        cited::CWE_833,
        cited::of(
            cited::ReferenceKind::Cert,
            "CERT LCK09-J",
            "https://wiki.sei.cmu.edu/confluence/display/java/LCK09-J.+Do+not+perform+operations+that+can+block+while+holding+a+lock",
        ),
        cited::QIN_DOUBLE_LOCK,
        cited::of(
            cited::ReferenceKind::Issue,
            "tokio-rs/tokio #6819",
            "https://github.com/tokio-rs/tokio/pull/6819",
        ),
    ],
    lesson: include_str!("lessons/48.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the balance is locked across the await",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "await first, lock then",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-async-lock",
            "an async lock across the await",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_async_lock)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab48_guard_across_await.rs"),
};
