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
