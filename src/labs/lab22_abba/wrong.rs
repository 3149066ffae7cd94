//! Wrong fixes of lab 22, abba.

use crate::labs::form::WrongFixes;

pub(super) const WRONG: WrongFixes = WrongFixes::new(file!(), include_str!("wrong.rs"), &[]);
