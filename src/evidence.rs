//! Why the primitives and the pools may be believed.
//!
// Only for who reads it: the tables change often, and nothing else is to be compiled anew for that.
#![cfg_attr(doc, doc = include_str!("evidence/page.md"))]

/// The table of bugs.
///
#[cfg_attr(doc, doc = include_str!("evidence/mutations.md"))]
pub mod mutations {}
/// The table of memory orderings.
///
#[cfg_attr(doc, doc = include_str!("evidence/orderings.md"))]
pub mod orderings {}
/// The soak's figures.
///
#[cfg_attr(doc, doc = include_str!("evidence/soak.md"))]
pub mod soak {}
/// The comparison with peers.
///
#[cfg_attr(doc, doc = include_str!("evidence/speed.md"))]
pub mod speed {}
