//! Correct: two tests, nothing in them. The harness itself is compiled into the toolchain, and hands its results from
//! thread to thread through a channel.

#[test]
fn one() {}

#[test]
fn two() {}
