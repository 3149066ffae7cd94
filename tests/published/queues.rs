//! GenMC's data structures: queues.
//!
//! A pointer is a number here: 0 is null, and node `i` is `nodes[i]`.

use racecourse::hint::spin_loop;
use racecourse::sync::atomic::{AtomicU32, Ordering, Ordering::*, fence};

use crate::groups::{assume, atomics, exchange, over, wait_until};
use crate::table::{Found::Differs, Found::Here, Row, not, row};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("buf_ring", 1218, Here(buf_ring)),
        row("chase-lev", 65, Here(chase_lev)),
        row("dq", 1924, Here(|| dq(Acquire, AcqRel))),
        row("dq-opt", 1924, Here(|| dq(Relaxed, Release))),
        row("mpmc-queue", 3, Here(mpmc)),
        row(
            "ms-queue",
            50,
            Differs(
                114,
                ms_queue,
                "their pass takes some of the failed rounds for waits",
            ),
        ),
        row("qu", 75, Here(|| qu(Acquire, Release))),
        row("qu-opt", 132, Here(|| qu(Relaxed, Relaxed))),
    ];
    rows.extend(not(
        &["ms-queue-dynamic"],
        "hazard pointers of the checker, and the program says which compare-exchange helps which",
    ));
    rows.extend(not(
        &["fcombiner-async"],
        "`consume`, and accesses to one word that are now plain, now atomic",
    ));
    rows.extend(not(
        &["hw-queue"],
        "one of its two values is 0, which no dequeue returns: as it is written no execution ends, and they publish 18",
    ));
    rows.extend(not(
        &["queue (relinche)"],
        "a refinement: it compares histories, and publishes no executions",
    ));
    rows
}

/// Chase and Lev's deque: the owner works at the bottom, thieves at the top.
struct Deque {
    bottom: AtomicU32,
    top: AtomicU32,
    buffer: [AtomicU32; 10],
    /// The owner's read of the top, and its compare-exchange for the last item.
    orders: (Ordering, Ordering),
}

impl Deque {
    fn new(orders: (Ordering, Ordering)) -> Self {
        Self {
            bottom: AtomicU32::new(0),
            top: AtomicU32::new(0),
            buffer: atomics(),
            orders,
        }
    }

    fn item(&self, at: u32) -> &AtomicU32 {
        &self.buffer[at as usize % 10]
    }

    fn push(&self, item: u32) {
        let bottom = self.bottom.load(Relaxed);
        let top = self.top.load(self.orders.0);
        if bottom.wrapping_sub(top).cast_signed() < 10 {
            self.item(bottom).store(item, Relaxed);
            self.bottom.store(bottom + 1, Release);
        }
    }

    fn pop(&self) {
        let bottom = self.bottom.load(Relaxed);
        self.bottom.store(bottom.wrapping_sub(1), Relaxed);
        fence(SeqCst);
        let top = self.top.load(Relaxed);
        let len = bottom.wrapping_sub(top).cast_signed();
        if len > 0 {
            self.item(bottom - 1).load(Relaxed);
            if len > 1 {
                return;
            }
            let _ = exchange(&self.top, top, top + 1, self.orders.1);
        }
        self.bottom.store(bottom, Relaxed);
    }

    fn steal(&self) {
        let top = self.top.load(Relaxed);
        fence(SeqCst);
        let bottom = self.bottom.load(Acquire);
        if bottom.wrapping_sub(top).cast_signed() > 0 {
            self.item(top).load(Relaxed);
            let _ = exchange(&self.top, top, top + 1, Release);
        }
    }
}

fn chase_lev() -> Option<()> {
    over(Deque::new((Acquire, AcqRel)))
        .one(|deque| {
            (1..=5).for_each(|i| deque.push(i));
            (0..3).for_each(|_| deque.pop());
            (6..=7).for_each(|i| deque.push(i));
        })
        .one(Deque::steal)
        .join()
}

fn dq(read: Ordering, last: Ordering) -> Option<()> {
    over(Deque::new((read, last)))
        .one(|deque| {
            deque.push(1);
            deque.push(2);
            deque.pop();
            deque.push(4);
        })
        .one(|deque| {
            deque.steal();
            deque.steal();
        })
        .one(Deque::steal)
        .join()
}

/// FreeBSD's ring: claim a slot, fill it, wait for one's turn to publish it.
fn buf_ring() -> Option<()> {
    const MASK: u32 = 7;
    #[derive(Default)]
    struct Ring {
        prod_head: AtomicU32,
        prod_tail: AtomicU32,
        cons_head: AtomicU32,
        cons_tail: AtomicU32,
        slots: [AtomicU32; 8],
    }
    fn enqueue(ring: &Ring, item: u32) {
        loop {
            let head = ring.prod_head.load(Relaxed);
            let next = (head + 1) & MASK;
            if next == ring.cons_tail.load(Relaxed) {
                return;
            }
            if exchange(&ring.prod_head, head, next, AcqRel).is_ok() {
                fence(SeqCst);
                ring.slots[head as usize].store(item, Relaxed);
                wait_until(&ring.prod_tail, Relaxed, |tail| tail == head);
                ring.prod_tail.store(next, Relaxed);
                return;
            }
            spin_loop();
        }
    }
    fn dequeue(ring: &Ring) {
        loop {
            let head = ring.cons_head.load(Relaxed);
            if head == ring.prod_tail.load(Relaxed) {
                return;
            }
            let next = (head + 1) & MASK;
            if exchange(&ring.cons_head, head, next, AcqRel).is_ok() {
                ring.slots[head as usize].load(Relaxed);
                wait_until(&ring.cons_tail, Relaxed, |tail| tail == head);
                fence(SeqCst);
                ring.cons_tail.store(next, Relaxed);
                return;
            }
            spin_loop();
        }
    }
    over(Ring::default())
        .each(3, |ring, i| {
            enqueue(ring, i as u32 + 1);
            dequeue(ring);
        })
        .join()
}

/// A bounded queue of four; one item is in it. Heads in the upper half of `claimed`, tails in the lower.
fn mpmc() -> Option<()> {
    const HEAD: u32 = 1 << 16;
    #[derive(Default)]
    struct Queue {
        claimed: AtomicU32,
        read: AtomicU32,
        written: AtomicU32,
        items: [AtomicU32; 4],
    }
    fn write(queue: &Queue, item: u32) {
        loop {
            let claimed = queue.claimed.load(Acquire);
            let (head, tail) = (claimed / HEAD, claimed % HEAD);
            assert_ne!(tail, head + 4);
            match queue.claimed.compare_exchange_weak(
                claimed,
                head * HEAD + tail + 1,
                AcqRel,
                Acquire,
            ) {
                Err(_) => spin_loop(),
                Ok(_) => {
                    wait_until(&queue.read, Acquire, |read| read == head);
                    queue.items[tail as usize % 4].store(item, Relaxed);
                    queue.written.fetch_add(1, Release);
                    return;
                }
            }
        }
    }
    fn read(queue: &Queue) -> bool {
        loop {
            let claimed = queue.claimed.load(Acquire);
            let (head, tail) = (claimed / HEAD, claimed % HEAD);
            if head == tail {
                return false;
            }
            match queue
                .claimed
                .compare_exchange_weak(claimed, claimed + HEAD, AcqRel, Acquire)
            {
                Err(_) => spin_loop(),
                Ok(_) => {
                    wait_until(&queue.written, Acquire, |written| written == tail);
                    queue.read.fetch_add(1, Release);
                    return true;
                }
            }
        }
    }
    let queue = Queue::default();
    write(&queue, 17);
    over(queue)
        .one(|queue| write(queue, 1))
        .one(|queue| while read(queue) {})
        .join()
}

/// Michael and Scott's queue, by plain retry: two threads of an enqueue and a dequeue each. A pointer counts
/// its changes in its upper half; node 1 is the first dummy.
fn ms_queue() -> Option<()> {
    const COUNT: u32 = 1 << 16;
    const POISON: u32 = 0x666;
    struct Queue {
        head: AtomicU32,
        tail: AtomicU32,
        next: [AtomicU32; 4],
    }
    fn pointer(count: u32, node: u32) -> u32 {
        count * COUNT + node
    }
    fn split(pointer: u32) -> (u32, usize) {
        (pointer / COUNT, (pointer % COUNT) as usize)
    }
    impl Queue {
        fn enqueue(&self, node: usize) {
            let (count, _) = split(self.next[node].load(Relaxed));
            self.next[node].store(pointer(count, 0), Relaxed);
            let mut tail;
            loop {
                tail = self.tail.load(Acquire);
                let (count, last) = split(tail);
                let next = self.next[last].load(Acquire);
                if tail != self.tail.load(Relaxed) {
                    continue;
                }
                let (next_count, after) = split(next);
                assert_ne!(after as u32, POISON);
                if after == 0 {
                    let new = pointer(next_count + 1, node as u32);
                    if exchange(&self.next[last], next, new, Release).is_ok() {
                        break;
                    }
                }
                let (_, after) = split(self.next[last].load(Acquire));
                let new = pointer(count + 1, after as u32);
                let _ = exchange(&self.tail, tail, new, Release);
            }
            let (count, _) = split(tail);
            let _ = exchange(&self.tail, tail, pointer(count + 1, node as u32), Release);
        }

        fn dequeue(&self) -> Option<()> {
            loop {
                let head = self.head.load(Acquire);
                let tail = self.tail.load(Acquire);
                let (head_count, first) = split(head);
                let (tail_count, last) = split(tail);
                let (_, after) = split(self.next[first].load(Acquire));
                if self.head.load(Relaxed) != head {
                    continue;
                }
                if first == last {
                    assert_ne!(after as u32, POISON);
                    if after == 0 {
                        return Some(());
                    }
                    let new = pointer(tail_count + 1, after as u32);
                    let _ = exchange(&self.tail, tail, new, Release);
                } else {
                    let new = pointer(head_count + 1, after as u32);
                    return assume(exchange(&self.head, head, new, Release).is_ok());
                }
            }
        }
    }
    over(Queue {
        head: AtomicU32::new(pointer(0, 1)),
        tail: AtomicU32::new(pointer(0, 1)),
        next: [0, 0, POISON, POISON].map(AtomicU32::new),
    })
    .each(2, |queue, i| {
        queue.enqueue(i + 2);
        queue.dequeue()
    })
    .join()
}

/// A queue that its first user makes; who comes too early goes away. `link` is the ordering of reads of
/// pointers, `publish` of writes of the tail.
fn qu(link: Ordering, publish: Ordering) -> Option<()> {
    #[derive(Default)]
    struct Queue {
        head: AtomicU32,
        tail: AtomicU32,
        initialized: AtomicU32,
        next: [AtomicU32; 4],
        data: [AtomicU32; 4],
    }
    impl Queue {
        fn enqueue(&self, node: usize, link: Ordering, publish: Ordering) {
            self.data[node].store(1, Relaxed);
            self.next[node].store(0, Relaxed);
            let tail = loop {
                let tail = self.tail.load(link);
                let next = self.next[tail as usize].load(Relaxed);
                if next == 0 {
                    break tail;
                }
                self.tail.store(next, publish);
            };
            if exchange(&self.next[tail as usize], 0, node as u32, Release).is_ok() {
                self.tail.store(node as u32, publish);
            }
        }

        fn dequeue(&self, link: Ordering) {
            let head = self.head.load(link);
            let node = self.next[head as usize].load(link);
            if node != 0 && exchange(&self.head, head, node, Relaxed).is_ok() {
                self.data[node as usize].load(Relaxed);
            }
        }
    }
    over(Queue::default())
        .one(move |queue| {
            queue.next[1].store(0, Release);
            queue.head.store(1, Release);
            queue.tail.store(1, Release);
            queue.initialized.store(1, Release);
            queue.enqueue(2, link, publish);
        })
        .one(move |queue| {
            if queue.initialized.load(Acquire) != 0 {
                queue.enqueue(3, link, publish);
            }
        })
        .one(move |queue| {
            if queue.initialized.load(Acquire) != 0 {
                queue.dequeue(link);
            }
        })
        .join()
}
