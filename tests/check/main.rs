//! The engines' verdicts on small programs, and how they are explained and replayed.
mod atomics;
mod basics;
mod environment;
mod explained;
mod memory;
mod replayed;
mod robust;
