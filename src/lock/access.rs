//! What the locks that give out a guard share.

/// For a lock with a `value` cell and a guard with a `lock` field: who may have them on which thread, and access through the guard.
macro_rules! guarded {
    ($lock:ident, $guard:ident) => {
        // SAFETY: the lock hands the value from thread to thread, but to one at a time. That needs `T: Send`, and no
        // `T: Sync`, since no two threads ever have a reference to the value at once.
        unsafe impl<T: ?Sized + Send> Sync for $lock<T> {}
        // SAFETY: the lock owns its value; who moves the lock moves the value.
        unsafe impl<T: ?Sized + Send> Send for $lock<T> {}
        // SAFETY: a shared guard gives only `&T`, which threads may share if `T: Sync`.
        unsafe impl<T: ?Sized + Sync> Sync for $guard<'_, T> {}

        impl<T: Default> Default for $lock<T> {
            fn default() -> Self {
                Self::new(T::default())
            }
        }

        impl<T> From<T> for $lock<T> {
            fn from(value: T) -> Self {
                Self::new(value)
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $lock<T> {
            /// Shows the value if the lock is free, and `<locked>` if not: it never waits.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut shown = f.debug_struct(stringify!($lock));
                match self.try_lock() {
                    Some(guard) => shown.field("value", &&*guard),
                    None => shown.field("value", &format_args!("<locked>")),
                };
                shown.finish()
            }
        }

        impl<T: ?Sized> Deref for $guard<'_, T> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                // SAFETY: this guard holds the lock, so no other thread has access; the borrow of the guard keeps
                // `deref_mut` away while the reference lives.
                self.lock.value.with(|value| unsafe { &*value })
            }
        }

        impl<T: ?Sized> DerefMut for $guard<'_, T> {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                // SAFETY: this guard holds the lock, so no other thread has access; the exclusive borrow of
                // the guard makes the reference the only one.
                self.lock.value.with_mut(|value| unsafe { &mut *value })
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

pub(super) use guarded;
