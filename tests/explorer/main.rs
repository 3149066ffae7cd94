//! The explorer against judges that share nothing with it.
//!
//! | module              | what                                                                  |
//! |---------------------|-----------------------------------------------------------------------|
//! | `program`           | lock-free programs, and random ones in families                       |
//! | `structures`        | lock-free code with branches: stack, queue, spin lock                 |
//! | `execute`           | both on the vocabulary                                                |
//! | `relation`          | bit matrices                                                          |
//! | `rc11`, `axioms`    | the judge of lock-free code: every graph that the axioms allow        |
//! | `blocking`          | programs of blocking primitives                                       |
//! | `blocking_families` | random ones                                                           |
//! | `perform`           | these on the vocabulary                                               |
//! | `interleave`        | the judge of blocking programs: every interleaving                    |
//! | `judges`            | the judges against what is known, and against each other              |
//! | `litmus`            | litmus families over every combination of orderings, by the axioms    |
//! | `explored`          | the same by the explorer                                              |
//! | `random`            | random programs: the explorer against the judges                      |
//! | `sc_order`          | where the order of SeqCst comes from                                  |
//! | `sampled`           | the sampler against the judges                                        |
//! | `traps`             | small programs that are easily judged wrong                           |
//! | `faults`            | faults of the explorer that the others do not notice                  |
//! | `together`          | several workers and shards against one                                |
//! | `counts`            | how many executions there are                                         |

mod axioms;
mod blocking;
mod blocking_families;
mod execute;
mod interleave;
mod judges;
mod litmus;
mod perform;
mod program;
mod rc11;
mod relation;
mod structures;

mod counts;
mod explored;
mod faults;
mod random;
mod sampled;
mod sc_order;
mod together;
mod traps;
