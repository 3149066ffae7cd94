//! Wrong fixes of lab 55, inherited-fd.

use crate::labs::form::WrongFixes;

pub(super) const WRONG: WrongFixes = WrongFixes::new(file!(), include_str!("wrong.rs"), &[]);
