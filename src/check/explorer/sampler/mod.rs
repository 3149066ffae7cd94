//! The sampler: everything is drawn, and nothing left for later.
//!
//! | File | Its idea |
//! |---|---|
//! | `dice` | whose turn it is, and what could be otherwise |
//! | `sample` | drawing instead of leaving for later |
//! | `walks` | walk after walk, and what they covered |

mod dice;
mod sample;
mod walks;

pub(super) use dice::Dice;
pub(crate) use walks::sample;
