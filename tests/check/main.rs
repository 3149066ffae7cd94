//! The engines' verdicts on small programs.
mod basics;
mod robust;
