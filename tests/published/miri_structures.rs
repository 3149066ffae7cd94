//! Miri's tests under GenMC: a stack and a queue, by plain retry and with failed rounds left out.
//!
//! Their numbers of complete executions: they add the blocked ones in. A pointer is a number here, and 0 is null.

use racecourse::sync::atomic::{AtomicU32, Ordering::*};

use crate::groups::{assume, atomics, exchange, over};
use crate::table::{Found::Here, Row, row};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            "treiber_stack_dynamic.default_R1W1",
            2,
            Here(treiber::<1, false>),
        ),
        row(
            "treiber_stack_dynamic.default_R1W2",
            22,
            Here(treiber::<2, false>),
        ),
        row(
            "treiber_stack_dynamic.default_R1W3",
            1002,
            Here(treiber::<3, false>),
        ),
        row(
            "treiber_stack_dynamic.spinloop_assume_R1W1",
            2,
            Here(treiber::<1, true>),
        ),
        row(
            "treiber_stack_dynamic.spinloop_assume_R1W2",
            8,
            Here(treiber::<2, true>),
        ),
        row(
            "treiber_stack_dynamic.spinloop_assume_R1W3",
            36,
            Here(treiber::<3, true>),
        ),
        row(
            "ms_queue_dynamic.default_R1W1",
            4,
            Here(ms_queue::<1, false>),
        ),
        row(
            "ms_queue_dynamic.default_R1W2",
            188,
            Here(ms_queue::<2, false>),
        ),
        row(
            "ms_queue_dynamic.spinloop_assume_R1W1",
            4,
            Here(ms_queue::<1, true>),
        ),
        row(
            "ms_queue_dynamic.spinloop_assume_R1W2",
            128,
            Here(ms_queue::<2, true>),
        ),
    ]
}

/// A pop and `W` pushes; with `ONCE` a failed round is not counted. Node `i` is `next[i]`, 0 is null.
fn treiber<const W: usize, const ONCE: bool>() -> Option<()> {
    struct Stack {
        top: AtomicU32,
        next: [AtomicU32; 4],
    }
    over(Stack {
        top: AtomicU32::new(0),
        next: atomics(),
    })
    .one(|stack| {
        loop {
            let top = stack.top.load(Acquire);
            if top == 0 {
                return Some(());
            }
            let next = stack.next[top as usize].load(Relaxed);
            if exchange(&stack.top, top, next, Release).is_ok() {
                return Some(());
            }
            assume(!ONCE)?;
        }
    })
    .each(W, |stack, i| {
        let me = i + 1;
        loop {
            let top = stack.top.load(Acquire);
            stack.next[me].store(top, Relaxed);
            if exchange(&stack.top, top, me as u32, Release).is_ok() {
                return Some(());
            }
            assume(!ONCE)?;
        }
    })
    .join()
}

/// A dequeue and `W` enqueues; with `ONCE` a round that changed nothing is not counted. Node 1 is the dummy.
fn ms_queue<const W: usize, const ONCE: bool>() -> Option<()> {
    struct Queue {
        head: AtomicU32,
        tail: AtomicU32,
        next: [AtomicU32; 5],
    }
    over(Queue {
        head: AtomicU32::new(1),
        tail: AtomicU32::new(1),
        next: atomics(),
    })
    .one(|queue| {
        loop {
            let head = queue.head.load(Acquire);
            let tail = queue.tail.load(Acquire);
            let next = queue.next[head as usize].load(Acquire);
            if queue.head.load(Acquire) != head {
                assume(!ONCE)?;
            } else if head != tail {
                if exchange(&queue.head, head, next, Release).is_ok() {
                    return Some(());
                }
                assume(!ONCE)?;
            } else if next == 0 {
                return Some(());
            } else {
                let _ = exchange(&queue.tail, tail, next, Release);
            }
        }
    })
    .each(W, |queue, i| {
        let node = i as u32 + 2;
        loop {
            let tail = queue.tail.load(Acquire);
            let next = queue.next[tail as usize].load(Acquire);
            if tail != queue.tail.load(Acquire) {
                assume(!ONCE)?;
            } else if next != 0 {
                let _ = exchange(&queue.tail, tail, next, Release);
            } else if exchange(&queue.next[tail as usize], next, node, Release).is_ok() {
                let _ = exchange(&queue.tail, tail, node, Release);
                return Some(());
            }
        }
    })
    .join()
}
