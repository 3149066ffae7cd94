//! The programs of the table that are more than loads and stores.

/// A program in both forms, from one text: `sync`, `thread` and `cell` are ours, or loom's.
macro_rules! both {
    ($(#[$doc:meta])* $name:ident $body:block) => {
        $(#[$doc])*
        pub(crate) mod $name {
            pub(crate) mod ours {
                #[allow(unused_imports, reason = "each program uses its own")]
                use racecourse::{cell, sync, thread};
                #[allow(unused_imports, reason = "each program uses its own")]
                use std::{sync::Arc, sync::atomic::Ordering::*, time::Duration};
                pub(crate) fn run() -> Vec<u64> $body
            }
            pub(crate) mod theirs {
                #[allow(unused_imports, reason = "each program uses its own")]
                use loom::{cell, sync, thread};
                #[allow(unused_imports, reason = "each program uses its own")]
                use std::{sync::Arc, sync::atomic::Ordering::*, time::Duration};
                pub(crate) fn run() -> Vec<u64> $body
            }
            pub(crate) const SOURCE: $crate::execute::Source = $crate::execute::Source::Code {
                ours: ours::run,
                theirs: Some(theirs::run),
            };
        }
    };
}

both!(
    /// Whether a try_lock gets a lock that another thread takes and gives back.
    try_lock_against_lock {
        let mutex = Arc::new(sync::Mutex::new(()));
        let other = Arc::clone(&mutex);
        let thread = thread::spawn(move || drop(other.lock().unwrap()));
        let taken = mutex.try_lock().is_ok();
        thread.join().unwrap();
        vec![u64::from(taken)]
    }
);

both!(
    try_lock_against_try_lock {
        let mutex = Arc::new(sync::Mutex::new(()));
        let other = Arc::clone(&mutex);
        let thread = thread::spawn(move || u64::from(other.try_lock().is_ok()));
        let guard = mutex.try_lock();
        let other = thread.join().unwrap();
        vec![u64::from(guard.is_ok()), other]
    }
);

both!(
    /// A thread is unparked, and notified; it waits for the notification, then parks.
    condvar_with_park {
        let pair = Arc::new((sync::Mutex::new(false), sync::Condvar::new()));
        let main = thread::current();
        let other = Arc::clone(&pair);
        let thread = thread::spawn(move || {
            main.unpark();
            *other.0.lock().unwrap() = true;
            other.1.notify_one();
        });
        let mut ready = pair.0.lock().unwrap();
        while !*ready {
            ready = pair.1.wait(ready).unwrap();
        }
        drop(ready);
        thread::park();
        thread.join().unwrap();
        vec![]
    }
);

both!(
    /// A thread that is joining is unparked, which means nothing to it.
    unpark_of_a_joining_thread {
        let main = thread::current();
        let thread = thread::spawn(move || main.unpark());
        thread.join().unwrap();
        vec![]
    }
);

both!(
    /// `if` in place of `while`: a wakeup without a notification ends the wait too early.
    wait_without_a_loop {
        let pair = Arc::new((sync::Mutex::new(0), sync::Condvar::new()));
        let other = Arc::clone(&pair);
        let thread = thread::spawn(move || {
            *other.0.lock().unwrap() = 1;
            other.1.notify_one();
        });
        let mut ready = pair.0.lock().unwrap();
        if *ready == 0 {
            ready = pair.1.wait(ready).unwrap();
        }
        let found = *ready;
        drop(ready);
        thread.join().unwrap();
        vec![found]
    }
);

both!(
    weak_exchange {
        let x = sync::atomic::AtomicU64::new(0);
        let exchanged = x.compare_exchange_weak(0, 1, Relaxed, Relaxed).is_ok();
        vec![u64::from(exchanged)]
    }
);

both!(
    six_threads {
        let x = Arc::new(sync::atomic::AtomicU64::new(0));
        let threads: Vec<_> = (0..5)
            .map(|_| {
                let x = Arc::clone(&x);
                thread::spawn(move || x.fetch_add(1, Relaxed))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        vec![x.load(Relaxed)]
    }
);

both!(
    read_twice {
        let lock = sync::RwLock::new(7);
        let one = lock.read().unwrap();
        let two = lock.read().unwrap();
        vec![*one, *two]
    }
);

both!(
    /// Nobody notifies.
    timeout {
        let mutex = sync::Mutex::new(());
        let condvar = sync::Condvar::new();
        let guard = mutex.lock().unwrap();
        let (_guard, result) = condvar.wait_timeout(guard, Duration::from_millis(1)).unwrap();
        vec![u64::from(result.timed_out())]
    }
);

both!(
    /// Three critical sections with yields between them; another thread looks in twice.
    yield_between_sections {
        let mutex = Arc::new(sync::Mutex::new(0));
        let other = Arc::clone(&mutex);
        let thread = thread::spawn(move || {
            let first = *other.lock().unwrap();
            let second = *other.lock().unwrap();
            vec![first, second]
        });
        *mutex.lock().unwrap() += 1;
        thread::yield_now();
        *mutex.lock().unwrap() += 1;
        thread::yield_now();
        *mutex.lock().unwrap() += 1;
        thread.join().unwrap()
    }
);

both!(
    /// Three looks at a flag, with yields between them, then a step that the other thread might see.
    three_tries {
        let mutex = Arc::new(sync::Mutex::new(0));
        let flag = Arc::new(sync::atomic::AtomicBool::new(false));
        let (lock, raise) = (Arc::clone(&mutex), Arc::clone(&flag));
        let thread = thread::spawn(move || {
            let seen = *lock.lock().unwrap();
            raise.store(true, Relaxed);
            seen
        });
        let mut tries = 0;
        while !flag.load(Relaxed) && tries < 3 {
            tries += 1;
            thread::yield_now();
        }
        *mutex.lock().unwrap() = 1;
        vec![thread.join().unwrap()]
    }
);

both!(
    /// The flag goes from hand to hand; the last thread's fence has nothing of its own to acquire.
    fence_of_another_reader {
        struct Shared(cell::UnsafeCell<u64>);
        // SAFETY: whether accesses to the cell are ordered is what the program asks.
        unsafe impl Sync for Shared {}
        // SAFETY: as above.
        unsafe impl Send for Shared {}
        let data = Arc::new(Shared(cell::UnsafeCell::new(0)));
        let flags = Arc::new([(); 2].map(|()| sync::atomic::AtomicU64::new(0)));
        let (write, first) = (Arc::clone(&data), Arc::clone(&flags));
        let one = thread::spawn(move || {
            // SAFETY: see `Shared`; a race is reported in place of the access.
            write.0.with_mut(|data| unsafe { *data = 1 });
            first[0].store(1, Release);
        });
        let second = Arc::clone(&flags);
        let two = thread::spawn(move || {
            if second[0].load(Relaxed) == 1 {
                second[1].store(1, Release);
            }
        });
        let mut seen = 0;
        if flags[1].load(Acquire) == 1 {
            sync::atomic::fence(Acquire);
            // SAFETY: as above.
            seen = data.0.with(|data| unsafe { *data });
        }
        one.join().unwrap();
        two.join().unwrap();
        vec![seen]
    }
);

/// Each execution begins with the static's first value.
pub(crate) mod statics {
    pub(crate) mod ours {
        use racecourse::sync::atomic::{AtomicU64, Ordering::Relaxed};
        use racecourse::thread;

        static COUNT: AtomicU64 = AtomicU64::const_new(0);

        pub(crate) fn run() -> Vec<u64> {
            let thread = thread::spawn(|| COUNT.fetch_add(1, Relaxed));
            COUNT.fetch_add(1, Relaxed);
            thread.join().unwrap();
            vec![COUNT.load(Relaxed)]
        }
    }

    pub(crate) mod theirs {
        use std::sync::OnceLock;

        use loom::sync::atomic::{AtomicU64, Ordering::Relaxed};
        use loom::thread;

        // loom's `new` is not const.
        static COUNT: OnceLock<AtomicU64> = OnceLock::new();

        pub(crate) fn run() -> Vec<u64> {
            let count = COUNT.get_or_init(|| AtomicU64::new(0));
            let thread = thread::spawn(|| count.fetch_add(1, Relaxed));
            count.fetch_add(1, Relaxed);
            thread.join().unwrap();
            vec![count.load(Relaxed)]
        }
    }

    pub(crate) const SOURCE: crate::execute::Source = crate::execute::Source::Code {
        ours: ours::run,
        theirs: Some(theirs::run),
    };
}

pub(crate) mod is_finished {
    use std::sync::Arc;

    use racecourse::sync::Mutex;
    use racecourse::thread;

    pub(crate) fn run() -> Vec<u64> {
        let mutex = Arc::new(Mutex::new(()));
        let other = Arc::clone(&mutex);
        let thread = thread::spawn(move || drop(other.lock().unwrap()));
        drop(mutex.lock().unwrap());
        let finished = thread.is_finished();
        thread.join().unwrap();
        vec![u64::from(finished)]
    }

    pub(crate) const SOURCE: crate::execute::Source = crate::execute::Source::Code {
        ours: run,
        theirs: None,
    };
}
