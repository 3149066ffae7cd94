//! The engines' verdicts on small programs, and how they are explained and replayed.
mod atomics;
mod basics;
mod environment;
mod explained;
mod guide;
mod lock_order;
mod lock_order_random;
mod memory;
mod replayed;
mod robust;
mod sampled;
mod weakest;
mod weakest_by_force;
