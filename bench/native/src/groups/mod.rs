//! The groups: what is measured, a file each.

mod floors;
mod pools;
mod queues;
mod spsc;
mod workloads;

use crate::contest::Group;

/// In the order in which they are listed.
pub(crate) const ALL: &[Group] = &[
    floors::GROUP,
    queues::GROUP,
    spsc::GROUP,
    pools::GROUP,
    workloads::GROUP,
];

/// The group of this name.
pub(crate) fn find(name: &str) -> Option<&'static Group> {
    ALL.iter().find(|group| group.name == name)
}
