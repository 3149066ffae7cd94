//! Coroutines with pooled stacks: a fresh stack costs microseconds, a used one nanoseconds.

use corosensei::stack::{DefaultStack, Stack};
use corosensei::{Coroutine as Inner, CoroutineResult, Yielder};
use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use crate::sys::overflow;

/// Bytes of a model thread's stack, unless its `Builder` asks for more.
pub(crate) const STACK: usize = 256 * 1024;

/// Stacks kept for reuse on each OS thread, and of threads that have ended.
const MOST_POOLED: usize = 64;

std::thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool(Vec::new())) };
}

/// The stacks of checks that have ended: every check has an OS thread of its own.
static SPARE: Mutex<Vec<DefaultStack>> = Mutex::new(Vec::new());

struct Pool(Vec<DefaultStack>);

impl Drop for Pool {
    fn drop(&mut self) {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST_POOLED.saturating_sub(spare.len());
        self.0.truncate(room);
        spare.append(&mut self.0);
    }
}

/// Takes a stack of at least `size` bytes.
///
/// # Panics
/// If the operating system refuses the memory.
pub(crate) fn take_stack(size: usize) -> DefaultStack {
    let pooled = if size <= STACK {
        POOL.with_borrow_mut(|Pool(own)| own.pop())
            .or_else(|| SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop())
    } else {
        None
    };
    pooled.unwrap_or_else(|| {
        DefaultStack::new(size.max(STACK)).unwrap_or_else(|error| {
            panic!(
                "no memory for the stack of a model thread ({} bytes): {error}",
                size.max(STACK)
            )
        })
    })
}

/// Gives a stack back.
pub(crate) fn give_stack(stack: DefaultStack) {
    let size = stack.base().get() - stack.limit().get();
    POOL.with_borrow_mut(|Pool(pool)| {
        if pool.len() < MOST_POOLED && size < 2 * STACK {
            pool.push(stack);
        }
    });
}

/// How a coroutine lets others run.
pub(crate) type Suspender = Yielder<(), ()>;

/// A model thread.
pub(crate) struct Coroutine {
    inner: Inner<(), (), (), DefaultStack>,
    /// The lowest address of its stack.
    limit: usize,
}

impl Coroutine {
    /// `body` is given the means to suspend; it must not unwind.
    pub(crate) fn new(stack: usize, body: impl FnOnce(&Suspender) + 'static) -> Self {
        let stack = take_stack(stack);
        let limit = stack.limit().get();
        let inner = Inner::with_stack(stack, move |suspender: &Suspender, ()| body(suspender));
        Self { inner, limit }
    }

    /// Runs it until it suspends (true) or ends.
    #[inline(always)]
    pub(crate) fn resume(&mut self) -> bool {
        let outer = overflow::running_on(self.limit);
        let result = self.inner.resume(());
        overflow::running_on(outer);
        matches!(result, CoroutineResult::Yield(()))
    }

    /// Pools the stack of one that has ended.
    pub(crate) fn retire(self) {
        give_stack(self.inner.into_stack());
    }
}

/// Runs `f` on a pooled stack of at least `size` bytes.
#[cfg(feature = "loom")]
pub(crate) fn on_stack(size: usize, f: impl FnOnce()) {
    let mut stack = take_stack(size);
    let limit = stack.limit().get();
    // What `f` runs may switch to other coroutines and back; each says where it runs when it goes on.
    let outer = overflow::running_on(limit);
    corosensei::on_stack(&mut stack, f);
    overflow::running_on(outer);
    give_stack(stack);
}
