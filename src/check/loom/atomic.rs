//! loom's atomics behind one type; values travel as `u64`.

use core::sync::atomic::Ordering;

use loom::sync::atomic as real;

use crate::check::kernel::{Exchange, Int, Rmw};

/// Extends a value to 64 bits; `as i64` keeps the sign of a signed one and changes no unsigned one.
macro_rules! extend {
    ($value:expr, $type:ty) => {{
        let value: $type = $value;
        if <$type>::MIN == 0 {
            value as u64
        } else {
            (value as i64).cast_unsigned()
        }
    }};
}

macro_rules! atomics {
    ($($int:ident $atomic:ident $type:ty),* $(,)?) => {
        /// One of loom's atomics.
        #[derive(Debug)]
        pub(super) enum Atomic {
            Bool(real::AtomicBool),
            $($int(real::$atomic),)*
        }

        impl Atomic {
            pub(super) fn new(int: Int, value: u64) -> Self {
                match int {
                    Int::Bool => Self::Bool(real::AtomicBool::new(value != 0)),
                    // A pointer is compared and swapped like its address.
                    Int::Pointer => Self::Usize(real::AtomicUsize::new(value as usize)),
                    $(Int::$int => Self::$int(real::$atomic::new(value as $type)),)*
                }
            }

            pub(super) fn load(&self, order: Ordering) -> u64 {
                match self {
                    Self::Bool(atomic) => u64::from(atomic.load(order)),
                    $(Self::$int(atomic) => extend!(atomic.load(order), $type),)*
                }
            }

            pub(super) fn store(&self, value: u64, order: Ordering) {
                match self {
                    Self::Bool(atomic) => atomic.store(value != 0, order),
                    $(Self::$int(atomic) => atomic.store(value as $type, order),)*
                }
            }

            pub(super) fn rmw(&self, op: Rmw, operand: u64, order: Ordering) -> u64 {
                match self {
                    Self::Bool(atomic) => {
                        let operand = operand != 0;
                        u64::from(match op {
                            Rmw::And | Rmw::Min => atomic.fetch_and(operand, order),
                            Rmw::Nand => atomic.fetch_nand(operand, order),
                            Rmw::Or | Rmw::Max => atomic.fetch_or(operand, order),
                            Rmw::Xor | Rmw::Add | Rmw::Sub => atomic.fetch_xor(operand, order),
                            Rmw::Swap => atomic.swap(operand, order),
                        })
                    }
                    $(Self::$int(atomic) => {
                        let operand = operand as $type;
                        extend!(match op {
                            Rmw::Swap => atomic.swap(operand, order),
                            Rmw::Add => atomic.fetch_add(operand, order),
                            Rmw::Sub => atomic.fetch_sub(operand, order),
                            Rmw::And => atomic.fetch_and(operand, order),
                            Rmw::Nand => atomic.fetch_nand(operand, order),
                            Rmw::Or => atomic.fetch_or(operand, order),
                            Rmw::Xor => atomic.fetch_xor(operand, order),
                            Rmw::Max => atomic.fetch_max(operand, order),
                            Rmw::Min => atomic.fetch_min(operand, order),
                        }, $type)
                    })*
                }
            }

            pub(super) fn compare_exchange(&self, e: Exchange) -> Result<u64, u64> {
                match self {
                    Self::Bool(atomic) => atomic
                        .compare_exchange(e.expected != 0, e.new != 0, e.success, e.failure)
                        .map(u64::from)
                        .map_err(u64::from),
                    $(Self::$int(atomic) => atomic
                        .compare_exchange(e.expected as $type, e.new as $type, e.success, e.failure)
                        .map(|value| extend!(value, $type))
                        .map_err(|value| extend!(value, $type)),)*
                }
            }
        }
    };
}

atomics! {
    U8 AtomicU8 u8, U16 AtomicU16 u16, U32 AtomicU32 u32, U64 AtomicU64 u64, Usize AtomicUsize usize,
    I8 AtomicI8 i8, I16 AtomicI16 i16, I32 AtomicI32 i32, I64 AtomicI64 i64, Isize AtomicIsize isize,
}
