//! Whatever is particular to an operating system.

/// Reports an overflow of a model thread's stack before the process dies of it.
#[cfg(all(feature = "check", unix))]
pub(crate) mod overflow {
    use core::cell::Cell;
    use core::ffi::{c_int, c_void};
    use core::mem::MaybeUninit;
    use std::sync::Once;

    std::thread_local! {
        /// The lowest address of the running coroutine's stack; its guard page lies there.
        static LIMIT: Cell<usize> = const { Cell::new(0) };
    }

    /// How far from a stack's lowest address a fault counts as its overflow: pages have at most 64 KiB.
    const REACH: usize = 64 * 1024;

    static mut PREVIOUS: [MaybeUninit<libc::sigaction>; 2] = [MaybeUninit::uninit(); 2];
    const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

    /// Says on which stack this OS thread runs from here on, and returns what was said before.
    pub(crate) fn running_on(limit: usize) -> usize {
        LIMIT.replace(limit)
    }

    /// Installs the handler, once.
    pub(crate) fn install() {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            for (i, signal) in SIGNALS.into_iter().enumerate() {
                // SAFETY: the handler only writes a message and hands on to the previous one. `PREVIOUS` is
                // written here, before any use of ours of a coroutine, and only read afterwards.
                unsafe {
                    let mut action: libc::sigaction = core::mem::zeroed();
                    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                    action.sa_sigaction = handler as *const () as libc::sighandler_t;
                    let previous = &raw mut PREVIOUS;
                    libc::sigaction(signal, &raw const action, (*previous)[i].as_mut_ptr());
                }
            }
        });
    }

    extern "C" fn handler(signal: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
        let limit = LIMIT.get();
        // SAFETY: the kernel passes a valid `info`.
        let address = unsafe { (*info).si_addr() }.addr();
        if limit != 0 && (limit.saturating_sub(REACH)..limit + REACH).contains(&address) {
            const MESSAGE: &str = "\nracecourse: a thread of the scenario overflowed its stack, which ends the process. \
                Recurse less, or give the thread more with `thread::Builder::stack_size` (the least is 256 KiB).\n";
            // SAFETY: `write` is async-signal-safe; the bytes are valid.
            unsafe {
                libc::write(libc::STDERR_FILENO, MESSAGE.as_ptr().cast(), MESSAGE.len());
            }
        }
        // SAFETY: gives the signal back to who had it; returning raises the fault again.
        unsafe {
            let previous = &raw const PREVIOUS;
            let i = usize::from(signal != SIGNALS[0]);
            libc::sigaction(signal, (*previous)[i].as_ptr(), core::ptr::null_mut());
        }
    }
}

/// Elsewhere an overflow ends the process without a word of ours.
#[cfg(all(feature = "check", not(unix)))]
pub(crate) mod overflow {
    pub(crate) fn running_on(_: usize) -> usize {
        0
    }

    pub(crate) fn install() {}
}

/// Keeps a process alive that std would abort because a destructor panicked while its thread was unwinding.
///
/// The panic hook cannot stop there: std holds the hook's lock while it runs, and would wait for it when
/// the hook is next changed (the test harness does so at its end). So the hook returns, std calls `abort`,
/// and the handler of its signal parks the thread for good.
#[cfg(all(feature = "check", unix))]
pub(crate) mod abort {
    use core::cell::Cell;
    use core::ffi::c_int;
    use core::mem::MaybeUninit;
    use std::sync::Once;

    std::thread_local! {
        static GIVEN_UP: Cell<bool> = const { Cell::new(false) };
    }

    static mut PREVIOUS: MaybeUninit<libc::sigaction> = MaybeUninit::uninit();

    /// This OS thread is about to abort the process; it shall be parked instead.
    pub(crate) fn give_up_thread() {
        GIVEN_UP.set(true);
    }

    /// Installs the handler, once.
    pub(crate) fn install() {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            // SAFETY: the handler calls only what is async-signal-safe. `PREVIOUS` is written here, before
            // any thread is given up, and only read afterwards.
            unsafe {
                let mut action: libc::sigaction = core::mem::zeroed();
                action.sa_flags = libc::SA_ONSTACK;
                action.sa_sigaction = handler as *const () as libc::sighandler_t;
                let previous = &raw mut PREVIOUS;
                libc::sigaction(libc::SIGABRT, &raw const action, (*previous).as_mut_ptr());
            }
        });
    }

    extern "C" fn handler(signal: c_int) {
        // SAFETY: `pause`, `sigaction` and `raise` are async-signal-safe; `PREVIOUS` was written before.
        unsafe {
            while GIVEN_UP.get() {
                libc::pause();
            }
            let previous = &raw const PREVIOUS;
            libc::sigaction(signal, (*previous).as_ptr(), core::ptr::null_mut());
            libc::raise(signal);
        }
    }
}

/// Elsewhere the process aborts, as it does without a check.
#[cfg(all(feature = "check", not(unix)))]
pub(crate) mod abort {
    pub(crate) fn give_up_thread() {}

    pub(crate) fn install() {}
}

/// A full memory barrier on every thread of the process, made by one of them.
pub(crate) mod membarrier {
    /// Asks the system for it. False if it has none, or none is known here. Once true, it stays true.
    pub(crate) fn register() -> bool {
        inner::call(inner::REGISTER_PRIVATE_EXPEDITED)
    }

    /// Makes it. False if [`register`] was not called, or returned false.
    pub(crate) fn make() -> bool {
        inner::call(inner::PRIVATE_EXPEDITED)
    }

    // Not by the crate `libc`, which is there for some features only: the number is all that it would give.
    #[cfg(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64"),
        target_pointer_width = "64",
        not(miri)
    ))]
    mod inner {
        use core::ffi::{c_int, c_long, c_uint};

        pub(super) const PRIVATE_EXPEDITED: c_int = 1 << 3;
        pub(super) const REGISTER_PRIVATE_EXPEDITED: c_int = 1 << 4;
        const SYS_MEMBARRIER: c_long = if cfg!(target_arch = "x86_64") {
            324
        } else {
            283
        };

        unsafe extern "C" {
            fn syscall(number: c_long, ...) -> c_long;
        }

        pub(super) fn call(command: c_int) -> bool {
            let (flags, processor): (c_uint, c_int) = (0, 0);
            // SAFETY: membarrier(2) takes these three and touches no memory of ours. A kernel that does not know it, or
            // a sandbox that does not let it through, returns an error.
            unsafe { syscall(SYS_MEMBARRIER, command, flags, processor) == 0 }
        }
    }

    #[cfg(not(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64"),
        target_pointer_width = "64",
        not(miri)
    )))]
    mod inner {
        pub(super) const PRIVATE_EXPEDITED: i32 = 0;
        pub(super) const REGISTER_PRIVATE_EXPEDITED: i32 = 0;

        pub(super) fn call(_: i32) -> bool {
            false
        }
    }
}
