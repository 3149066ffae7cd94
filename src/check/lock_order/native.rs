//! Watching real threads.
//!
//! Each OS thread keeps a list of what it holds. Where a lock is asked for while others are held, the request goes to
//! the graph of everybody who watches: the closures of [`watch`] that this thread, or the one that started it, runs
//! in; and the whole process, if the environment says so.

use core::num::NonZeroU64;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::watched::Watch;
use super::{Held, LockOrder, Mode, Request};
use crate::check::execution::Place;

/// Asks for a watch over the whole process.
const VARIABLE: &str = "RACECOURSE_LOCK_ORDER";

/// Who watches: nobody if it is 0.
static STATE: AtomicUsize = AtomicUsize::new(UNREAD);
/// The environment was not read yet.
const UNREAD: usize = 1;
/// The environment asks for it.
const EVERYWHERE: usize = 2;
/// One closure of [`watch`]; as many times as there are.
const ONE: usize = 4;

// ORDERING: Relaxed throughout; whoever must be seen watching is the thread itself, or one that started it, and the
// graphs have locks.
#[inline]
fn anybody() -> bool {
    STATE.load(Ordering::Relaxed) != 0
}

/// The watches that know locks, so that a lock which goes can be forgotten.
static WATCHES: Mutex<Vec<Arc<Watch>>> = Mutex::new(Vec::new());
static PROCESS: OnceLock<Arc<Watch>> = OnceLock::new();
static NEXT_LOCK: AtomicU64 = AtomicU64::new(1);
static NEXT_THREAD: AtomicU64 = AtomicU64::new(1);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Part of a lock: its number, which moves with it, and where it was made.
#[derive(Debug)]
pub(crate) struct Identity {
    /// 0 until somebody watches.
    number: AtomicU64,
    kind: &'static str,
    made: Place,
}

impl Identity {
    #[track_caller]
    pub(crate) const fn new(kind: &'static str) -> Self {
        Self {
            number: AtomicU64::new(0),
            kind,
            made: core::panic::Location::caller(),
        }
    }

    fn number(&self) -> u64 {
        let number = self.number.load(Ordering::Relaxed);
        if number != 0 {
            return number;
        }
        let new = NEXT_LOCK.fetch_add(1, Ordering::Relaxed);
        let exchange = (Ordering::Relaxed, Ordering::Relaxed);
        self.number
            .compare_exchange(0, new, exchange.0, exchange.1)
            .map_or_else(|other| other, |_| new)
    }
}

impl Drop for Identity {
    #[inline]
    fn drop(&mut self) {
        let number = *self.number.get_mut();
        if number != 0 {
            forget(number);
        }
    }
}

#[cold]
fn forget(number: u64) {
    if !anybody() {
        return;
    }
    for watch in &*locked(&WATCHES) {
        watch.forget(number);
    }
}

/// What this thread holds, and who watches it.
#[derive(Default)]
struct Here {
    thread: u64,
    held: Vec<(NonZeroU64, Held)>,
    tokens: u64,
    /// With the thread's name there.
    watches: Vec<(Arc<Watch>, String)>,
}

std::thread_local! {
    static HERE: RefCell<Here> = RefCell::default();
}

/// Shows `f` what there is of this thread, unless it is ending.
fn here<R>(f: impl FnOnce(&mut Here) -> R) -> Option<R> {
    HERE.try_with(|here| here.try_borrow_mut().ok().map(|mut here| f(&mut here)))
        .ok()
        .flatten()
}

/// The watch over the process, if the environment asks for one.
fn process() -> Option<&'static Arc<Watch>> {
    let state = STATE.load(Ordering::Relaxed);
    if state & UNREAD == 0 && state & EVERYWHERE == 0 {
        return None;
    }
    if state & UNREAD != 0 {
        let wanted =
            std::env::var_os(VARIABLE).is_some_and(|value| !value.is_empty() && value != "0");
        if wanted {
            PROCESS.get_or_init(|| {
                let watch = Arc::new(Watch::printing());
                locked(&WATCHES).push(Arc::clone(&watch));
                watch
            });
            STATE.fetch_or(EVERYWHERE, Ordering::Relaxed);
        }
        STATE.fetch_and(!UNREAD, Ordering::Relaxed);
    }
    PROCESS.get()
}

/// Goes with a guard: what it holds is let go of with it.
#[derive(Debug, Default)]
pub(crate) struct Token(Option<NonZeroU64>);

impl Drop for Token {
    #[inline]
    fn drop(&mut self) {
        if let Some(token) = self.0 {
            let_go(token);
        }
    }
}

#[cold]
fn let_go(token: NonZeroU64) {
    here(|here| here.held.retain(|(other, _)| *other != token));
}

/// This thread asks for the lock at `address`, and is ready to wait for it. Before it does.
#[inline]
pub(crate) fn wants(identity: &Identity, address: usize, mode: Mode, place: Place) {
    if anybody() {
        ask(identity, address, mode, place);
    }
}

#[cold]
fn ask(identity: &Identity, address: usize, mode: Mode, place: Place) {
    let process = process();
    here(|here| {
        if here.watches.is_empty() && process.is_none() {
            return;
        }
        if here.held.is_empty() && mode != Mode::Write {
            return;
        }
        let lock = identity.number();
        let request = Request {
            thread: here.number(),
            held: here.held.iter().map(|(_, held)| *held).collect(),
            wanted: Held { lock, mode, place },
        };
        let own = std::thread::current();
        for (watch, name) in &here.watches {
            watch.label(lock, identity.kind, identity.made, address);
            watch.note(&request, name);
        }
        if let Some(watch) = process {
            watch.label(lock, identity.kind, identity.made, address);
            let number = || format!("thread {}", request.thread);
            watch.note(&request, &own.name().map_or_else(number, str::to_owned));
        }
    });
}

/// This thread has got the lock at `address`.
#[inline]
pub(crate) fn has(identity: &Identity, address: usize, mode: Mode, place: Place) -> Token {
    if anybody() {
        hold(identity, address, mode, place)
    } else {
        Token(None)
    }
}

#[cold]
fn hold(identity: &Identity, address: usize, mode: Mode, place: Place) -> Token {
    let process = process();
    let token = here(|here| {
        if here.watches.is_empty() && process.is_none() {
            return None;
        }
        let lock = identity.number();
        for watch in here.watches.iter().map(|(watch, _)| watch).chain(process) {
            watch.label(lock, identity.kind, identity.made, address);
        }
        here.tokens += 1;
        let token = NonZeroU64::new(here.tokens);
        here.held
            .extend(token.map(|token| (token, Held { lock, mode, place })));
        token
    });
    Token(token.flatten())
}

impl Here {
    fn number(&mut self) -> u64 {
        if self.thread == 0 {
            self.thread = NEXT_THREAD.fetch_add(1, Ordering::Relaxed);
        }
        self.thread
    }
}

/// The name of what lies in `size` bytes at `address`, for those who watch this thread.
pub(crate) fn name(address: usize, size: usize, name: &str) {
    if anybody() {
        here(|here| {
            for (watch, _) in &here.watches {
                watch.name(address, size, name);
            }
        });
    }
}

/// The body of a thread that this one starts: whoever watches this one watches that one.
pub(crate) fn inherited<T, F: FnOnce() -> T>(
    name: Option<&str>,
    f: F,
) -> impl FnOnce() -> T + use<T, F> {
    let mut watches = Vec::new();
    if anybody() {
        here(|here| {
            for (watch, _) in &here.watches {
                let number = watch.next_thread();
                let name = name.map_or(number, str::to_owned);
                watches.push((Arc::clone(watch), name));
            }
        });
    }
    move || {
        if !watches.is_empty() {
            here(|here| here.watches = watches);
        }
        f()
    }
}

/// Runs `f`, and says which deadlocks could have happened in it, though they did not.
///
/// It sees the locks of the vocabulary ([`sync`](crate::sync), [`parking_lot`](crate::parking_lot)) that this thread takes
/// in `f`, and those of the threads that `f` starts by [`thread`](crate::thread), and so on. Threads that were there before,
/// or that another library starts, are not seen; neither is a check inside of `f`, whose
/// [report](super::super::Report::lock_order) has its own. What its findings are worth is said [there](super).
///
/// ```
/// use racecourse::check::lock_order::watch;
/// use racecourse::sync::Mutex;
/// use racecourse::thread;
///
/// let (gate, a, b) = (Mutex::new(()), Mutex::new(1), Mutex::new(2));
/// let found = watch(|| {
///     thread::scope(|s| {
///         s.spawn(|| {
///             let _alone = gate.lock().unwrap();
///             *a.lock().unwrap() + *b.lock().unwrap()
///         });
///         let _alone = gate.lock().unwrap();
///         *b.lock().unwrap() + *a.lock().unwrap()
///     });
/// });
/// assert!(found.is_clean(), "{found}");
/// ```
///
/// # Panics
/// If `f` does.
pub fn watch(f: impl FnOnce()) -> LockOrder {
    let watch = Arc::new(Watch::default());
    let _ending = Ending::begin(&watch);
    f();
    watch.take()
}

/// Ends a watch, after a panic too.
struct Ending<'a>(&'a Arc<Watch>);

impl<'a> Ending<'a> {
    fn begin(watch: &'a Arc<Watch>) -> Self {
        STATE.fetch_add(ONE, Ordering::Relaxed);
        locked(&WATCHES).push(Arc::clone(watch));
        let name = std::thread::current().name().unwrap_or("main").to_owned();
        here(|here| here.watches.push((Arc::clone(watch), name)));
        Self(watch)
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        here(|here| {
            here.watches
                .retain(|(watch, _)| !Arc::ptr_eq(watch, self.0))
        });
        locked(&WATCHES).retain(|watch| !Arc::ptr_eq(watch, self.0));
        STATE.fetch_sub(ONE, Ordering::Relaxed);
    }
}
