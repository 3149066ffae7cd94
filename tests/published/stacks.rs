//! GenMC's data structures: stacks.
//!
//! A pointer is a number here: 0 is null, and node `i` is `nodes[i]`.

use racecourse::hint::spin_loop;
use racecourse::sync::atomic::{AtomicU32, Ordering, Ordering::*};

use crate::groups::{atomics, exchange, over};
use crate::table::{Found::Here, Row, not, row};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("treiber-stack", 18, Here(treiber)),
        row("stc", 37, Here(|| tries(Acquire, Release))),
        row("stc-opt", 183, Here(|| tries(Relaxed, Relaxed))),
    ];
    rows.extend(not(
        &["treiber-stack-dynamic"],
        "hazard pointers of the checker, and failed rounds of a push that count as blocked",
    ));
    rows.extend(not(
        &["stack (relinche)"],
        "a refinement: it compares histories, and publishes no executions",
    ));
    rows
}

#[derive(Default)]
struct Node {
    value: AtomicU32,
    next: AtomicU32,
}

/// Two pushes and a pop. The upper bits of `top` count its changes.
fn treiber() -> Option<()> {
    struct Stack {
        top: AtomicU32,
        nodes: [Node; 3],
        x: [AtomicU32; 3],
    }
    const COUNT: u32 = 1 << 16;
    fn with(top: u32, node: u32) -> u32 {
        top - top % COUNT + COUNT + node
    }
    over(Stack {
        top: AtomicU32::new(0),
        nodes: Default::default(),
        x: atomics(),
    })
    .each(2, |stack, i| {
        let me = i + 1;
        stack.x[me].store(42, Relaxed);
        stack.nodes[me].value.store(me as u32, Relaxed);
        loop {
            let top = stack.top.load(Acquire);
            stack.nodes[me].next.store(top % COUNT, Relaxed);
            if exchange(&stack.top, top, with(top, me as u32), Release).is_ok() {
                break;
            }
        }
    })
    .one(|stack| {
        loop {
            let top = stack.top.load(Acquire);
            if top % COUNT == 0 {
                break;
            }
            let node = &stack.nodes[(top % COUNT) as usize];
            let next = node.next.load(Relaxed);
            if exchange(&stack.top, top, with(top, next), Release).is_ok() {
                let value = node.value.load(Relaxed) as usize;
                stack.x[value].load(Relaxed);
                break;
            }
            spin_loop();
        }
    })
    .join()
}

/// Pushes and pops that try once. `read` and `remove` are the orderings of a pop.
fn tries(read: Ordering, remove: Ordering) -> Option<()> {
    struct Stack {
        head: AtomicU32,
        nodes: [Node; 4],
    }
    impl Stack {
        fn push(&self, node: usize, value: u32) {
            self.nodes[node].value.store(value, Relaxed);
            let head = self.head.load(Relaxed);
            self.nodes[node].next.store(head, Relaxed);
            let _ = exchange(&self.head, head, node as u32, Release);
        }
        fn pop(&self, read: Ordering, remove: Ordering) {
            let head = self.head.load(read);
            if head != 0 {
                let node = &self.nodes[head as usize];
                node.value.load(Relaxed);
                let next = node.next.load(Relaxed);
                let _ = exchange(&self.head, head, next, remove);
            }
        }
    }
    over(Stack {
        head: AtomicU32::new(0),
        nodes: Default::default(),
    })
    .one(move |stack| {
        stack.push(1, 1);
        stack.push(2, 2);
        stack.pop(read, remove);
    })
    .one(move |stack| {
        stack.pop(read, remove);
        stack.push(3, 1);
    })
    .join()
}
