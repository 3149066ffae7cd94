use core::cell::{Cell, RefCell};
use core::fmt;

/// Declares thread-locals: std's outside of a check, the model thread's inside. The syntax is
/// [`std::thread_local!`]'s.
///
/// ```
/// use std::cell::Cell;
///
/// racecourse::thread_local! {
///     static CALLS: Cell<u32> = const { Cell::new(0) };
/// }
/// CALLS.with(|calls| calls.set(calls.get() + 1));
/// assert_eq!(CALLS.get(), 1);
/// ```
#[macro_export]
macro_rules! thread_local {
    () => {};
    ($(#[$attr:meta])* $vis:vis static $name:ident : $type:ty = const $init:block $(; $($rest:tt)*)?) => {
        $crate::thread_local! { @one [$(#[$attr])*] [$vis] $name, $type, const $init, $init }
        $($crate::thread_local! { $($rest)* })?
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident : $type:ty = $init:expr $(; $($rest:tt)*)?) => {
        $crate::thread_local! { @one [$(#[$attr])*] [$vis] $name, $type, $init, $init }
        $($crate::thread_local! { $($rest)* })?
    };
    (@one [$(#[$attr:meta])*] [$vis:vis] $name:ident, $type:ty, $native:expr, $init:expr) => {
        $(#[$attr])*
        $vis const $name: $crate::thread::LocalKey<$type> = {
            ::std::thread_local! { static NATIVE: $type = $native; }
            fn init() -> $type {
                $init
            }
            static KEY: $crate::thread::__Key = $crate::thread::__Key::new();
            $crate::thread::LocalKey::__new(&NATIVE, init, &KEY)
        };
    };
}

/// The identity of a thread-local, by its address.
#[doc(hidden)]
#[derive(Debug)]
pub struct __Key(
    #[expect(
        dead_code,
        reason = "a static without a size has no address of its own"
    )]
    u8,
);

impl __Key {
    #[doc(hidden)]
    pub const fn new() -> Self {
        Self(0)
    }
}

/// A thread-local, declared by [`thread_local!`](crate::thread_local).
pub struct LocalKey<T: 'static> {
    native: &'static std::thread::LocalKey<T>,
    #[cfg(feature = "check")]
    init: fn() -> T,
    #[cfg(feature = "check")]
    key: &'static __Key,
}

/// The thread-local was used while its thread ends, after its own destructor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessError(());

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the thread-local is used after its destructor ran; use it earlier, or not from a destructor")
    }
}

impl std::error::Error for AccessError {}

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn __new(
        native: &'static std::thread::LocalKey<T>,
        init: fn() -> T,
        key: &'static __Key,
    ) -> Self {
        let _ = (init, key);
        Self {
            native,
            #[cfg(feature = "check")]
            init,
            #[cfg(feature = "check")]
            key,
        }
    }

    /// Gives `f` the thread's own value, made at its first use.
    ///
    /// # Panics
    /// If the value's destructor has run already.
    #[track_caller]
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        match self.try_with(f) {
            Ok(result) => result,
            Err(error) => panic!("{error}"),
        }
    }

    /// Gives `f` the thread's own value, made at its first use.
    ///
    /// # Errors
    /// If the value's destructor has run already.
    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        #[cfg(feature = "check")]
        if let Some(x) = crate::check::execution::current() {
            return self.model_with(x, f);
        }
        self.native.try_with(f).map_err(|_| AccessError(()))
    }

    #[cfg(feature = "check")]
    fn model_with<R>(
        &'static self,
        x: &crate::check::execution::Execution,
        f: impl FnOnce(&T) -> R,
    ) -> Result<R, AccessError> {
        use crate::check::execution::Local;
        let key = core::ptr::from_ref(self.key).addr();
        if let Local::Uninitialised = x.local(key) {
            let value = (self.init)();
            // The initialiser may have used the thread-local itself; the later value then wins, as in std.
            x.set_local(key, Box::new(value));
        }
        match x.local(key) {
            Local::Value(value) => {
                // SAFETY: the value is boxed and stays until the thread's end, which is not before `f`'s.
                let value = unsafe { value.as_ref() };
                let value = value.downcast_ref::<T>();
                Ok(f(value.expect("a thread-local keeps its type")))
            }
            Local::Uninitialised | Local::Destroyed => Err(AccessError(())),
        }
    }
}

impl<T: 'static> LocalKey<Cell<T>> {
    /// Sets the value.
    pub fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }

    /// A copy of the value.
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// Takes the value, leaving the default.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// Replaces the value and returns the old one.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<RefCell<T>> {
    /// Gives `f` the value.
    ///
    /// # Panics
    /// If it is mutably borrowed.
    pub fn with_borrow<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.with(|cell| f(&cell.borrow()))
    }

    /// Gives `f` the value to change.
    ///
    /// # Panics
    /// If it is borrowed.
    pub fn with_borrow_mut<R>(&'static self, f: impl FnOnce(&mut T) -> R) -> R {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}
