pub use std::thread::*;
