//! Lab 33, **cyclic-send**: two who write to each other, and none has time to read.
//!
//! Each of two neighbours has a letter box with room for one letter, and two letters for the other. Each posts all of its
//! letters and reads its mail then. If a box is full, one waits until its owner has taken something out. Both boxes are
//! full, both owners stand at the other's box, and wait.
//!
//! | The letters | | How |
//! |---|---|---|
//! | all read | allowed | somebody looked into its own box before the other's was full |
//! | both wait | forbidden | each waits for room in a box whose owner waits for room in its own |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::FailureKind;
use crate::sync::mpsc::{Receiver, SyncSender, sync_channel};
use crate::thread;

/// The bug: all letters are posted before the first one is read.
pub fn buggy(theirs: &SyncSender<u32>, mine: &Receiver<u32>, who: Neighbour) -> u32 {
    post(theirs, who.letters);
    read(mine, who.letters)
}

/// The fix: a letter is read for each that is posted.
pub fn fixed(theirs: &SyncSender<u32>, mine: &Receiver<u32>, who: Neighbour) -> u32 {
    (0..who.letters)
        .map(|_| {
            post(theirs, 1);
            read(mine, 1)
        })
        .sum()
}

/// The fix that opens the circle: one of the two reads first, and posts then.
pub fn fixed_turns(theirs: &SyncSender<u32>, mine: &Receiver<u32>, who: Neighbour) -> u32 {
    if who.is_left {
        post(theirs, who.letters);
        read(mine, who.letters)
    } else {
        let sum = read(mine, who.letters);
        post(theirs, who.letters);
        sum
    }
}

/// One of two neighbours, and how many letters it has for the other.
#[derive(Clone, Copy, Debug)]
pub struct Neighbour {
    /// Whether it is the one at the left.
    pub is_left: bool,
    /// The other one has as many.
    pub letters: u32,
}

/// Posts so many letters, of which each says 1.
fn post(theirs: &SyncSender<u32>, letters: u32) {
    for _ in 0..letters {
        theirs.send(1).unwrap(); // <- fails here
    }
}

/// Reads so many letters, and adds up what they say.
fn read(mine: &Receiver<u32>, letters: u32) -> u32 {
    let mut sum = 0;
    for _ in 0..letters {
        sum += mine.recv().unwrap(); // <- fails here: wrong-read-meanwhile
    }
    sum
}

/// How a neighbour posts and reads: a letter box that is not its own, its own, and who it is.
pub type Exchange = fn(&SyncSender<u32>, &Receiver<u32>, Neighbour) -> u32;

/// Exchanges so many letters each way, through boxes of this size. What each has read.
pub fn exchange(how: Exchange, capacity: usize, letters: u32) -> [u32; 2] {
    let ((to_left, left), (to_right, right)) = (sync_channel(capacity), sync_channel(capacity));
    let who = |is_left| Neighbour { is_left, letters };
    thread::scope(|s| {
        let other = s.spawn(move || how(&to_left, &right, who(false)));
        [how(&to_right, &left, who(true)), other.join().unwrap()]
    })
}

/// Two letters each way, one place in each box. The invariant: each neighbour reads both letters of the other.
fn scenario(how: Exchange) {
    assert_eq!(exchange(how, 1, 2), [2, 2]);
}

pub(super) static LAB: Lab = Lab {
    number: 33,
    slug: "cyclic-send",
    title: "Two who write to each other, and none has time to read",
    room: room::BLOCKING,
    minutes: 15,
    references: &[
        cited::CWE_833,
        cited::of(
            cited::ReferenceKind::Qin,
            "Qin 2020: channel",
            "https://doi.org/10.1145/3385412.3386036",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "paritytech/smoldot #520",
            "https://github.com/paritytech/smoldot/issues/520",
        ),
    ],
    lesson: include_str!("lessons/33.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "posts all letters, and reads then",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "reads one for each that it posts",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-turns",
            "one of them reads first",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_turns)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab33_cyclic_send.rs"),
};
