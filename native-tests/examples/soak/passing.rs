//! What passes items on: each item comes out once, or is handed back.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use racecourse::lockfree::{self, Steal, Worker};
use racecourse::queue::{BoundedQueue, GetError, PutError, RingBuffer, Shutdown, spsc};

use crate::Done;
use crate::dice::{Dice, THREADS, on_all};
use crate::watch::{Doing, doing};

/// On the heap, so that one that is lost or doubled shows in the count of allocations, and in a sanitizer.
type Item = Box<u64>;

/// How often each item came to an end.
struct Ledger(Vec<AtomicU8>);

impl Ledger {
    fn new(items: usize) -> Self {
        Self((0..items).map(|_| AtomicU8::new(0)).collect())
    }

    fn ended(&self, item: &u64) {
        self.0[*item as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Each of the items that were made, once.
    fn balance(&self, name: &str, made: impl Iterator<Item = u64>) -> u64 {
        let mut all = 0;
        for item in made {
            let times = self.0[item as usize].swap(0, Ordering::Relaxed);
            assert_eq!(times, 1, "{name}: item {item} came to {times} ends");
            all += 1;
        }
        assert!(
            self.0
                .iter()
                .all(|times| times.load(Ordering::Relaxed) == 0),
            "{name}: items of nobody"
        );
        all
    }
}

/// A queue of whatever kind.
trait Queue: Sync {
    fn put(&self, item: Item) -> Result<(), PutError<Item>>;
    fn try_put(&self, item: Item) -> Result<(), PutError<Item>>;
    fn put_timeout(&self, item: Item, timeout: Duration) -> Result<(), PutError<Item>>;
    fn get(&self) -> Result<Item, GetError>;
    fn try_get(&self) -> Result<Item, GetError>;
    fn get_timeout(&self, timeout: Duration) -> Result<Item, GetError>;
    fn shutdown(&self, how: Shutdown) -> Vec<Item>;
}

macro_rules! queues {
    ($($queue:ident)*) => {$(
        impl Queue for $queue<Item> {
            fn put(&self, item: Item) -> Result<(), PutError<Item>> {
                self.put(item)
            }
            fn try_put(&self, item: Item) -> Result<(), PutError<Item>> {
                self.try_put(item)
            }
            fn put_timeout(&self, item: Item, timeout: Duration) -> Result<(), PutError<Item>> {
                self.put_timeout(item, timeout)
            }
            fn get(&self) -> Result<Item, GetError> {
                self.get()
            }
            fn try_get(&self) -> Result<Item, GetError> {
                self.try_get()
            }
            fn get_timeout(&self, timeout: Duration) -> Result<Item, GetError> {
                self.get_timeout(timeout)
            }
            fn shutdown(&self, how: Shutdown) -> Vec<Item> {
                self.shutdown(how)
            }
        }
    )*};
}
queues! { BoundedQueue RingBuffer }

/// Items that each putter has at most.
const EACH: usize = 400;

/// Putters and getters, and a shutdown: when a getter has seen so many items, or in the end.
fn queue<Q: Queue>(name: &str, queue: &Q, dice: &mut Dice) -> Done {
    let putters = 1 + dice.below(THREADS - 1);
    let ledger = Ledger::new(putters * EACH);
    let (faults, got, left) = (
        AtomicU64::new(0),
        AtomicU64::new(0),
        AtomicU64::new(putters as u64),
    );
    let enough = dice.below(putters * EACH * 2) as u64;
    let how = [Shutdown::Drain, Shutdown::Immediate][dice.below(2)];
    let stop = || {
        doing(Doing::Shutdown);
        for item in queue.shutdown(how) {
            ledger.ended(&item);
        }
    };
    let made = on_all(dice, |number, mut dice| {
        if number >= putters {
            loop {
                doing(Doing::Get);
                let result = match dice.below(4) {
                    0 => queue.try_get(),
                    1 => queue.get_timeout(Duration::from_micros(dice.below(100) as u64)),
                    _ => queue.get(),
                };
                match result {
                    Ok(item) => ledger.ended(&item),
                    Err(GetError::Closed) => return 0,
                    Err(_) => {
                        faults.fetch_add(1, Ordering::Relaxed);
                        std::thread::yield_now();
                        continue;
                    }
                }
                if got.fetch_add(1, Ordering::Relaxed) == enough {
                    faults.fetch_add(1, Ordering::Relaxed);
                    stop();
                }
            }
        }
        let mut made = 0;
        'all: for n in 0..EACH {
            let mut item = Box::new((number * EACH + n) as u64);
            made += 1;
            loop {
                doing(Doing::Put);
                let result = match dice.below(4) {
                    0 => queue.try_put(item),
                    1 => queue.put_timeout(item, Duration::from_micros(dice.below(100) as u64)),
                    _ => queue.put(item),
                };
                match result {
                    Ok(()) => break,
                    Err(PutError::Closed(back)) => {
                        ledger.ended(&back);
                        break 'all;
                    }
                    Err(error) => {
                        faults.fetch_add(1, Ordering::Relaxed);
                        item = error.into_inner();
                    }
                }
            }
        }
        if left.fetch_sub(1, Ordering::AcqRel) == 1 {
            stop();
        }
        made
    });
    stop();
    // Where no getter was left to empty it.
    while let Ok(item) = queue.try_get() {
        ledger.ended(&item);
    }
    let made = made.into_iter().enumerate();
    let made = made.flat_map(|(putter, made)| (0..made).map(move |n| (putter * EACH + n) as u64));
    Done {
        operations: ledger.balance(name, made),
        faults: faults.into_inner(),
    }
}

fn capacity(dice: &mut Dice) -> usize {
    [1, 2, 3, 16, 64, 1000][dice.below(6)]
}

pub(crate) fn bounded_queue(dice: &mut Dice) -> Done {
    queue("bounded queue", &BoundedQueue::new(capacity(dice)), dice)
}

pub(crate) fn ring_buffer(dice: &mut Dice) -> Done {
    queue("ring buffer", &RingBuffer::new(capacity(dice)), dice)
}

/// One pushes and pops, all others steal.
pub(crate) fn deque(dice: &mut Dice) -> Done {
    const ITEMS: usize = 20_000;
    let worker = Worker::<Item>::with_capacity(1 + dice.below(8));
    let stealer = worker.stealer();
    let ledger = Ledger::new(ITEMS);
    let (ended, retries) = (AtomicBool::new(false), AtomicU64::new(0));
    let owner = Mutex::new(Some(worker));
    on_all(dice, |number, mut dice| {
        if number == 0 {
            let worker = owner.lock().unwrap().take().expect("one owner");
            for item in 0..ITEMS as u64 {
                doing(Doing::Push);
                worker.push(Box::new(item));
                if dice.one_in(3) {
                    doing(Doing::Pop);
                    if let Some(item) = worker.pop() {
                        ledger.ended(&item);
                    }
                }
            }
            ended.store(true, Ordering::Release);
            return;
        }
        loop {
            doing(Doing::Steal);
            let over = ended.load(Ordering::Acquire);
            match stealer.steal() {
                Steal::Success(item) => ledger.ended(&item),
                Steal::Retry => {
                    retries.fetch_add(1, Ordering::Relaxed);
                }
                Steal::Empty if over => return,
                Steal::Empty => std::thread::yield_now(),
            }
        }
    });
    Done {
        operations: ledger.balance("deque", 0..ITEMS as u64),
        faults: retries.into_inner(),
    }
}

/// As many pairs as there are threads for; the sender or the receiver leaves at some moment.
pub(crate) fn one_to_one(dice: &mut Dice) -> Done {
    const EACH: usize = 600;
    let pairs = THREADS / 2;
    let ledger = Ledger::new(pairs * EACH);
    let faults = AtomicU64::new(0);
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..pairs)
        .map(|_| spsc::channel::<Item>(capacity(dice)))
        .map(|(sender, receiver)| (Mutex::new(Some(sender)), Mutex::new(Some(receiver))))
        .unzip();
    let made = on_all(dice, |number, mut dice| {
        let (pair, leaves) = (number / 2, dice.one_in(4).then(|| dice.below(EACH)));
        faults.fetch_add(u64::from(leaves.is_some()), Ordering::Relaxed);
        if number % 2 == 1 {
            let mut receiver = receivers[pair].lock().unwrap().take().expect("one");
            for n in 0.. {
                if leaves == Some(n) {
                    return 0;
                }
                doing(Doing::Get);
                match receiver.get() {
                    Ok(item) => ledger.ended(&item),
                    Err(_) => return 0,
                }
            }
        }
        let mut sender = senders[pair].lock().unwrap().take().expect("one");
        for n in 0..EACH {
            if leaves == Some(n) {
                return n;
            }
            doing(Doing::Put);
            if let Err(error) = sender.put(Box::new((pair * EACH + n) as u64)) {
                ledger.ended(&error.into_inner());
                return n + 1;
            }
        }
        EACH
    });
    let mut operations = 0;
    for (pair, made) in made.chunks(2).enumerate() {
        // Of what was put, the receiver has the first, and what was left when it went has been dropped: the allocator
        // counts that.
        let ends = |n: usize| ledger.0[pair * EACH + n].load(Ordering::Relaxed);
        let given = made[0];
        operations += given as u64;
        assert!((0..given).all(|n| ends(n) <= 1), "an item is doubled");
        assert!((given..EACH).all(|n| ends(n) == 0), "an item of nobody");
        let first_lost = (0..given).find(|n| ends(*n) == 0).unwrap_or(given);
        let last = given.saturating_sub(1);
        assert!(
            (first_lost..last).all(|n| ends(n) == 0),
            "an item is lost before others"
        );
    }
    Done {
        operations,
        faults: faults.into_inner(),
    }
}

/// All push and pop.
fn bag(
    name: &str,
    dice: &Dice,
    push: impl Fn(Item) + Sync,
    pop: impl Fn() -> Option<Item> + Sync,
) -> Done {
    let ledger = Ledger::new(THREADS * EACH);
    on_all(dice, |number, mut dice| {
        for n in 0..EACH {
            doing(Doing::Push);
            push(Box::new((number * EACH + n) as u64));
            if dice.one_in(2) {
                doing(Doing::Pop);
                if let Some(item) = pop() {
                    ledger.ended(&item);
                }
            }
        }
    });
    while let Some(item) = pop() {
        ledger.ended(&item);
    }
    Done {
        operations: ledger.balance(name, 0..(THREADS * EACH) as u64),
        faults: 0,
    }
}

pub(crate) fn stack(dice: &mut Dice) -> Done {
    let stack = lockfree::Stack::with_reclamation(1, 1 + dice.below(64));
    bag("stack", dice, |item| stack.push(item), || stack.pop())
}

pub(crate) fn linked_queue(dice: &mut Dice) -> Done {
    let queue = lockfree::Queue::with_reclamation(1, 1 + dice.below(64));
    bag(
        "linked queue",
        dice,
        |item| queue.push(item),
        || queue.pop(),
    )
}
