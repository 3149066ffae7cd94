//! The model threads of an execution: coroutines, of which one goes on at a time.

use std::cell::RefCell;
use std::rc::Rc;

use super::coroutine::{Coroutine, Suspender};
use super::execution::Execution;
use super::kernel::ThreadId;

#[derive(Default)]
pub(crate) struct Crew {
    coroutines: RefCell<Vec<Option<Box<Coroutine>>>>,
    suspenders: Rc<RefCell<Vec<*const Suspender>>>,
}

impl Crew {
    /// Makes thread `id`, or makes it anew. It runs `body` when it is first resumed.
    pub(crate) fn add(&self, id: ThreadId, stack: usize, body: impl FnOnce() + 'static) {
        let suspenders = Rc::clone(&self.suspenders);
        let coroutine = Coroutine::new(stack, move |suspender| {
            suspenders.borrow_mut()[id] = suspender;
            body();
        });
        let mut coroutines = self.coroutines.borrow_mut();
        if coroutines.len() <= id {
            // A thread that was started in a teardown is never heard of here.
            coroutines.resize_with(id + 1, || None);
            self.suspenders
                .borrow_mut()
                .resize(id + 1, core::ptr::null());
        }
        coroutines[id] = Some(Box::new(coroutine));
    }

    /// Lets thread `id` go on until it suspends or ends.
    // After a switch every return is mispredicted: the fewer, the better.
    #[inline(always)]
    pub(crate) fn resume(&self, x: &Execution, id: ThreadId) {
        let coroutine = self.coroutines.borrow_mut()[id].take();
        if let Some(mut coroutine) = coroutine {
            x.set_thread(id);
            if coroutine.resume() {
                self.coroutines.borrow_mut()[id] = Some(coroutine);
            } else {
                coroutine.retire();
            }
        }
    }

    /// Lets the others go on; returns when the current thread is resumed.
    #[inline(always)]
    pub(crate) fn suspend(&self, x: &Execution) {
        let suspender = self.suspenders.borrow()[x.thread()];
        // SAFETY: the thread that runs is the one whose coroutine set this pointer, and it still runs.
        unsafe { &*suspender }.suspend(());
    }

    /// Unwinds what is left, in an execution that is torn down. Children first: what a thread lent to its
    /// children must outlive them.
    pub(crate) fn unwind(&self, x: &Execution) {
        let mut id = self.coroutines.borrow().len();
        while id > 0 {
            id -= 1;
            self.resume(x, id);
            if self.coroutines.borrow()[id].is_some() {
                x.worker()
                    .lose("a thread could not be unwound after the failure");
            }
        }
    }

    /// Forgets the threads, which have all ended.
    pub(crate) fn clear(&self) {
        self.coroutines.borrow_mut().clear();
        self.suspenders.borrow_mut().clear();
    }
}
