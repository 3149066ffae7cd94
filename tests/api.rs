//! The vocabulary natively, with the feature `check`. `native-tests/tests/api.rs` compiles the same body
//! without it, and `native-tests/tests/original.rs` against std and `parking_lot` themselves.

/// What the body is written on.
mod face {
    pub(crate) use racecourse::{parking_lot, sync};
}

#[path = "api/own.rs"]
mod own;
#[path = "api/parking_lot.rs"]
mod parking_lot_face;
#[path = "api/std.rs"]
mod std_face;
#[path = "api/traits.rs"]
mod traits;
