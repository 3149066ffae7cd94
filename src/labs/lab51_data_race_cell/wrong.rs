//! Wrong fixes of lab 51, data-race-cell.

use crate::labs::form::WrongFixes;

pub(super) const WRONG: WrongFixes = WrongFixes::new(file!(), include_str!("wrong.rs"), &[]);
