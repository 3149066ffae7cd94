//! loom's tests of what blocks: locks, condvars, channels, threads and thread-locals.

use std::cell::RefCell;

use racecourse::cell::UnsafeCell;
use racecourse::check::FailureKind::{Deadlock, Leak, Panic};
use racecourse::sync::atomic::{AtomicU32, Ordering::*};
use racecourse::sync::mpsc::channel;
use racecourse::sync::{Arc, Condvar, Mutex, RwLock};
use racecourse::thread;

use crate::groups::over;
use crate::table::{Found::Fails, Found::Here, Found::Passes, Row, not, row};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("arc::basic_usage", 1, Here(arc_basic_usage)),
        row("arc::sync_in_drop", 0, Passes(arc_sync_in_drop)),
        row("arc::detect_mem_leak", 0, Fails(Leak, arc_leak)),
        row("arc::try_unwrap_*", 1, Here(arc_try_unwrap)),
        row(
            "arc::try_unwrap_multithreaded",
            0,
            Passes(arc_try_unwrap_threads),
        ),
        row(
            "condvar::notify_one",
            0,
            Passes(|| notify(1, Condvar::notify_one)),
        ),
        row(
            "condvar::notify_all",
            0,
            Passes(|| notify(2, Condvar::notify_all)),
        ),
        row("deadlock::two_mutexes_deadlock", 0, Fails(Deadlock, abba)),
        row(
            "mutex::mutex_enforces_mutual_exclusion",
            2,
            Here(mutual_exclusion),
        ),
        row("mutex::mutex_establishes_seq_cst", 2, Here(mutex_orders)),
        row("mutex::mutex_into_inner", 2, Here(mutex_into_inner)),
        row("rwlock::rwlock_read_one", 1, Here(read_beside_read)),
        row(
            "rwlock::rwlock_read_two_write_one",
            0,
            Passes(|| read_and_write(2, 1)),
        ),
        row(
            "rwlock::rwlock_write_three",
            6,
            Here(|| read_and_write(0, 3)),
        ),
        row("rwlock::rwlock_*_try_*", 1, Here(rwlock_tries)),
        row(
            "rwlock::rwlock_into_inner",
            2,
            Here(|| read_and_write(0, 2)),
        ),
        row("rwlock_regression1", 2, Here(|| read_and_write(0, 2))),
        row("mpsc::basic_sequential_usage", 1, Here(channel_alone)),
        row(
            "mpsc::basic_parallel_usage",
            0,
            Passes(|| senders(&[5], |sum, _| assert_eq!(sum, 5))),
        ),
        row(
            "mpsc::commutative_senders",
            0,
            Passes(|| senders(&[5, 6], |sum, _| assert_eq!(sum, 11))),
        ),
        row(
            "mpsc::non_commutative_senders1",
            0,
            Fails(Panic, || senders(&[5, 6], |_, first| assert_eq!(first, 5))),
        ),
        row(
            "mpsc::non_commutative_senders2",
            0,
            Fails(Panic, || senders(&[5, 6], |_, first| assert_eq!(first, 6))),
        ),
        row("thread_api::many_joins", 2, Here(many_joins)),
        row("thread_api::alt_join", 0, Passes(alt_join)),
        row(
            "thread_api::{initial_thread,threads_have_unique_ids}",
            1,
            Here(unique_ids),
        ),
        row("thread_api::thread_names", 1, Here(thread_names)),
        row("thread_api::park_unpark_loom", 1, Here(park_after_unpark)),
        row("thread_api::thread_stack_size", 1, Here(stack_size)),
        row("thread_local::thread_local", 1, Here(thread_local)),
        row("thread_local::nested_with", 1, Here(nested_with)),
    ];
    rows.extend(not(
        &["futures::*"],
        "loom's own `block_on` and `AtomicWaker`, which std does not have",
    ));
    rows.extend(not(
        &[
            "thread_local::drop",
            "thread_local::lazy_static",
            "double_panic_in_drop",
            "thread_api::park_unpark_std",
        ],
        "counts over a whole check, loom's macros, its bound on branches, or std alone",
    ));
    rows
}

struct State {
    data: UnsafeCell<u32>,
    guard: AtomicU32,
}

// SAFETY: a check's to judge.
unsafe impl Send for State {}
// SAFETY: as above.
unsafe impl Sync for State {}

impl State {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            data: UnsafeCell::new(0),
            guard: AtomicU32::new(0),
        })
    }

    fn set(&self) {
        // SAFETY: before the guard is raised the data is the setter's.
        self.data.with_mut(|data| unsafe { *data = 1 });
        self.guard.store(1, Release);
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // SAFETY: whoever drops it is the last.
        self.data.with(|data| assert_eq!(unsafe { *data }, 1));
    }
}

/// The destructor reads what a thread wrote, after a wait for it.
fn arc_basic_usage() -> Option<()> {
    let state = State::new();
    let other = Arc::clone(&state);
    let thread = thread::spawn(move || other.set());
    crate::groups::wait_until(&state.guard, Acquire, |guard| guard == 1);
    thread.join().unwrap();
    Some(())
}

/// Nothing but the reference count orders the write and the destructor.
fn arc_sync_in_drop() -> Option<()> {
    let state = State::new();
    let other = Arc::clone(&state);
    thread::spawn(move || other.set());
    Some(())
}

fn arc_leak() -> Option<()> {
    let state = State::new();
    state.set();
    std::mem::forget(state);
    Some(())
}

fn arc_try_unwrap() -> Option<()> {
    let one = Arc::new(0);
    let two = Arc::clone(&one);
    let one = Arc::try_unwrap(one).unwrap_err();
    drop(two);
    assert_eq!(Arc::try_unwrap(one).unwrap(), 0);
    Some(())
}

fn arc_try_unwrap_threads() -> Option<()> {
    let one = Arc::new(0);
    let two = Arc::clone(&one);
    let thread = thread::spawn(move || {
        thread::park();
        drop(two);
    });
    let one = Arc::try_unwrap(one).unwrap_err();
    thread.thread().unpark();
    thread.join().unwrap();
    assert_eq!(Arc::try_unwrap(one).unwrap(), 0);
    Some(())
}

/// The value is raised outside of the lock, which is then taken and given back before the notification.
fn notify(waiters: usize, notify: fn(&Condvar)) -> Option<()> {
    over((AtomicU32::new(0), Mutex::new(()), Condvar::new()))
        .each(waiters, |(value, mutex, condvar), _| {
            let mut guard = mutex.lock().unwrap();
            while value.load(SeqCst) != 1 {
                guard = condvar.wait(guard).unwrap();
            }
        })
        .one(move |(value, mutex, condvar)| {
            value.store(1, SeqCst);
            drop(mutex.lock().unwrap());
            notify(condvar);
        })
        .join()
}

fn abba() -> Option<()> {
    over([Mutex::new(1), Mutex::new(2)])
        .each(2, |locks, i| {
            let one = locks[i].lock().unwrap();
            let other = locks[1 - i].lock().unwrap();
            assert_eq!(*one + *other, 3);
        })
        .join()
}

fn mutual_exclusion() -> Option<()> {
    over((Mutex::new(0), AtomicU32::new(0)))
        .each(2, |(mutex, count), _| {
            let mut locked = mutex.lock().unwrap();
            assert_eq!(count.fetch_add(1, SeqCst), *locked);
            *locked += 1;
        })
        .join()
}

/// A cell beside a lock, whose value says that the cell may be read.
fn mutex_orders() -> Option<()> {
    struct Shared(UnsafeCell<u32>, Mutex<bool>);
    // SAFETY: a check's to judge.
    unsafe impl Sync for Shared {}
    over(Shared(UnsafeCell::new(0), Mutex::new(false)))
        .one(|Shared(cell, flag)| {
            // SAFETY: the cell is this thread's until it sets the flag.
            cell.with_mut(|cell| unsafe { *cell = 1 });
            *flag.lock().unwrap() = true;
        })
        .one(|Shared(cell, flag)| {
            if *flag.lock().unwrap() {
                // SAFETY: after the flag.
                assert_eq!(cell.with(|cell| unsafe { *cell }), 1);
            }
        })
        .join()
}

fn mutex_into_inner() -> Option<()> {
    let shared = over(Mutex::new(0))
        .each(2, |mutex, _| *mutex.lock().unwrap() += 1)
        .end()?;
    let mutex = std::sync::Arc::into_inner(shared).unwrap();
    assert_eq!(mutex.into_inner().unwrap(), 2);
    Some(())
}

fn read_beside_read() -> Option<()> {
    let lock = std::sync::Arc::new(RwLock::new(1));
    let other = std::sync::Arc::clone(&lock);
    let value = lock.read().unwrap();
    thread::spawn(move || assert_eq!(*other.read().unwrap(), 1))
        .join()
        .unwrap();
    assert_eq!(*value, 1);
    Some(())
}

fn read_and_write(readers: usize, writers: usize) -> Option<()> {
    let shared = over(RwLock::new(0))
        .each(readers, |lock, _| drop(lock.read().unwrap()))
        .each(writers, |lock, _| *lock.write().unwrap() += 1)
        .end()?;
    assert_eq!(*shared.read().unwrap(), writers);
    Some(())
}

fn rwlock_tries() -> Option<()> {
    let lock = RwLock::new(1);
    let writing = lock.write().unwrap();
    assert!(lock.try_write().is_err());
    assert!(lock.try_read().is_err());
    drop(writing);
    let reading = lock.try_read().unwrap();
    assert_eq!(*reading, 1);
    assert!(lock.try_write().is_err());
    Some(())
}

fn channel_alone() -> Option<()> {
    let (sender, receiver) = channel();
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert_eq!(receiver.recv().unwrap(), 1);
    Some(())
}

/// One thread sends each message; what arrives: the sum, and the first.
fn senders(messages: &'static [u32], check: fn(u32, u32)) -> Option<()> {
    let (sender, receiver) = channel();
    for message in messages {
        let sender = sender.clone();
        thread::spawn(move || {
            let _ = sender.send(*message);
        });
    }
    let received: Vec<u32> = messages.iter().map(|_| receiver.recv().unwrap()).collect();
    check(received.iter().sum(), received[0]);
    Some(())
}

/// The threads wait for a lock that main gives back before it joins them.
fn many_joins() -> Option<()> {
    let mutex = std::sync::Arc::new(Mutex::new(()));
    let guard = mutex.lock().unwrap();
    let threads = [(); 2].map(|()| {
        let mutex = std::sync::Arc::clone(&mutex);
        thread::spawn(move || drop(mutex.lock().unwrap()))
    });
    drop(guard);
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    Some(())
}

/// A thread joins another while a third runs.
fn alt_join() -> Option<()> {
    let mutex = std::sync::Arc::new(Mutex::new(()));
    let guard = mutex.lock().unwrap();
    let other = std::sync::Arc::clone(&mutex);
    let one = thread::spawn(|| {});
    let two = thread::spawn(move || {
        drop(other.lock().unwrap());
        one.join().unwrap();
    });
    let three = thread::spawn(|| {});
    drop(guard);
    three.join().unwrap();
    two.join().unwrap();
    Some(())
}

fn unique_ids() -> Option<()> {
    let threads = [(); 2].map(|()| thread::spawn(|| thread::current().id()));
    let handles = threads.each_ref().map(|thread| thread.thread().id());
    let own = threads.map(|thread| thread.join().unwrap());
    assert_eq!(own, handles);
    assert_ne!(own[0], own[1]);
    assert!(!own.contains(&thread::current().id()));
    Some(())
}

fn thread_names() -> Option<()> {
    let name = || thread::current().name().map(str::to_owned);
    assert_eq!(thread::spawn(name).join().unwrap(), None);
    let builder = thread::Builder::new().name("foobar".to_owned());
    let named = builder.spawn(name).unwrap();
    assert_eq!(named.thread().name(), Some("foobar"));
    assert_eq!(named.join().unwrap().as_deref(), Some("foobar"));
    Some(())
}

/// A thread gets the stack that it asks for.
fn stack_size() -> Option<()> {
    const WORDS: usize = 1 << 16;
    let large = thread::Builder::new()
        .stack_size(2 * WORDS * size_of::<usize>())
        .spawn(|| {
            std::hint::black_box(&mut [0_usize; WORDS]);
        });
    large.unwrap().join().unwrap();
    Some(())
}

fn park_after_unpark() -> Option<()> {
    thread::current().unpark();
    thread::park();
    Some(())
}

racecourse::thread_local! {
    static ONE: RefCell<usize> = RefCell::new(1);
    static TWO: RefCell<usize> = RefCell::new(2);
}

fn thread_local() -> Option<()> {
    let try_it = |n| {
        ONE.with(|local| assert_eq!(local.replace(n), 1));
        ONE.with(|local| assert_eq!(*local.borrow(), n));
    };
    let group = over(()).each(2, move |(), i| try_it(i + 2));
    try_it(4);
    group.join()
}

fn nested_with() -> Option<()> {
    ONE.with(|one| *one.borrow_mut() = TWO.with(|two| *two.borrow()));
    Some(())
}
