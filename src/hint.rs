pub use core::hint::*;
