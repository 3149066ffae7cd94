//! The bounds of the graph, which no small run reaches.

use core::panic::Location;

use super::graph::Graph;
use super::{Held, Mode, Request};

#[track_caller]
fn request(thread: u64, holds: u64, wants: u64) -> Request {
    let held = |lock| Held {
        lock,
        mode: Mode::Lock,
        place: Location::caller(),
    };
    Request {
        thread,
        held: [held(holds)].into_iter().collect(),
        wanted: held(wants),
    }
}

#[test]
fn a_request_of_very_many_threads_is_kept_a_few_times() {
    let mut graph = Graph::default();
    let place = |thread| request(thread, 1, 2);
    for thread in 1..100_000 {
        assert!(graph.add(&place(thread)).is_empty());
    }
    assert!(!graph.truncated);
    // Each of those that are kept can close the circle, and one bug is one to whoever reads the lines.
    assert_eq!(graph.add(&request(0, 2, 1)).len(), 8);
}

#[test]
fn a_lock_that_is_gone_is_forgotten() {
    let mut graph = Graph::default();
    for lock in 1..200_000 {
        assert!(graph.add(&request(1, lock, lock + 1)).is_empty());
        graph.forget(lock);
    }
    assert!(!graph.truncated);
    // The last one's wanted lock is there, and nobody holds it any more.
    assert!(graph.add(&request(2, 200_000, 199_999)).is_empty());
}

#[test]
fn too_much_is_said() {
    let mut graph = Graph::default();
    for lock in 1..60_000 {
        assert!(graph.add(&request(1, lock, lock + 1)).is_empty());
    }
    assert!(graph.truncated);
}

#[test]
fn eight_threads_in_a_round_are_found_and_nine_are_not() {
    for (count, found) in [(8, 1), (9, 0)] {
        let mut graph = Graph::default();
        let round = (0..count).map(|i| request(i, i, (i + 1) % count));
        let circles: usize = round.map(|request| graph.add(&request).len()).sum();
        assert_eq!(circles, found);
    }
}
