//! A program, and what there is to find.

#[derive(Debug)]
pub struct Program {
    pub name: &'static str,
    pub title: &'static str,
    /// How many executions there are under RC11: graphs of reads-from and of the order of writes.
    pub graphs: u64,
    /// How many different results.
    pub results: u64,
    pub run: fn() -> u64,
}
