//! The engines' verdicts on small programs.
mod atomics;
mod basics;
mod guide;
mod lock_order;
mod lock_order_random;
mod memory;
mod robust;
mod weakest;
