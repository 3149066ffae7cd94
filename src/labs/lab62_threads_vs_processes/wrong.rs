//! Wrong fixes of lab 62, threads-vs-processes.

use crate::labs::form::WrongFixes;

pub(super) const WRONG: WrongFixes = WrongFixes::new(file!(), include_str!("wrong.rs"), &[]);
