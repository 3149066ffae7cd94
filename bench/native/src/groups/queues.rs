//! Bounded queues: items through them in one thread, and between producers and consumers.

pub(crate) mod ends;

use crate::contest::{Contestant, Group, Row, Unit};
use crate::floors::Floor;
use crate::process::python;
use ends::{
    Array, BoundedEnds, Channel, Concurrent, Crossbeam, Flume, Kanal, ParkingLot, Ring, Std,
    SyncChannel, ThingBuf,
};

pub(crate) const GROUP: Group = Group {
    name: "queues",
    about: "bounded queues, capacity 1, 16, 1024: one thread, 1×1, 2×1, 1×2, 2×2, 4×4",
    rows,
};

const PLAIN: &[&str] = &["parking_lot Mutex + 2 Condvar"];
const FAST: &[&str] = &["crossbeam-channel", "ArrayQueue + snooze"];
/// Those whose waiters sleep.
const BLOCKING: &[&str] = &[
    "crossbeam-channel",
    "kanal",
    "flume",
    "std sync_channel",
    "thingbuf",
    "std Mutex + 2 Condvar",
    "parking_lot Mutex + 2 Condvar",
];

fn rows() -> Vec<Row> {
    let mut rows = vec![same_thread()];
    for capacity in [1, 16, 1024] {
        for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (2, 2), (4, 4)] {
            rows.push(shape(capacity, producers, consumers));
        }
    }
    rows
}

fn same_thread() -> Row {
    fn run<C: Channel>(items: u64) -> crate::contest::Sample {
        ends::same_thread::<C>(1024, items)
    }
    Row::new("cap 1024, one thread", Unit::Rate)
        .floor(Floor::CasSwap)
        .with(Contestant::ours("RingBuffer", run::<Ring>).goal_against(1.0, FAST))
        .with(Contestant::ours("BoundedQueue", run::<BoundedEnds>).goal_against(1.2, PLAIN))
        .with(Contestant::peer(
            "crossbeam-channel",
            "crossbeam-channel",
            run::<Crossbeam>,
        ))
        .with(Contestant::peer(
            "ArrayQueue + snooze",
            "crossbeam-queue",
            run::<Array>,
        ))
        .with(Contestant::peer(
            "concurrent-queue + snooze",
            "concurrent-queue",
            run::<Concurrent>,
        ))
        .with(Contestant::peer("kanal", "kanal", run::<Kanal>))
        .with(Contestant::peer("flume", "flume", run::<Flume>))
        .with(Contestant::peer("thingbuf", "thingbuf", run::<ThingBuf>))
        .with(Contestant::peer(
            "std sync_channel",
            "std",
            run::<SyncChannel>,
        ))
        .with(Contestant::peer("std Mutex + 2 Condvar", "std", run::<Std>))
        .with(Contestant::peer(PLAIN[0], "parking_lot", run::<ParkingLot>))
        .with_if(python("queue.Queue", PYTHON_SAME_THREAD))
}

fn shape(capacity: usize, producers: usize, consumers: usize) -> Row {
    let run = ends::Shape {
        capacity,
        producers,
        consumers,
    };
    let mut bounded =
        Contestant::ours("BoundedQueue", run.of::<BoundedEnds>()).goal_against(1.0, BLOCKING);
    if capacity < 1024 && (producers, consumers) == (1, 1) {
        bounded = bounded.goal_against(10.0, PLAIN);
    }
    let ring = Contestant::ours("RingBuffer", run.of::<Ring>()).goal_against(1.0, FAST);
    let mut row = Row::new(
        format!("cap {capacity}, {producers}×{consumers}"),
        Unit::Rate,
    )
    .floor(Floor::Ring(capacity))
    .with(ring)
    .with(bounded)
    .with(Contestant::peer(
        "crossbeam-channel",
        "crossbeam-channel",
        run.of::<Crossbeam>(),
    ))
    .with(Contestant::peer(
        "ArrayQueue + snooze",
        "crossbeam-queue",
        run.of::<Array>(),
    ))
    .with(Contestant::peer(
        "concurrent-queue + snooze",
        "concurrent-queue",
        run.of::<Concurrent>(),
    ))
    .with(Contestant::peer("kanal", "kanal", run.of::<Kanal>()))
    .with(Contestant::peer("flume", "flume", run.of::<Flume>()));
    if consumers == 1 {
        row = row
            .with(Contestant::peer(
                "thingbuf",
                "thingbuf",
                run.of::<ThingBuf>(),
            ))
            .with(Contestant::peer(
                "std sync_channel",
                "std",
                run.of::<SyncChannel>(),
            ));
    }
    row.with(Contestant::peer(
        "std Mutex + 2 Condvar",
        "std",
        run.of::<Std>(),
    ))
    .with(Contestant::peer(
        PLAIN[0],
        "parking_lot",
        run.of::<ParkingLot>(),
    ))
}

const PYTHON_SAME_THREAD: &str = "
import queue, sys, time
n = int(sys.argv[1])
q = queue.Queue(1024)
began = time.perf_counter()
for i in range(n):
    q.put(i)
    q.get()
print(time.perf_counter() - began, n)
";
