//! The explorer against judges that share nothing with it.
//!
//! | module       | what                                                                                |
//! |--------------|-------------------------------------------------------------------------------------|
//! | `program`    | lock-free programs, and random ones in families                                     |
//! | `relation`   | bit matrices                                                                        |
//! | `rc11`       | the judge of lock-free programs: every graph that the axioms allow                  |
//! | `execute`    | lock-free programs on the vocabulary                                                |
//! | `blocking`   | programs of blocking primitives, and random ones in families                        |
//! | `interleave` | the judge of blocking programs: every interleaving                                  |
//! | `perform`    | blocking programs on the vocabulary                                                 |
//! | `judges`     | the judges against what is known, and against each other                            |
//! | `litmus`     | litmus families over every combination of orderings                                 |

mod blocking;
mod execute;
mod interleave;
mod judges;
mod litmus;
mod perform;
mod program;
mod rc11;
mod relation;

// `random` and `counts` need the explorer: mod counts; mod random;
