//! Broken on purpose: each is found, and shown so that a person sees why.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use racecourse::queue::BoundedQueue;

use crate::programs::{Failure, failing, program};
use crate::run::{HistoryOf, LaneOf, Program, Subject, Wrong, lock, run};
use crate::subjects::queue::{self, Op, Queue, Ret, Tries, tries};
use crate::subjects::stack::{self, Stacks, pushes_and_pops};
use crate::timeline::explanation;

/// Long enough for others to do something. It is never too short: then the bug shows in another run.
fn window() {
    for _ in 0..20 {
        std::thread::yield_now();
    }
}

/// Generates programs until one fails. Where other processes want the processors too, threads may hardly overlap for a while.
fn found<S: Subject, P>(programs: impl Fn() -> P) -> Failure
where
    P: Strategy<Value = (S::Config, Program<S>)>,
{
    (0..100)
        .find_map(|_| failing::<S>(programs()))
        .expect("it is found")
}

/// Runs one program until it fails.
fn until_it_fails<S: Subject>(
    config: S::Config,
    program: Program<S>,
    patience: Duration,
) -> (HistoryOf<S>, Wrong) {
    for seed in 0..100_000 {
        if let Err(failed) = run::<S>(&config, &program, seed, patience) {
            return failed;
        }
    }
    panic!("it never fails");
}

const LONG: Duration = Duration::from_secs(20);

/// A queue that gives the newest first.
struct Lifo(Mutex<Vec<u8>>);

impl Tries for Lifo {
    fn new(_capacity: usize) -> Self {
        Self(Mutex::default())
    }

    fn try_put(&self, value: u8) -> bool {
        lock(&self.0).push(value);
        true
    }

    fn try_get(&self) -> Option<u8> {
        lock(&self.0).pop()
    }

    fn len(&self) -> usize {
        lock(&self.0).len()
    }
}

#[test]
fn a_stack_is_no_queue() {
    // Of one thread, so that there is one smallest program.
    let programs = (Just(9_usize), program(tries(), 1, 5));
    let failure = failing::<queue::Of<Lifo>>(programs).expect("it is found");
    assert_eq!(
        failure.to_string(),
        "\
with 9, [[TryPut, TryPut]]
thread 0  [try_put 1 → done][try_put 2 → done]
main                                          [try_get → 2][try_get → 1][try_get → empty]
no order of these calls gives these results; the longest that does: try_put 1 → done, try_put 2 → done, and then \
the object is Queue { items: [1, 2], capacity: 9, closed: false, unfinished: 2 }
"
    );
}

/// A queue that counts what was put and what was got, and whose length is the difference: read one after the other.
struct TwoParts {
    items: Mutex<VecDeque<u8>>,
    put: AtomicUsize,
    got: AtomicUsize,
}

impl Tries for TwoParts {
    fn new(_capacity: usize) -> Self {
        Self {
            items: Mutex::default(),
            put: AtomicUsize::new(0),
            got: AtomicUsize::new(0),
        }
    }

    fn try_put(&self, value: u8) -> bool {
        let mut items = lock(&self.items);
        items.push_back(value);
        self.put.fetch_add(1, Ordering::SeqCst);
        true
    }

    fn try_get(&self) -> Option<u8> {
        let mut items = lock(&self.items);
        let item = items.pop_front()?;
        self.got.fetch_add(1, Ordering::SeqCst);
        Some(item)
    }

    fn len(&self) -> usize {
        let got = self.got.load(Ordering::SeqCst);
        window();
        self.put.load(Ordering::SeqCst) - got
    }
}

#[test]
fn a_length_that_is_read_in_two_parts() {
    let failure = found::<queue::Of<TwoParts>, _>(|| (Just(9_usize), program(tries(), 3, 5)));
    let text = failure.to_string();
    assert!(text.contains("no order of these calls"), "{text}");
    // The smallest there is: while the length is read, an item is put, one is got, and one is put.
    use crate::subjects::queue::Act::{Len, TryGet, TryPut};
    let program = vec![vec![Len], vec![TryPut, TryGet, TryPut]];
    let (history, wrong) = until_it_fails::<queue::Of<TwoParts>>(9, program, LONG);
    let Wrong::Unexplained(unexplained) = wrong else {
        panic!("{history}{wrong:?}");
    };
    let text = explanation(&history, &unexplained);
    let lanes: Vec<&str> = text.lines().collect();
    assert!(lanes[0].starts_with("thread 0  "), "{text}");
    assert!(lanes[0].contains("[len → 2─"), "{text}");
    assert!(lanes[0].ends_with("─]"), "{text}");
    // Where the other begins is seen as a space before or between these.
    let second: String = lanes[1].split_whitespace().collect();
    assert_eq!(
        second, "thread1[try_put11→done][try_get→11][try_put12→done]",
        "{text}"
    );
    // Both lanes at one time: the length is being read from before the item is got until the next is put.
    let column = |lane: usize, part: &str| {
        let at = lanes[lane].find(part).expect("it is shown");
        lanes[lane][..at].chars().count()
    };
    assert!(column(0, "[len") < column(1, "[try_put 12"), "{text}");
    assert!(
        lanes[0].chars().count() > column(1, "[try_put 12"),
        "{text}"
    );
}

/// A stack of indices, whose head is stored where it should be exchanged.
struct NoExchange {
    /// The item, and one more than the index of the next.
    nodes: [(AtomicUsize, AtomicUsize); 32],
    head: AtomicUsize,
    used: AtomicUsize,
}

impl Stacks for NoExchange {
    fn new() -> Self {
        Self {
            nodes: std::array::from_fn(|_| (AtomicUsize::new(0), AtomicUsize::new(0))),
            head: AtomicUsize::new(0),
            used: AtomicUsize::new(0),
        }
    }

    fn push(&self, value: u8) {
        let mine = self.used.fetch_add(1, Ordering::SeqCst);
        self.nodes[mine].0.store(value.into(), Ordering::SeqCst);
        let head = self.head.load(Ordering::SeqCst);
        self.nodes[mine].1.store(head, Ordering::SeqCst);
        window();
        self.head.store(mine + 1, Ordering::SeqCst);
    }

    fn pop(&self) -> Option<u8> {
        let head = self.head.load(Ordering::SeqCst).checked_sub(1)?;
        let next = self.nodes[head].1.load(Ordering::SeqCst);
        window();
        self.head.store(next, Ordering::SeqCst);
        Some(self.nodes[head].0.load(Ordering::SeqCst) as u8)
    }
}

#[test]
fn a_store_in_place_of_an_exchange() {
    let failure =
        found::<stack::Of<NoExchange>, _>(|| (Just(()), program(pushes_and_pops(), 3, 4)));
    assert!(failure.to_string().contains("no order of these calls"));
    // One item of two is lost, or got twice.
    let pushes = vec![vec![stack::Act::Push], vec![stack::Act::Push]];
    let (history, _) = until_it_fails::<stack::Of<NoExchange>>((), pushes, LONG);
    let text = history.to_string();
    assert_eq!(text.matches("[push").count(), 2, "{text}");
    assert_eq!(text.matches("[pop").count(), 2, "{text}");
    assert_eq!(text.matches("[pop → empty]").count(), 1, "{text}");
}

/// A queue of which nobody is woken by a put.
struct Deaf {
    items: Mutex<VecDeque<u8>>,
    closed: Mutex<bool>,
    bell: Condvar,
}

impl Subject for Deaf {
    type Config = ();
    type Act = queue::Act;
    type Hand = ();
    type Spec = Queue;

    fn spec((): &()) -> Queue {
        Queue::new(9)
    }

    fn start((): &(), threads: usize) -> (Self, Vec<()>) {
        let this = Self {
            items: Mutex::default(),
            closed: Mutex::default(),
            bell: Condvar::new(),
        };
        (this, vec![(); threads])
    }

    fn perform(&self, _hand: &mut (), act: &queue::Act, lane: &mut LaneOf<'_, Self>) {
        match act {
            queue::Act::Put => {
                let value = lane.value();
                lane.plain(Op::Put(value), || {
                    lock(&self.items).push_back(value);
                    Ret::Done
                });
            }
            _ => lane.plain(Op::Get, || {
                let mut items = lock(&self.items);
                loop {
                    if let Some(item) = items.pop_front() {
                        return Ret::Item(item);
                    } else if *lock(&self.closed) {
                        return Ret::Closed;
                    }
                    items = self.bell.wait(items).unwrap();
                }
            }),
        }
    }

    fn release(&self, _lane: &mut LaneOf<'_, Self>) {
        let _items = lock(&self.items);
        *lock(&self.closed) = true;
        self.bell.notify_all();
    }
}

#[test]
fn a_wake_up_that_is_forgotten() {
    let program = vec![vec![queue::Act::Get], vec![queue::Act::Put]];
    // So long that who puts is done by then on a busy machine too.
    let patience = Duration::from_secs(1);
    let (history, wrong) = until_it_fails::<Deaf>((), program, patience);
    assert!(matches!(wrong, Wrong::Hangs), "{wrong:?}");
    let text = history.to_string();
    assert!(text.contains("[get …"), "{text}");
    assert!(text.contains("[put 11 → done"), "{text}");
    // It is no hang that nobody puts anything: then it has to wait.
    let alone = vec![vec![queue::Act::Get]];
    let ended = run::<queue::Waiting<BoundedQueue<u8>>>(&1, &alone, 0, patience);
    assert!(ended.is_ok(), "{ended:?}");
}
