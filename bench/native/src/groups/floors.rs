//! The floors by themselves.

use crate::contest::{Group, Row, Unit};
use crate::floors::Floor;

pub(crate) const GROUP: Group = Group {
    name: "floors",
    about: "the machine's own steps: atomics, a line between cores, a wake-up, a thread, a pinned ring",
    rows,
};

fn rows() -> Vec<Row> {
    let possible = Floor::ALL.into_iter().filter(|floor| floor.possible());
    possible
        .map(|floor| Row::new(floor.name(), Unit::Time).with(floor.contestant()))
        .collect()
}
