//! Atomics: core's outside of a check, the engine's inside.

use core::panic::Location;
use core::sync::atomic::{AtomicBool as Flag, Ordering};

use super::slot::Slot;
use crate::check::execution::{Execution, Place};
use crate::check::kernel::{Exchange, Int, ObjectId, Rmw, StaticKind};

/// A value that travels as `u64`.
pub(crate) trait Word: Copy {
    fn to_word(self) -> u64;
    fn from_word(word: u64) -> Self;
}

impl Word for bool {
    fn to_word(self) -> u64 {
        u64::from(self)
    }
    fn from_word(word: u64) -> Self {
        word != 0
    }
}

impl<T> Word for *mut T {
    fn to_word(self) -> u64 {
        self.expose_provenance() as u64
    }
    fn from_word(word: u64) -> Self {
        core::ptr::with_exposed_provenance_mut(word as usize)
    }
}

macro_rules! words {
    ($($type:ty)*) => {$(
        impl Word for $type {
            fn to_word(self) -> u64 {
                // Through `i64` a signed value keeps its sign.
                if <$type>::MIN == 0 { self as u64 } else { (self as i64).cast_unsigned() }
            }
            fn from_word(word: u64) -> Self {
                word as $type
            }
        }
    )*};
}
words! { u8 u16 u32 u64 usize i8 i16 i32 i64 isize }

macro_rules! dual_atomic {
    ($name:ident $(<$param:ident>)?, $type:ty, $int:expr) => {
        #[derive(Debug)]
        pub(crate) struct $name $(<$param>)? {
            slot: Slot,
            native: core::sync::atomic::$name $(<$param>)?,
            /// `get_mut` gave the native value away; the engine has not seen it since.
            changed: Flag,
        }

        impl $(<$param>)? $name $(<$param>)? {
            pub(crate) const fn const_new(value: $type) -> Self {
                Self {
                    slot: Slot::of_static(),
                    native: core::sync::atomic::$name::new(value),
                    changed: Flag::new(false),
                }
            }

            #[track_caller]
            pub(crate) fn new(value: $type) -> Self {
                Self::labelled("atomic", value)
            }

            #[track_caller]
            pub(crate) fn labelled(label: &'static str, value: $type) -> Self {
                let place = Location::caller();
                Self {
                    slot: Slot::new(|x| x.new_atomic(label, $int, value.to_word(), place)),
                    ..Self::const_new(value)
                }
            }

            #[inline]
            fn model<'a>(&self, place: Place) -> Option<(&'a Execution, ObjectId)> {
                let address = core::ptr::from_ref(self).addr();
                // ORDERING: Relaxed; inside of a check the native value is not shared.
                let initial = self.native.load(Ordering::Relaxed).to_word();
                let of_static = Some(("static", StaticKind::Atomic($int, initial)));
                let (x, id) = self.slot.model(stringify!($name), address, place, of_static)?;
                // ORDERING: Relaxed; set under `&mut`.
                if self.changed.load(Ordering::Relaxed) {
                    self.changed.store(false, Ordering::Relaxed);
                    x.set_exclusive(id, initial);
                }
                Some((x, id))
            }

            #[track_caller]
            #[inline]
            pub(crate) fn load(&self, order: Ordering) -> $type {
                match self.model(Location::caller()) {
                    None => self.native.load(order),
                    Some((x, id)) => <$type>::from_word(x.load(id, order, Location::caller())),
                }
            }

            #[track_caller]
            #[inline]
            pub(crate) fn store(&self, value: $type, order: Ordering) {
                match self.model(Location::caller()) {
                    None => self.native.store(value, order),
                    Some((x, id)) => x.store(id, value.to_word(), order, Location::caller()),
                }
            }

            #[track_caller]
            pub(crate) fn compare_exchange(
                &self,
                current: $type,
                new: $type,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$type, $type> {
                match self.model(Location::caller()) {
                    None => self.native.compare_exchange(current, new, success, failure),
                    Some((x, id)) => {
                        let exchange = Exchange {
                            expected: current.to_word(),
                            new: new.to_word(),
                            success,
                            failure,
                            weak: false,
                        };
                        x.compare_exchange(id, exchange, Location::caller())
                            .map(<$type>::from_word)
                            .map_err(<$type>::from_word)
                    }
                }
            }

            #[track_caller]
            pub(crate) fn compare_exchange_weak(
                &self,
                current: $type,
                new: $type,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$type, $type> {
                match self.model(Location::caller()) {
                    None => self.native.compare_exchange_weak(current, new, success, failure),
                    Some((x, id)) => {
                        let exchange = Exchange {
                            expected: current.to_word(),
                            new: new.to_word(),
                            success,
                            failure,
                            weak: true,
                        };
                        x.compare_exchange(id, exchange, Location::caller())
                            .map(<$type>::from_word)
                            .map_err(<$type>::from_word)
                    }
                }
            }

            pub(crate) fn get_mut(&mut self) -> &mut $type {
                if let Some((x, id)) = self.slot.model_in_drop() {
                    if !*self.changed.get_mut() {
                        *self.native.get_mut() = <$type>::from_word(x.exclusive(id));
                    }
                    *self.changed.get_mut() = true;
                }
                self.native.get_mut()
            }

            pub(crate) fn into_inner(mut self) -> $type {
                *self.get_mut()
            }

            /// The value, without an operation; for `Debug`.
            pub(crate) fn peek(&self) -> $type {
                match self.slot.model_in_drop() {
                    Some((x, id)) if !self.changed.load(Ordering::Relaxed) => <$type>::from_word(x.exclusive(id)),
                    _ => self.native.load(Ordering::Relaxed),
                }
            }
        }
    };
    (@rmw $name:ident $(<$param:ident>)?, $type:ty, $($method:ident $op:ident)*) => {
        impl $(<$param>)? $name $(<$param>)? {$(
            #[track_caller]
            #[inline]
            pub(crate) fn $method(&self, value: $type, order: Ordering) -> $type {
                match self.model(Location::caller()) {
                    None => self.native.$method(value, order),
                    Some((x, id)) => <$type>::from_word(
                        x.rmw(id, Rmw::$op, value.to_word(), order, Location::caller()),
                    ),
                }
            }
        )*}
    };
}

macro_rules! dual_integers {
    ($($name:ident $type:ty, $int:ident;)*) => {$(
        dual_atomic! { $name, $type, Int::$int }
        dual_atomic! { @rmw $name, $type,
            swap Swap fetch_add Add fetch_sub Sub fetch_and And fetch_nand Nand fetch_or Or
            fetch_xor Xor fetch_max Max fetch_min Min }
    )*};
}

dual_integers! {
    AtomicU8 u8, U8; AtomicU16 u16, U16; AtomicU32 u32, U32; AtomicU64 u64, U64; AtomicUsize usize, Usize;
    AtomicI8 i8, I8; AtomicI16 i16, I16; AtomicI32 i32, I32; AtomicI64 i64, I64; AtomicIsize isize, Isize;
}

dual_atomic! { AtomicBool, bool, Int::Bool }
dual_atomic! { @rmw AtomicBool, bool,
swap Swap fetch_and And fetch_nand Nand fetch_or Or fetch_xor Xor }

dual_atomic! { AtomicPtr<T>, *mut T, Int::Pointer }
dual_atomic! { @rmw AtomicPtr<T>, *mut T, swap Swap }

macro_rules! dual_pointer {
    ($($method:ident $op:ident $bytes:expr;)*) => {
        impl<T> AtomicPtr<T> {$(
            #[track_caller]
            #[inline]
            pub(crate) fn $method(&self, value: usize, order: Ordering) -> *mut T {
                match self.model(Location::caller()) {
                    None => self.native.$method(value, order),
                    Some((x, id)) => {
                        let value = value.wrapping_mul($bytes) as u64;
                        Word::from_word(x.rmw(id, Rmw::$op, value, order, Location::caller()))
                    }
                }
            }
        )*}
    };
}

dual_pointer! {
    fetch_ptr_add Add size_of::<T>();
    fetch_ptr_sub Sub size_of::<T>();
    fetch_byte_add Add 1;
    fetch_byte_sub Sub 1;
    fetch_or Or 1;
    fetch_and And 1;
    fetch_xor Xor 1;
}

/// A fence.
#[track_caller]
#[inline]
pub(crate) fn fence(order: Ordering) {
    fence_at(order, Location::caller());
}

/// A fence that is a part of something at `place`.
#[inline]
pub(crate) fn fence_at(order: Ordering, place: &'static Location<'static>) {
    match crate::check::execution::current() {
        None => core::sync::atomic::fence(order),
        Some(x) => x.fence(order, place),
    }
}
