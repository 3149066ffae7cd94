//! The queue of one producer and one consumer.

use std::time::Duration;

use proptest::prelude::*;
use racecourse::queue::spsc::{self, Receiver, Sender};

use super::queue::{Act, Op, Queue, Ret, of_get, of_put};
use crate::programs::holds;
use crate::run::{LaneOf, Subject};

enum Hand {
    Sender(Sender<u8>),
    Receiver(Receiver<u8>),
}

struct Of;

const SHORT: Duration = Duration::from_micros(50);

impl Subject for Of {
    type Config = usize;
    type Act = Act;
    type Hand = Hand;
    type Spec = Queue;

    fn spec(capacity: &usize) -> Queue {
        Queue::new(*capacity)
    }

    fn start(capacity: &usize, threads: usize) -> (Self, Vec<Hand>) {
        assert_eq!(threads, 2, "one producer, one consumer");
        let (sender, receiver) = spsc::channel(*capacity);
        (Self, vec![Hand::Sender(sender), Hand::Receiver(receiver)])
    }

    fn perform(&self, hand: &mut Hand, act: &Act, lane: &mut LaneOf<'_, Self>) {
        let value = lane.value();
        match (hand, act) {
            (Hand::Sender(end), Act::Put) => lane.plain(Op::Put(value), || of_put(end.put(value))),
            (Hand::Sender(end), Act::TryPut) => {
                lane.plain(Op::TryPut(value), || of_put(end.try_put(value)));
            }
            (Hand::Sender(end), _) => lane.plain(Op::PutTimeout(value), || {
                of_put(end.put_timeout(value, SHORT))
            }),
            (Hand::Receiver(end), Act::Get) => lane.plain(Op::Get, || of_get(end.get())),
            (Hand::Receiver(end), Act::TryGet) => lane.plain(Op::TryGet, || of_get(end.try_get())),
            (Hand::Receiver(end), _) => {
                lane.plain(Op::GetTimeout, || of_get(end.get_timeout(SHORT)));
            }
        }
    }

    fn leave(&self, hand: Hand, lane: &mut LaneOf<'_, Self>) {
        let op = match &hand {
            Hand::Sender(_) => Op::SenderLeaves,
            Hand::Receiver(_) => Op::ReceiverLeaves,
        };
        lane.plain(op, || {
            drop(hand);
            Ret::Done
        });
    }
}

#[test]
fn the_spsc_queue_is_a_queue_until_one_end_leaves() {
    let puts = prop_oneof![3 => Just(Act::Put), 2 => Just(Act::TryPut), 1 => Just(Act::PutTimeout)];
    let gets = prop_oneof![3 => Just(Act::Get), 2 => Just(Act::TryGet), 1 => Just(Act::GetTimeout)];
    let sender = proptest::collection::vec(puts, 0..8);
    let receiver = proptest::collection::vec(gets, 0..8);
    let program = (sender, receiver).prop_map(|(sender, receiver)| vec![sender, receiver]);
    holds::<Of>((1..=3_usize, program));
}
