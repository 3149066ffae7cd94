//! The scenarios of what has no locks: the work-stealing deque, the stack and the queue, with their reclamation.
//!
//! The slots are cells that an engine checks for races: an item that is read while it is written, or before, is one.

use std::sync::Arc;

use racecourse::lockfree::{Queue, Stack, Stealer, Worker};
use racecourse::thread;

pub(crate) const ALL: &[super::Named] = &[
    (
        "deque_pop_against_steal_of_last",
        deque_pop_against_steal_of_last,
    ),
    ("deque_pop_against_two_steals", deque_pop_against_two_steals),
    ("deque_two_pops_against_steal", deque_two_pops_against_steal),
    ("deque_two_thieves", deque_two_thieves),
    ("deque_push_against_steal", deque_push_against_steal),
    (
        "deque_pushes_and_pop_against_steal",
        deque_pushes_and_pop_against_steal,
    ),
    ("deque_wraps_against_steal", deque_wraps_against_steal),
    ("deque_grows_against_steal", deque_grows_against_steal),
    (
        "deque_grows_and_wraps_against_steal",
        deque_grows_and_wraps_against_steal,
    ),
    ("deque_drops_what_is_left", deque_drops_what_is_left),
    ("stack_two_pushes", stack_two_pushes),
    ("stack_two_pops", stack_two_pops),
    ("stack_two_pushes_and_pop", stack_two_pushes_and_pop),
    ("stack_pop_push_against_pop", stack_pop_push_against_pop),
    ("stack_frees_against_pop", stack_frees_against_pop),
    ("stack_frees_in_more_slots", stack_frees_in_more_slots),
    ("stack_pins_at_an_old_epoch", stack_pins_at_an_old_epoch),
    (
        "stack_takes_out_at_an_old_epoch",
        stack_takes_out_at_an_old_epoch,
    ),
    ("stack_drain_against_pop", stack_drain_against_pop),
    ("stack_drain_against_push", stack_drain_against_push),
    ("ms_queue_two_pushes", ms_queue_two_pushes),
    ("ms_queue_three_pushes", ms_queue_three_pushes),
    ("ms_queue_push_pop_and_look", ms_queue_push_pop_and_look),
    ("ms_queue_push_against_pop", ms_queue_push_against_pop),
    ("ms_queue_two_pops", ms_queue_two_pops),
    (
        "ms_queue_two_pushes_against_pop",
        ms_queue_two_pushes_against_pop,
    ),
    ("ms_queue_frees_against_push", ms_queue_frees_against_push),
    ("ms_queue_frees_against_look", ms_queue_frees_against_look),
];

// ---- deque ----------------------------------------------------------------------------------

/// A deque with these items.
fn deque(capacity: usize, items: &[u32]) -> Worker<u32> {
    let worker = Worker::with_capacity(capacity);
    for item in items {
        worker.push(*item);
    }
    worker
}

fn steal(stealer: &Stealer<u32>) -> Option<u32> {
    stealer.steal().success()
}

/// Each of these items was taken by one, or is left.
fn each_once(worker: &Worker<u32>, taken: &[Option<u32>], expected: &[u32]) {
    let mut all: Vec<u32> = taken.iter().copied().flatten().collect();
    while let Some(item) = worker.pop() {
        all.push(item);
    }
    all.sort_unstable();
    assert_eq!(all, expected);
    assert!(worker.is_empty());
}

/// Owner and thief want the same item: one gets it.
pub fn deque_pop_against_steal_of_last() {
    let worker = deque(1, &[1]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || steal(&stealer));
    let mine = worker.pop();
    let stolen = thief.join().unwrap();
    assert_eq!(mine.is_some(), stolen.is_none());
    each_once(&worker, &[mine, stolen], &[1]);
}

/// Two items: a thief who steals both meets the owner at the second.
pub fn deque_pop_against_two_steals() {
    let worker = deque(2, &[1, 2]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || [steal(&stealer), steal(&stealer)]);
    let mine = worker.pop();
    let [first, second] = thief.join().unwrap();
    assert!(first.is_none_or(|item| item == 1) && mine.is_none_or(|item| item == 2));
    each_once(&worker, &[mine, first, second], &[1, 2]);
}

/// Two items: an owner who pops both meets the thief at the second.
pub fn deque_two_pops_against_steal() {
    let worker = deque(2, &[1, 2]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || steal(&stealer));
    let mine = [worker.pop(), worker.pop()];
    let stolen = thief.join().unwrap();
    assert_eq!(mine[0], Some(2));
    each_once(&worker, &[mine[0], mine[1], stolen], &[1, 2]);
}

/// Two thieves and the owner, two items.
pub fn deque_two_thieves() {
    let worker = deque(2, &[1, 2]);
    let thieves = [(), ()].map(|()| {
        let stealer = worker.stealer();
        thread::spawn(move || steal(&stealer))
    });
    let mine = worker.pop();
    let [first, second] = thieves.map(|thief| thief.join().unwrap());
    each_once(&worker, &[mine, first, second], &[1, 2]);
}

/// What was done to an item before the push is seen by the thief.
pub fn deque_push_against_steal() {
    let worker = deque(1, &[]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || steal(&stealer));
    worker.push(1);
    let mine = worker.pop();
    let stolen = thief.join().unwrap();
    assert_eq!(mine.is_some(), stolen.is_none());
    each_once(&worker, &[mine, stolen], &[1]);
}

/// The thief may learn of the first item by the owner's taking the second one back.
pub fn deque_pushes_and_pop_against_steal() {
    let worker = deque(2, &[]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || steal(&stealer));
    worker.push(1);
    worker.push(2);
    let mine = worker.pop();
    let stolen = thief.join().unwrap();
    assert!(stolen.is_none_or(|item| item == 1) && mine == Some(2));
    each_once(&worker, &[mine, stolen], &[1, 2]);
}

/// The owner comes round to the slot from which the thief has just taken, or is about to.
pub fn deque_wraps_against_steal() {
    let worker = deque(2, &[1, 2]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || steal(&stealer));
    let mine = worker.pop();
    worker.push(3);
    worker.push(4);
    let stolen = thief.join().unwrap();
    assert_eq!(mine, Some(2));
    each_once(&worker, &[mine, stolen], &[1, 2, 3, 4]);
}

/// The buffer is replaced while a thief takes from it.
pub fn deque_grows_against_steal() {
    let worker = deque(1, &[1]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || [steal(&stealer), steal(&stealer)]);
    worker.push(2);
    let [first, second] = thief.join().unwrap();
    each_once(&worker, &[first, second], &[1, 2]);
}

/// The buffer is replaced, and the owner comes round to a slot whose item was taken from the old buffer.
pub fn deque_grows_and_wraps_against_steal() {
    let worker = deque(1, &[1]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || steal(&stealer));
    worker.push(2);
    worker.push(3);
    worker.push(4);
    let stolen = thief.join().unwrap();
    each_once(&worker, &[stolen], &[1, 2, 3, 4]);
}

/// What nobody took goes with the deque, whoever lets go of it last.
pub fn deque_drops_what_is_left() {
    let worker = Worker::with_capacity(1);
    let item = Arc::new(());
    worker.push(Arc::clone(&item));
    worker.push(Arc::clone(&item));
    let stealer = worker.stealer();
    let thief = thread::spawn(move || drop(stealer.steal()));
    drop(worker);
    thief.join().unwrap();
    assert_eq!(Arc::strong_count(&item), 1);
}

// ---- stack ----------------------------------------------------------------------------------

/// A stack with bags that are looked through at once. If it is made for one thread, a second one has to make room.
fn stack(threads: usize, items: &[u32]) -> Arc<Stack<u32>> {
    let stack = Stack::with_reclamation(threads, 1);
    for item in items {
        stack.push(*item);
    }
    Arc::new(stack)
}

/// Each of these items was taken by one, or is left.
fn once<T>(taken: &[Option<u32>], rest: &T, pop: fn(&T) -> Option<u32>, expected: &[u32]) {
    let mut all: Vec<u32> = taken.iter().copied().flatten().collect();
    all.extend(std::iter::from_fn(|| pop(rest)));
    all.sort_unstable();
    assert_eq!(all, expected);
}

/// Runs `other` on a thread of its own beside `this`.
fn beside<S: Send + Sync + 'static, T: Send + 'static, U>(
    shared: &Arc<S>,
    other: fn(&S) -> T,
    this: impl FnOnce(&S) -> U,
) -> (T, U) {
    let thread = thread::spawn({
        let shared = Arc::clone(shared);
        move || other(&shared)
    });
    let this = this(shared);
    (thread.join().unwrap(), this)
}

/// Both are there.
pub fn stack_two_pushes() {
    let stack = stack(1, &[]);
    beside(&stack, |s| s.push(1), |s| s.push(2));
    once(&[], &*stack, Stack::pop, &[1, 2]);
}

/// Each takes another item.
pub fn stack_two_pops() {
    let stack = stack(1, &[1, 2]);
    let (a, b) = beside(&stack, Stack::pop, Stack::pop);
    assert!(a.is_some() && b.is_some());
    once(&[a, b], &*stack, Stack::pop, &[1, 2]);
}

/// Two push, and one of them takes what is on top.
pub fn stack_two_pushes_and_pop() {
    let stack = stack(1, &[]);
    let (_, taken) = beside(
        &stack,
        |s| s.push(1),
        |s| {
            s.push(2);
            s.pop()
        },
    );
    assert!(taken.is_some());
    once(&[taken], &*stack, Stack::pop, &[1, 2]);
}

/// Two items are taken and a third one comes, perhaps in the memory of the first, while another looks at the first (ABA).
pub fn stack_pop_push_against_pop() {
    let stack = stack(1, &[1, 2]);
    let (other, mine) = beside(&stack, Stack::pop, |s| {
        let mine = [s.pop(), s.pop()];
        s.push(3);
        mine
    });
    once(&[other, mine[0], mine[1]], &*stack, Stack::pop, &[1, 2, 3]);
}

/// So many are taken that the first is freed, if nobody looks at it.
pub fn stack_frees_against_pop() {
    frees_against_pop(2);
}

/// The same, where one of the two has to make room to be pinned in.
pub fn stack_frees_in_more_slots() {
    frees_against_pop(1);
}

fn frees_against_pop(threads: usize) {
    let stack = stack(threads, &[1, 2, 3]);
    let (other, mine) = beside(&stack, Stack::pop, |s| s.drain().collect::<Vec<_>>());
    let mine: Vec<_> = mine.into_iter().map(Some).collect();
    let taken = [&[other], &mine[..]].concat();
    once(&taken, &*stack, Stack::pop, &[1, 2, 3]);
}

/// The epoch moves on three times before one pins itself, who has read it before: what is then taken out was not taken out so
/// long ago, and the other may be looking at it.
pub fn stack_pins_at_an_old_epoch() {
    let stack = stack(2, &[1, 2, 3]);
    let drained = stack.drain();
    stack.push(4);
    let (other, mine) = beside(
        &stack,
        |s| s.drain().next(),
        |s| {
            let mut mine: Vec<_> = drained.map(Some).collect();
            mine.push(s.pop());
            mine
        },
    );
    let taken = [&[other], &mine[..]].concat();
    once(&taken, &*stack, Stack::pop, &[1, 2, 3, 4]);
}

/// One is pinned when the epoch moves on, and takes out what another, pinned since, is looking at: the next epoch is not yet
/// the one at which nobody is.
pub fn stack_takes_out_at_an_old_epoch() {
    let stack = stack(2, &[1]);
    let mut drained = stack.drain();
    stack.push(2);
    stack.push(3);
    let (other, mine) = beside(
        &stack,
        |s| [s.pop(), s.pop()],
        |s| [drained.next(), s.pop()],
    );
    let taken = [other, mine].concat();
    once(&taken, &*stack, Stack::pop, &[1, 2, 3]);
}

/// All is taken at once, and another looks at the top.
pub fn stack_drain_against_pop() {
    let stack = stack(1, &[1, 2]);
    let (other, mine) = beside(&stack, Stack::pop, |s| s.drain().collect::<Vec<_>>());
    let mine: Vec<_> = mine.into_iter().map(Some).collect();
    let taken = [&[other], &mine[..]].concat();
    once(&taken, &*stack, Stack::pop, &[1, 2]);
}

/// What is pushed meanwhile is drained, or stays.
pub fn stack_drain_against_push() {
    let stack = stack(1, &[1]);
    let (_, mine) = beside(&stack, |s| s.push(2), |s| s.drain().collect::<Vec<_>>());
    assert!(mine == [1] || mine == [2, 1], "drained: {mine:?}");
    let mine: Vec<_> = mine.into_iter().map(Some).collect();
    once(&mine, &*stack, Stack::pop, &[1, 2]);
}

// ---- queue ----------------------------------------------------------------------------------

/// As `stack`.
fn queue(threads: usize, items: &[u32]) -> Arc<Queue<u32>> {
    let queue = Queue::with_reclamation(threads, 1);
    for item in items {
        queue.push(*item);
    }
    Arc::new(queue)
}

/// Both are there.
pub fn ms_queue_two_pushes() {
    let queue = queue(1, &[]);
    beside(&queue, |q| q.push(1), |q| q.push(2));
    once(&[], &*queue, Queue::pop, &[1, 2]);
}

/// One may find that the tail has moved on twice.
pub fn ms_queue_three_pushes() {
    let queue = queue(2, &[]);
    let two = |q: &Queue<u32>| {
        q.push(1);
        q.push(2);
    };
    beside(&queue, two, |q| q.push(3));
    once(&[], &*queue, Queue::pop, &[1, 2, 3]);
}

/// Who looks at a node that another has made the first may never have met who made it.
pub fn ms_queue_push_pop_and_look() {
    let queue = queue(4, &[]);
    let adder = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.push(1)
    });
    let (taken, _) = beside(&queue, Queue::pop, Queue::is_empty);
    adder.join().unwrap();
    once(&[taken], &*queue, Queue::pop, &[1]);
}

/// The item comes whole, or not yet.
pub fn ms_queue_push_against_pop() {
    let queue = queue(1, &[]);
    let (_, taken) = beside(&queue, |q| q.push(1), Queue::pop);
    once(&[taken], &*queue, Queue::pop, &[1]);
}

/// Each takes another item, and the first is the older.
pub fn ms_queue_two_pops() {
    let queue = queue(1, &[1, 2]);
    let (a, b) = beside(&queue, Queue::pop, Queue::pop);
    assert!(a.is_some() && b.is_some());
    once(&[a, b], &*queue, Queue::pop, &[1, 2]);
}

/// Two items in a row are taken in a row.
pub fn ms_queue_two_pushes_against_pop() {
    let queue = queue(1, &[]);
    let (_, taken) = beside(
        &queue,
        |q| {
            q.push(1);
            q.push(2);
        },
        |q| [q.pop(), q.pop()],
    );
    assert!(matches!(
        taken,
        [None, None] | [None, Some(1)] | [Some(1), None] | [Some(1), Some(2)]
    ));
    once(&taken, &*queue, Queue::pop, &[1, 2]);
}

/// Nodes are freed while another adds one behind the tail that it has seen.
pub fn ms_queue_frees_against_push() {
    let queue = queue(2, &[1, 2]);
    let (_, taken) = beside(&queue, |q| q.push(3), |q| [q.pop(), q.pop(), q.pop()]);
    assert_eq!(taken[..2], [Some(1), Some(2)]);
    once(&taken, &*queue, Queue::pop, &[1, 2, 3]);
}

/// Nodes are freed while another looks at the first that it has seen.
pub fn ms_queue_frees_against_look() {
    let queue = queue(2, &[1, 2, 3]);
    let (_, mine) = beside(&queue, Queue::is_empty, |q| [q.pop(), q.pop(), q.pop()]);
    assert_eq!(mine, [Some(1), Some(2), Some(3)]);
    assert!(queue.is_empty());
}
