//! Wrong fixes of lab 7, stale-write-back.

use crate::labs::form::WrongFixes;

pub(super) const WRONG: WrongFixes = WrongFixes::new(file!(), include_str!("wrong.rs"), &[]);
