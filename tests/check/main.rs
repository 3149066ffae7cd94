//! The engines' verdicts on small programs.
mod atomics;
mod basics;
mod memory;
mod robust;
mod sampled;
mod weakest;
mod weakest_by_force;
