//! The body of `tests/api.rs` against std and `parking_lot` themselves: what it says is true of them too,
//! so a module is ported by changing its `use` lines.

/// What the body is written on.
mod face {
    pub(crate) use ::parking_lot;
    pub(crate) use std::sync;
}

#[path = "../../tests/api/parking_lot.rs"]
mod parking_lot_face;
#[path = "../../tests/api/std.rs"]
mod std_face;
#[path = "../../tests/api/traits.rs"]
mod traits;
