//! Scoped threads. With the feature `check` the scope is our own, native or not: std's cannot be built
//! around model threads.

#[cfg(not(feature = "check"))]
pub use native::{Scope, ScopedJoinHandle, scope};
#[cfg(feature = "check")]
pub use ours::{Scope, ScopedJoinHandle, scope};

#[cfg(not(feature = "check"))]
mod native {
    use core::fmt;
    use std::io;

    use crate::thread::{Builder, Result};

    /// A scope in which threads may borrow. See [`std::thread::Scope`].
    #[repr(transparent)]
    pub struct Scope<'scope, 'env: 'scope>(std::thread::Scope<'scope, 'env>);

    /// Waits for a scoped thread and takes its result.
    #[repr(transparent)]
    pub struct ScopedJoinHandle<'scope, T>(std::thread::ScopedJoinHandle<'scope, T>);

    /// Runs `f` with a scope, and waits for the threads that it started. See [`std::thread::scope`].
    ///
    /// # Panics
    /// If a thread panicked and was not joined.
    pub fn scope<'env, F, T>(f: F) -> T
    where
        F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
    {
        std::thread::scope(|scope| {
            // SAFETY: `Scope` is transparent over std's.
            f(unsafe { &*core::ptr::from_ref(scope).cast() })
        })
    }

    impl<'scope> Scope<'scope, '_> {
        /// Starts a thread.
        ///
        /// # Panics
        /// If the operating system refuses it.
        pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
        where
            F: FnOnce() -> T + Send + 'scope,
            T: Send + 'scope,
        {
            ScopedJoinHandle(self.0.spawn(f))
        }
    }

    impl Builder {
        /// Starts a scoped thread.
        ///
        /// # Errors
        /// If the operating system refuses it.
        pub fn spawn_scoped<'scope, 'env, F, T>(
            self,
            scope: &'scope Scope<'scope, 'env>,
            f: F,
        ) -> io::Result<ScopedJoinHandle<'scope, T>>
        where
            F: FnOnce() -> T + Send + 'scope,
            T: Send + 'scope,
        {
            self.native()
                .spawn_scoped(&scope.0, f)
                .map(ScopedJoinHandle)
        }
    }

    impl<T> ScopedJoinHandle<'_, T> {
        /// Waits until the thread has ended.
        ///
        /// # Errors
        /// The payload of its panic, if it panicked.
        pub fn join(self) -> Result<T> {
            self.0.join()
        }

        /// Whether the thread has ended, without waiting.
        #[must_use]
        pub fn is_finished(&self) -> bool {
            self.0.is_finished()
        }
    }

    impl fmt::Debug for Scope<'_, '_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fmt(f)
        }
    }

    impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fmt(f)
        }
    }
}

#[cfg(feature = "check")]
mod ours {
    use core::fmt;
    use core::marker::PhantomData;
    use core::panic::Location;
    use std::io;
    use std::panic::AssertUnwindSafe;
    use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

    use crate::check::execution::{self, Place, TearDown};
    use crate::check::lock_order;
    use crate::thread::builder::started;
    use crate::thread::handle::{Body, ModelJoin, Packet};
    use crate::thread::{Builder, Result};

    /// A scope in which threads may borrow. See [`std::thread::Scope`].
    pub struct Scope<'scope, 'env: 'scope> {
        data: Arc<Data>,
        scope: PhantomData<&'scope mut &'scope ()>,
        env: PhantomData<&'env mut &'env ()>,
    }

    #[derive(Default)]
    struct Data {
        state: Mutex<State>,
        ended: Condvar,
    }

    #[derive(Default)]
    struct State {
        /// Native threads that run.
        running: usize,
        /// Model threads that were not yet waited for.
        model: Vec<usize>,
        /// Threads that panicked and were not joined.
        panicked: usize,
    }

    impl Data {
        fn state(&self) -> MutexGuard<'_, State> {
            self.state.lock().unwrap_or_else(PoisonError::into_inner)
        }

        /// Starts a thread.
        ///
        /// # Safety
        /// What `f` borrows must outlive the thread.
        unsafe fn start<'a, T: Send + 'a>(
            self: &Arc<Self>,
            builder: Builder,
            f: Body<'a, T>,
            place: Place,
        ) -> io::Result<Join<T>> {
            let watched = Arc::clone(self);
            if let Some(x) = execution::current() {
                let stack = builder.stack_size.unwrap_or(0);
                // SAFETY: the caller keeps what is borrowed.
                let model =
                    unsafe { ModelJoin::spawn(x, builder.name, stack, watched.model(f), place) };
                self.state().model.push(model.id());
                return Ok(Join::Model(model));
            }
            let packet: Packet<T> = Arc::default();
            let mine = Arc::clone(&packet);
            let body: Body<'a, ()> = Box::new(move || {
                let result = std::panic::catch_unwind(AssertUnwindSafe(f));
                let panicked = result.is_err();
                *mine.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                drop(mine);
                watched.end(panicked);
            });
            // SAFETY: the caller keeps what is borrowed.
            let handle = unsafe { self.start_native(builder, body) }?;
            Ok(Join::Native(handle, packet))
        }

        /// Starts a native thread, which calls [`end`](Self::end) when nothing borrowed is used any more.
        ///
        /// # Safety
        /// What `body` borrows must outlive the thread.
        unsafe fn start_native(
            &self,
            builder: Builder,
            body: Body<'_, ()>,
        ) -> io::Result<std::thread::JoinHandle<()>> {
            self.state().running += 1;
            let body = lock_order::inherited(builder.name.as_deref(), body);
            // SAFETY: the caller keeps what is borrowed.
            let spawned = unsafe { builder.native().spawn_unchecked(body) };
            if spawned.is_err() {
                self.state().running -= 1;
            }
            spawned
        }

        /// A native thread is over.
        fn end(&self, panicked: bool) {
            let mut state = self.state();
            state.panicked += usize::from(panicked);
            state.running -= 1;
            drop(state);
            self.ended.notify_all();
        }

        /// What a model thread runs: `f`, and its panic is counted.
        fn model<'a, T: 'a>(self: Arc<Self>, f: Body<'a, T>) -> Body<'a, T> {
            Box::new(
                move || match std::panic::catch_unwind(AssertUnwindSafe(f)) {
                    Ok(value) => value,
                    Err(payload) => {
                        if !payload.is::<TearDown>() {
                            self.state().panicked += 1;
                        }
                        std::panic::resume_unwind(payload)
                    }
                },
            )
        }

        /// Waits for all threads. True: one panicked, and was not joined.
        fn wait(&self, place: Place) -> bool {
            match execution::current() {
                Some(x) => loop {
                    let next = self.state().model.pop();
                    match next {
                        Some(thread) => {
                            // Torn down, the others are unwound before this one; a join is then a dummy. It may
                            // unwind from here: the scope's closure is over.
                            if !x.torn_down() {
                                x.join(thread, place);
                            }
                        }
                        None => break,
                    }
                },
                None => {
                    let mut state = self.state();
                    while state.running > 0 {
                        state = self
                            .ended
                            .wait(state)
                            .unwrap_or_else(PoisonError::into_inner);
                    }
                }
            }
            self.state().panicked > 0
        }
    }

    /// Waits for a scoped thread and takes its result.
    pub struct ScopedJoinHandle<'scope, T> {
        join: Join<T>,
        data: Arc<Data>,
        scope: PhantomData<&'scope ()>,
    }

    enum Join<T> {
        Native(std::thread::JoinHandle<()>, Packet<T>),
        Model(ModelJoin<T>),
    }

    /// Runs `f` with a scope, and waits for the threads that it started. See [`std::thread::scope`].
    ///
    /// # Panics
    /// If a thread panicked and was not joined.
    #[track_caller]
    pub fn scope<'env, F, T>(f: F) -> T
    where
        F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
    {
        let place = Location::caller();
        let scope = Scope {
            data: Arc::default(),
            scope: PhantomData,
            env: PhantomData,
        };
        let result = std::panic::catch_unwind(AssertUnwindSafe(|| f(&scope)));
        let panicked = scope.data.wait(place);
        match result {
            Err(payload) => std::panic::resume_unwind(payload),
            Ok(_) if panicked => panic!("a scoped thread panicked"),
            Ok(value) => value,
        }
    }

    impl<'scope> Scope<'scope, '_> {
        /// Starts a thread.
        ///
        /// # Panics
        /// If the operating system refuses it.
        #[track_caller]
        pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
        where
            F: FnOnce() -> T + Send + 'scope,
            T: Send + 'scope,
        {
            self.start(Box::new(f), Location::caller())
        }

        #[track_caller]
        fn start<T: Send + 'scope>(
            &'scope self,
            f: Body<'scope, T>,
            place: Place,
        ) -> ScopedJoinHandle<'scope, T> {
            started(self.start_with(Builder::new(), f, place))
        }

        fn start_with<T: Send + 'scope>(
            &'scope self,
            builder: Builder,
            f: Body<'scope, T>,
            place: Place,
        ) -> io::Result<ScopedJoinHandle<'scope, T>> {
            let data = Arc::clone(&self.data);
            // SAFETY: `scope` waits for the thread before what it borrows goes.
            let join = unsafe { data.start(builder, f, place) }?;
            Ok(ScopedJoinHandle {
                join,
                data,
                scope: PhantomData,
            })
        }
    }

    impl Builder {
        /// Starts a scoped thread.
        ///
        /// # Errors
        /// If the operating system refuses it.
        #[track_caller]
        pub fn spawn_scoped<'scope, 'env, F, T>(
            self,
            scope: &'scope Scope<'scope, 'env>,
            f: F,
        ) -> io::Result<ScopedJoinHandle<'scope, T>>
        where
            F: FnOnce() -> T + Send + 'scope,
            T: Send + 'scope,
        {
            scope.start_with(self, Box::new(f), Location::caller())
        }
    }

    impl<T> ScopedJoinHandle<'_, T> {
        /// Waits until the thread has ended.
        ///
        /// # Errors
        /// The payload of its panic, if it panicked.
        #[track_caller]
        pub fn join(self) -> Result<T> {
            let result = match self.join {
                Join::Native(handle, packet) => {
                    handle.join()?;
                    let result = packet.lock().unwrap_or_else(PoisonError::into_inner).take();
                    result.unwrap_or_else(|| Err(Box::new("the scoped thread left no result")))
                }
                Join::Model(model) => {
                    self.data.state().model.retain(|id| *id != model.id());
                    model.join(Location::caller())
                }
            };
            if let Err(payload) = &result
                && !payload.is::<TearDown>()
            {
                self.data.state().panicked -= 1;
            }
            result
        }

        /// Whether the thread has ended, without waiting.
        #[must_use]
        #[track_caller]
        pub fn is_finished(&self) -> bool {
            match &self.join {
                Join::Native(handle, _) => handle.is_finished(),
                Join::Model(model) => model.is_finished(Location::caller()),
            }
        }
    }

    impl fmt::Debug for Scope<'_, '_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Scope").finish_non_exhaustive()
        }
    }

    impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("ScopedJoinHandle").finish_non_exhaustive()
        }
    }
}
