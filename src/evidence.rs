#![doc = include_str!("evidence/page.md")]

#[doc = include_str!("evidence/mutations.md")]
pub mod mutations {}
#[doc = include_str!("evidence/orderings.md")]
pub mod orderings {}
#[doc = include_str!("evidence/soak.md")]
pub mod soak {}
