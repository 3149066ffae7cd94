//! Mixing numbers into one: the multiply and rotate of `FxHash`. Nobody chooses the numbers to do harm, so the
//! hashes need not withstand that.

use core::hash::{BuildHasherDefault, Hasher};
use std::collections::HashMap;

/// A map whose hashes cost little.
pub(super) type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<Mix>>;

/// See the module.
#[derive(Default)]
pub(super) struct Mix(u64);

impl From<u64> for Mix {
    fn from(start: u64) -> Self {
        Self(start)
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        // The last multiplication leaves the low bits weak.
        let mut z = self.0;
        z = (z ^ (z >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        z ^ (z >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.write_u64(u64::from(value));
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value.cast_unsigned() as u64);
    }
}
