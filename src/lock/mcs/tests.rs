use super::McsLock;
use crate::sync::atomic::Ordering::Relaxed;
use crate::thread;
use std::ptr;

/// The order is that of the places in the queue, which nothing outside can see.
#[test]
fn served_in_order_of_arrival() {
    let lock = McsLock::new(Vec::new());
    thread::scope(|s| {
        lock.with(|order| {
            order.push(0);
            for n in 1..6 {
                let before = lock.tail.load(Relaxed);
                s.spawn({
                    let lock = &lock;
                    move || lock.with(|order| order.push(n))
                });
                while ptr::eq(lock.tail.load(Relaxed), before) {
                    thread::yield_now();
                }
            }
        });
    });
    assert_eq!(lock.into_inner(), [0, 1, 2, 3, 4, 5]);
}
