//! The promises of `RingBuffer` and of `spsc`, one by one, and both against sequential models.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use racecourse::queue::{GetError, PutError, RingBuffer, Shutdown, spsc};

use crate::support::{A_WHILE, within_seconds};

/// Counts what is dropped.
#[derive(Debug)]
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn capacity_0_is_refused_with_the_remedy() {
    assert!(RingBuffer::<u8>::try_new(0).is_err());
    for make in [
        || drop(RingBuffer::<u8>::new(0)),
        || drop(spsc::channel::<u8>(0)),
    ] {
        let panic = catch_unwind(make).unwrap_err();
        let said = panic.downcast_ref::<String>().unwrap();
        assert!(said.contains("give a capacity of 1 or more"), "{said}");
    }
}

#[test]
fn every_capacity_keeps_order_over_many_laps() {
    for capacity in 1..=9 {
        let ring = RingBuffer::new(capacity);
        let (mut sender, mut receiver) = spsc::channel(capacity);
        let mut next = 0;
        for item in 0..10 * capacity {
            ring.try_put(item).unwrap();
            sender.try_put(item).unwrap();
            assert_eq!(ring.is_full(), ring.len() == capacity);
            if ring.is_full() {
                assert_eq!(ring.try_put(0), Err(PutError::Full(0)));
                assert_eq!(sender.try_put(0), Err(PutError::Full(0)));
            }
            while ring.len() > item % capacity {
                assert_eq!(ring.try_get(), Ok(next));
                assert_eq!(receiver.try_get(), Ok(next));
                next += 1;
            }
        }
    }
}

#[test]
fn what_is_left_is_dropped_once() {
    let dropped = AtomicUsize::new(0);
    let ring = RingBuffer::new(3);
    let (mut sender, mut receiver) = spsc::channel(3);
    for _ in 0..2 {
        assert!(ring.try_put(Counted(&dropped)).is_ok());
        assert!(sender.try_put(Counted(&dropped)).is_ok());
    }
    drop(ring.get().unwrap());
    drop(receiver.get().unwrap());
    assert_eq!(dropped.load(Ordering::Relaxed), 2);
    drop(ring);
    assert_eq!(dropped.load(Ordering::Relaxed), 3);
    drop((sender, receiver));
    assert_eq!(dropped.load(Ordering::Relaxed), 4);
}

#[test]
fn a_destructor_that_panics_keeps_no_other_from_its_end() {
    struct Bad<'a>(bool, &'a AtomicUsize);
    impl Drop for Bad<'_> {
        fn drop(&mut self) {
            self.1.fetch_add(1, Ordering::Relaxed);
            assert!(!self.0, "as told");
        }
    }
    let dropped = AtomicUsize::new(0);
    let ring = RingBuffer::new(3);
    for bad in [false, true, false] {
        assert!(ring.try_put(Bad(bad, &dropped)).is_ok());
    }
    let panic = catch_unwind(AssertUnwindSafe(|| drop(ring))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"as told"));
    assert_eq!(dropped.load(Ordering::Relaxed), 3);
}

#[test]
fn time_limits_hand_the_item_back() {
    let short = Duration::from_millis(1);
    let ring = RingBuffer::new(1);
    assert_eq!(ring.get_timeout(short), Err(GetError::Timeout));
    ring.put("tea").unwrap();
    assert_eq!(
        ring.put_timeout("milk", short),
        Err(PutError::Timeout("milk"))
    );
    let (mut sender, mut receiver) = spsc::channel(1);
    assert_eq!(receiver.get_timeout(short), Err(GetError::Timeout));
    sender.put("tea").unwrap();
    assert_eq!(
        sender.put_timeout("milk", short),
        Err(PutError::Timeout("milk"))
    );
    assert_eq!(receiver.get_timeout(Duration::MAX), Ok("tea"));
}

/// Each waits until the other has slept for good: nothing but a wake-up ends it.
#[test]
fn sleepers_are_woken() {
    within_seconds(60, || {
        let nap = || std::thread::sleep(A_WHILE);
        let ring = RingBuffer::new(1);
        let (mut sender, mut receiver) = spsc::channel(1);
        std::thread::scope(|s| {
            s.spawn(|| {
                for item in 0..6 {
                    if item < 3 {
                        nap();
                    }
                    ring.put(item).unwrap();
                    sender.put(item).unwrap();
                }
            });
            for item in 0..6 {
                if item >= 3 {
                    nap();
                }
                assert_eq!(ring.get(), Ok(item));
                assert_eq!(receiver.get(), Ok(item));
            }
        });
    });
}

/// Two that have slept are woken by two items, or two places, though the second comes before anybody has noticed the first.
#[test]
fn two_sleepers_are_woken() {
    within_seconds(60, || {
        for _ in 0..3 {
            let ring = RingBuffer::new(2);
            std::thread::scope(|s| {
                let getters = [(); 2].map(|()| s.spawn(|| ring.get().unwrap()));
                std::thread::sleep(A_WHILE);
                ring.try_put(1).unwrap();
                ring.try_put(2).unwrap();
                let got = getters.map(|getter| getter.join().unwrap());
                assert!(got == [1, 2] || got == [2, 1], "got: {got:?}");
            });
            ring.try_put(1).unwrap();
            ring.try_put(2).unwrap();
            std::thread::scope(|s| {
                for item in [3, 4] {
                    let ring = &ring;
                    s.spawn(move || ring.put(item).unwrap());
                }
                std::thread::sleep(A_WHILE);
                assert_eq!([ring.try_get(), ring.try_get()], [Ok(1), Ok(2)]);
            });
            let left = [ring.try_get().unwrap(), ring.try_get().unwrap()];
            assert!(left == [3, 4] || left == [4, 3], "left: {left:?}");
        }
    });
}

#[test]
fn debug_names_what_it_is() {
    let ring = RingBuffer::new(2);
    ring.put(1).unwrap();
    ring.shutdown(Shutdown::Drain);
    let said = "RingBuffer { len: 1, capacity: 2, closed: true, .. }";
    assert_eq!(format!("{ring:?}"), said);
    let (sender, receiver) = spsc::channel::<u8>(2);
    assert_eq!(
        format!("{receiver:?}"),
        "Receiver { capacity: 2, closed: false, .. }"
    );
    drop(receiver);
    assert_eq!(
        format!("{sender:?}"),
        "Sender { capacity: 2, closed: true, .. }"
    );
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Put(u8),
    Get,
    Drain,
    Immediate,
    Len,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => any::<u8>().prop_map(Step::Put),
        8 => Just(Step::Get),
        1 => Just(Step::Drain),
        1 => Just(Step::Immediate),
        2 => Just(Step::Len),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    /// Any operations give what a `VecDeque` and a flag would.
    #[test]
    fn the_ring_is_a_queue(capacity in 1_usize..6, steps in steps()) {
        let ring = RingBuffer::new(capacity);
        let (mut model, mut closed) = (VecDeque::new(), false);
        for step in steps {
            match step {
                Step::Put(item) => {
                    let expected = if closed {
                        Err(PutError::Closed(item))
                    } else if model.len() == capacity {
                        Err(PutError::Full(item))
                    } else {
                        model.push_back(item);
                        Ok(())
                    };
                    prop_assert_eq!(ring.try_put(item), expected);
                }
                Step::Get => {
                    let none = if closed { GetError::Closed } else { GetError::Empty };
                    prop_assert_eq!(ring.try_get(), model.pop_front().ok_or(none));
                }
                Step::Drain => {
                    closed = true;
                    prop_assert!(ring.shutdown(Shutdown::Drain).is_empty());
                }
                Step::Immediate => {
                    closed = true;
                    let left: Vec<u8> = model.drain(..).collect();
                    prop_assert_eq!(ring.shutdown(Shutdown::Immediate), left);
                }
                Step::Len => prop_assert_eq!(ring.len(), model.len()),
            }
            prop_assert_eq!((ring.is_empty(), ring.is_closed()), (model.is_empty(), closed));
        }
    }

    /// The same of the two ends; either may leave, once.
    #[test]
    fn the_two_ends_are_a_queue(capacity in 1_usize..6, steps in steps()) {
        let (sender, receiver) = spsc::channel(capacity);
        let (mut sender, mut receiver) = (Some(sender), Some(receiver));
        let mut model = VecDeque::new();
        for step in steps {
            match step {
                Step::Put(item) => if let Some(sender) = &mut sender {
                    let expected = if receiver.is_none() {
                        Err(PutError::Closed(item))
                    } else if model.len() == capacity {
                        Err(PutError::Full(item))
                    } else {
                        model.push_back(item);
                        Ok(())
                    };
                    prop_assert_eq!(sender.try_put(item), expected);
                }
                Step::Get | Step::Len => if let Some(receiver) = &mut receiver {
                    let none = if sender.is_none() { GetError::Closed } else { GetError::Empty };
                    prop_assert_eq!(receiver.try_get(), model.pop_front().ok_or(none));
                }
                Step::Drain => sender = None,
                Step::Immediate => receiver = None,
            }
        }
    }
}
