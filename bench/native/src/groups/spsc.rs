//! One producer, one consumer.

use super::queues::ends::{
    self, Array, Channel, Concurrent, Crossbeam, Kanal, Rtrb, Shape, Spsc, SyncChannel, ThingBuf,
};
use crate::contest::{Contestant, Group, Row, Sample, Unit};
use crate::floors::Floor;

pub(crate) const GROUP: Group = Group {
    name: "spsc",
    about: "one producer and one consumer, capacity 1, 16, 1024; the floor is a pinned ring that only spins",
    rows,
};

fn rows() -> Vec<Row> {
    let mut rows = vec![same_thread()];
    rows.extend([1, 16, 1024].map(between_threads));
    rows
}

fn same_thread() -> Row {
    fn run<C: Channel>(items: u64) -> Sample {
        ends::same_thread::<C>(1024, items)
    }
    Row::new("cap 1024, one thread", Unit::Rate)
        .with(Contestant::ours("spsc", run::<Spsc>))
        .with(Contestant::peer("rtrb + snooze", "rtrb", run::<Rtrb>))
        .with(Contestant::peer(
            "ArrayQueue + snooze",
            "crossbeam-queue",
            run::<Array>,
        ))
        .with(Contestant::peer(
            "crossbeam-channel",
            "crossbeam-channel",
            run::<Crossbeam>,
        ))
        .with(Contestant::peer(
            "concurrent-queue + snooze",
            "concurrent-queue",
            run::<Concurrent>,
        ))
        .with(Contestant::peer("kanal", "kanal", run::<Kanal>))
        .with(Contestant::peer("thingbuf", "thingbuf", run::<ThingBuf>))
        .with(Contestant::peer(
            "std sync_channel",
            "std",
            run::<SyncChannel>,
        ))
}

fn between_threads(capacity: usize) -> Row {
    let run = Shape {
        capacity,
        producers: 1,
        consumers: 1,
    };
    Row::new(format!("cap {capacity}, 1×1"), Unit::Rate)
        .floor(Floor::Ring(capacity))
        .with(Contestant::ours("spsc", run.of::<Spsc>()).goal(1.5))
        .with(Contestant::peer("rtrb + snooze", "rtrb", run.of::<Rtrb>()))
        .with(Contestant::peer(
            "ArrayQueue + snooze",
            "crossbeam-queue",
            run.of::<Array>(),
        ))
        .with(Contestant::peer(
            "crossbeam-channel",
            "crossbeam-channel",
            run.of::<Crossbeam>(),
        ))
        .with(Contestant::peer(
            "concurrent-queue + snooze",
            "concurrent-queue",
            run.of::<Concurrent>(),
        ))
        .with(Contestant::peer("kanal", "kanal", run.of::<Kanal>()))
        .with(Contestant::peer(
            "thingbuf",
            "thingbuf",
            run.of::<ThingBuf>(),
        ))
        .with(Contestant::peer(
            "std sync_channel",
            "std",
            run.of::<SyncChannel>(),
        ))
}
