pub use std::sync::*;
