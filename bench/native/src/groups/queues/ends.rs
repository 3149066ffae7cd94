//! Every queue as two ends, and items through them.

mod condvars;
mod peers;

use std::hint::black_box;

use crossbeam_utils::CachePadded;
use racecourse::queue::{BoundedQueue, RingBuffer, spsc};

use crate::contest::Sample;
use crate::floors::repeat;
use crate::threads::each;

pub(crate) use condvars::{ParkingLot, Std};
pub(crate) use peers::{Array, Concurrent, Crossbeam, Flume, Kanal, Rtrb, SyncChannel, ThingBuf};

/// A queue by its ends. A thread has an end of its own.
pub(crate) trait Channel: 'static {
    type Put: Send;
    type Get: Send;

    fn open(capacity: usize) -> (Self::Put, Self::Get);

    fn put(end: &mut Self::Put, item: u64);

    fn get(end: &mut Self::Get) -> u64;

    /// For one more producer.
    fn another_put(_: &Self::Put) -> Self::Put {
        panic!("a queue for one producer");
    }

    /// For one more consumer.
    fn another_get(_: &Self::Get) -> Self::Get {
        panic!("a queue for one consumer");
    }
}

/// Ends that are shared references of a queue.
macro_rules! shared {
    ($(#[$doc:meta])* $name:ident, $queue:ty, $new:expr, $put:expr, $get:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;

        impl $crate::groups::queues::ends::Channel for $name {
            type Put = std::sync::Arc<$queue>;
            type Get = std::sync::Arc<$queue>;

            fn open(capacity: usize) -> (Self::Put, Self::Get) {
                let queue = std::sync::Arc::new($new(capacity));
                (std::sync::Arc::clone(&queue), queue)
            }

            #[inline]
            fn put(end: &mut Self::Put, item: u64) {
                $put(&**end, item)
            }

            #[inline]
            fn get(end: &mut Self::Get) -> u64 {
                $get(&**end)
            }

            fn another_put(end: &Self::Put) -> Self::Put {
                std::sync::Arc::clone(end)
            }

            fn another_get(end: &Self::Get) -> Self::Get {
                std::sync::Arc::clone(end)
            }
        }
    };
}
pub(crate) use shared;

shared!(
    BoundedEnds,
    BoundedQueue<u64>,
    BoundedQueue::new,
    |queue: &BoundedQueue<u64>, item| queue.put(item).expect("nobody shuts it down"),
    |queue: &BoundedQueue<u64>| queue.get().expect("nobody shuts it down")
);

shared!(
    Ring,
    RingBuffer<u64>,
    RingBuffer::new,
    |queue: &RingBuffer<u64>, item| queue.put(item).expect("nobody shuts it down"),
    |queue: &RingBuffer<u64>| queue.get().expect("nobody shuts it down")
);

/// For one producer and one consumer.
#[derive(Debug)]
pub(crate) struct Spsc;

impl Channel for Spsc {
    type Put = spsc::Sender<u64>;
    type Get = spsc::Receiver<u64>;

    fn open(capacity: usize) -> (Self::Put, Self::Get) {
        spsc::channel(capacity)
    }

    #[inline]
    fn put(end: &mut Self::Put, item: u64) {
        end.put(item).expect("the other end is there");
    }

    #[inline]
    fn get(end: &mut Self::Get) -> u64 {
        end.get().expect("the other end is there")
    }
}

/// An item is put, and got, and so on.
pub(crate) fn same_thread<C: Channel>(capacity: usize, items: u64) -> Sample {
    let (mut put, mut get) = C::open(capacity);
    let mut item = 0;
    repeat(items, || {
        C::put(&mut put, item);
        item += 1;
        black_box(C::get(&mut get));
    })
}

/// So many items through a queue of this capacity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) capacity: usize,
    pub(crate) producers: usize,
    pub(crate) consumers: usize,
}

impl Shape {
    pub(crate) fn of<C: Channel>(self) -> impl FnMut(u64) -> Sample + 'static {
        move |items| self.pass::<C>(items)
    }

    /// Each producer puts as many as any other, each consumer gets as many as any other: nobody is told to end.
    fn pass<C: Channel>(self, items: u64) -> Sample {
        let (producers, consumers) = (self.producers as u64, self.consumers as u64);
        let part = items.div_ceil(producers * consumers).max(1);
        let items = part * producers * consumers;
        let (first_put, first_get) = C::open(self.capacity);
        let mut puts: Vec<_> = (1..producers).map(|_| C::another_put(&first_put)).collect();
        puts.push(first_put);
        let mut gets: Vec<_> = (1..consumers).map(|_| C::another_get(&first_get)).collect();
        gets.push(first_get);
        let sum = std::sync::atomic::AtomicU64::new(0);
        // Padded: what an end writes to itself is not to lie beside what another does.
        let produce = |(number, end): (usize, C::Put)| {
            let mut end = CachePadded::new(end);
            let own = items / producers;
            Box::new(move || {
                let first = number as u64 * own;
                for item in first..first + own {
                    C::put(&mut end, item);
                }
            })
        };
        let consume = |end: C::Get| {
            let mut end = CachePadded::new(end);
            let sum = &sum;
            Box::new(move || {
                let mut own = 0_u64;
                for _ in 0..items / consumers {
                    own += C::get(&mut end);
                }
                sum.fetch_add(own, std::sync::atomic::Ordering::Relaxed);
            })
        };
        let mut work: Vec<Box<dyn FnOnce() + Send + '_>> = Vec::new();
        for put in puts.into_iter().enumerate() {
            work.push(produce(put));
        }
        for get in gets {
            work.push(consume(get));
        }
        let elapsed = each(work);
        let all = items * (items - 1) / 2;
        assert_eq!(sum.into_inner(), all, "items were lost or doubled");
        Sample::new(elapsed, items)
    }
}
