//! The peers, each by its own interface. Those that cannot wait are asked again and again, as their users do:
//! `Backoff::snooze` spins, then yields.

use concurrent_queue::ConcurrentQueue;
use crossbeam_queue::ArrayQueue;
use crossbeam_utils::Backoff;

use super::{Channel, shared};

shared!(
    Array,
    ArrayQueue<u64>,
    ArrayQueue::new,
    |queue: &ArrayQueue<u64>, item| snooze(|| queue.push(item).ok()),
    |queue: &ArrayQueue<u64>| snooze(|| queue.pop())
);
shared!(
    Concurrent,
    ConcurrentQueue<u64>,
    ConcurrentQueue::bounded,
    |queue: &ConcurrentQueue<u64>, item| snooze(|| queue.push(item).ok()),
    |queue: &ConcurrentQueue<u64>| snooze(|| queue.pop().ok())
);

#[inline]
fn snooze<R>(mut attempt: impl FnMut() -> Option<R>) -> R {
    let backoff = Backoff::new();
    loop {
        if let Some(done) = attempt() {
            return done;
        }
        backoff.snooze();
    }
}

macro_rules! channel {
    ($name:ident, $put:ty, $get:ty, $open:expr, $($more:tt)*) => {
        #[derive(Debug)]
        pub(crate) struct $name;

        impl Channel for $name {
            type Put = $put;
            type Get = $get;

            fn open(capacity: usize) -> (Self::Put, Self::Get) {
                $open(capacity)
            }

            #[inline]
            fn put(end: &mut Self::Put, item: u64) {
                end.send(item).expect("the other end is there");
            }

            #[inline]
            fn get(end: &mut Self::Get) -> u64 {
                end.recv().expect("the other end is there")
            }

            fn another_put(end: &Self::Put) -> Self::Put {
                end.clone()
            }

            $($more)*
        }
    };
}

macro_rules! many {
    ($name:ident, $krate:ident) => {
        channel!(
            $name,
            $krate::Sender<u64>,
            $krate::Receiver<u64>,
            $krate::bounded,
            fn another_get(end: &Self::Get) -> Self::Get {
                end.clone()
            }
        );
    };
}

many!(Crossbeam, crossbeam_channel);
many!(Kanal, kanal);
many!(Flume, flume);
channel!(
    SyncChannel,
    std::sync::mpsc::SyncSender<u64>,
    std::sync::mpsc::Receiver<u64>,
    std::sync::mpsc::sync_channel,
);
channel!(
    ThingBuf,
    thingbuf::mpsc::blocking::Sender<u64>,
    thingbuf::mpsc::blocking::Receiver<u64>,
    thingbuf::mpsc::blocking::channel,
);

/// For one producer and one consumer.
#[derive(Debug)]
pub(crate) struct Rtrb;

impl Channel for Rtrb {
    type Put = rtrb::Producer<u64>;
    type Get = rtrb::Consumer<u64>;

    fn open(capacity: usize) -> (Self::Put, Self::Get) {
        rtrb::RingBuffer::new(capacity)
    }

    #[inline]
    fn put(end: &mut Self::Put, item: u64) {
        snooze(|| end.push(item).ok());
    }

    #[inline]
    fn get(end: &mut Self::Get) -> u64 {
        snooze(|| end.pop().ok())
    }
}
