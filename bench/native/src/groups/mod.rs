//! The groups: what is measured, a file each.

mod floors;
mod locks;
mod pools;
mod queues;
mod read_mostly;
mod semaphores;
mod spsc;
mod structures;
mod workloads;

use crate::contest::Group;

/// In the order in which they are listed.
pub(crate) const ALL: &[Group] = &[
    floors::GROUP,
    queues::GROUP,
    spsc::GROUP,
    locks::GROUP,
    semaphores::GROUP,
    read_mostly::GROUP,
    pools::GROUP,
    workloads::GROUP,
    structures::GROUP,
];

/// The group of this name.
pub(crate) fn find(name: &str) -> Option<&'static Group> {
    ALL.iter().find(|group| group.name == name)
}
