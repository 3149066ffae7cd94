//! What the tests on real threads share.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle};

/// [`std::thread::scope`] that joins each of its threads, and passes the first panic on.
///
/// std's own counts the threads down instead. `ThreadSanitizer` cannot see that where std itself was compiled without
/// it, and takes whatever the threads did for unordered with what comes after the scope; it does see a join.
pub fn scope<'env>(body: impl for<'scope> FnOnce(&Scope<'scope, 'env>)) {
    thread::scope(|inner| {
        let scope = Scope {
            inner,
            threads: RefCell::default(),
        };
        body(&scope);
        for thread in scope.threads.into_inner() {
            thread
                .join()
                .unwrap_or_else(|payload| resume_unwind(payload));
        }
    });
}

/// See [`scope`].
#[derive(Debug)]
pub struct Scope<'scope, 'env: 'scope> {
    inner: &'scope thread::Scope<'scope, 'env>,
    threads: RefCell<Vec<ScopedJoinHandle<'scope, ()>>>,
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a thread, to be joined at the end of the scope.
    pub fn spawn(&self, body: impl FnOnce() + Send + 'scope) {
        self.threads.borrow_mut().push(self.inner.spawn(body));
    }
}
