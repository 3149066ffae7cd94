//! The vocabulary without the feature `check`: the body of `tests/api.rs`.

/// What the body is written on.
mod face {
    pub(crate) use racecourse::{parking_lot, sync};
}

#[path = "../../tests/api/own.rs"]
mod own;
#[path = "../../tests/api/parking_lot.rs"]
mod parking_lot_face;
#[path = "../../tests/api/std.rs"]
mod std_face;
#[path = "../../tests/api/traits.rs"]
mod traits;
