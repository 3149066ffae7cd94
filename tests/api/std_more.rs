//! std's face, used natively: atomics, counted references, channels.

use crate::face::sync::atomic::{
    self, AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8,
    AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering,
};
use crate::face::sync::mpsc::{
    self, Receiver, RecvError, RecvTimeoutError, SendError, Sender, SyncSender, TryRecvError,
    TrySendError,
};
use crate::face::sync::{Arc, Weak};
use std::collections::HashSet;
use std::thread;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_secs(60);
const RELAXED: Ordering = Ordering::Relaxed;

macro_rules! integer {
    ($($test:ident $atomic:ident $type:ident;)*) => {$(
        #[test]
        fn $test() {
            let mut atomic: $atomic = $atomic::new(5);
            assert_eq!(atomic.load(Ordering::Acquire), 5);
            atomic.store(6, Ordering::Release);
            assert_eq!(atomic.swap(7, Ordering::AcqRel), 6);
            assert_eq!(atomic.compare_exchange(7, 8, RELAXED, RELAXED), Ok(7));
            assert_eq!(atomic.compare_exchange(7, 9, RELAXED, RELAXED), Err(8));
            assert_eq!(atomic.compare_exchange_weak(7, 9, RELAXED, RELAXED), Err(8));
            while atomic.compare_exchange_weak(8, 9, RELAXED, RELAXED).is_err() {}
            assert_eq!(atomic.fetch_add($type::MAX, RELAXED), 9);
            assert_eq!(atomic.fetch_sub($type::MAX, RELAXED), (9 as $type).wrapping_add($type::MAX));
            assert_eq!(atomic.fetch_and(0b1000, RELAXED), 9);
            assert_eq!(atomic.fetch_or(0b0011, RELAXED), 8);
            assert_eq!(atomic.fetch_xor(0b0110, RELAXED), 0b1011);
            assert_eq!(atomic.fetch_nand(0b0100, RELAXED), 0b1101);
            assert_eq!(atomic.swap(3, RELAXED), !0b0100);
            assert_eq!(atomic.fetch_max($type::MAX, RELAXED), 3);
            assert_eq!(atomic.fetch_min($type::MIN, RELAXED), $type::MAX);
            assert_eq!(atomic.fetch_update(RELAXED, RELAXED, |old| old.checked_sub(1)), Err($type::MIN));
            assert_eq!(atomic.fetch_update(RELAXED, RELAXED, |old| old.checked_add(2)), Ok($type::MIN));
            assert_eq!(format!("{atomic:?}"), ($type::MIN + 2).to_string());
            *atomic.get_mut() = 1;
            assert_eq!(atomic.into_inner(), 1);
            assert_eq!($atomic::from(4).into_inner(), 4);
            assert_eq!($atomic::default().into_inner(), 0);
        }
    )*};
}

integer! {
    atomic_u8 AtomicU8 u8; atomic_u16 AtomicU16 u16; atomic_u32 AtomicU32 u32;
    atomic_u64 AtomicU64 u64; atomic_usize AtomicUsize usize;
    atomic_i8 AtomicI8 i8; atomic_i16 AtomicI16 i16; atomic_i32 AtomicI32 i32;
    atomic_i64 AtomicI64 i64; atomic_isize AtomicIsize isize;
}

#[test]
fn atomic_bool() {
    let mut flag: AtomicBool = AtomicBool::new(false);
    assert!(!flag.load(Ordering::SeqCst));
    flag.store(true, Ordering::SeqCst);
    assert!(flag.swap(true, RELAXED));
    assert_eq!(
        flag.compare_exchange(true, false, RELAXED, RELAXED),
        Ok(true)
    );
    assert_eq!(
        flag.compare_exchange_weak(true, false, RELAXED, RELAXED),
        Err(false)
    );
    assert!(!flag.fetch_or(true, RELAXED));
    assert!(flag.fetch_and(true, RELAXED));
    assert!(flag.fetch_nand(true, RELAXED));
    assert!(!flag.fetch_xor(true, RELAXED));
    assert!(flag.fetch_not(RELAXED));
    assert_eq!(flag.fetch_update(RELAXED, RELAXED, |_| None), Err(false));
    assert_eq!(
        flag.fetch_update(RELAXED, RELAXED, |old| Some(!old)),
        Ok(false)
    );
    assert_eq!(format!("{flag:?}"), "true");
    *flag.get_mut() = false;
    assert!(!flag.into_inner());
    assert!(AtomicBool::from(true).into_inner());
    assert!(!AtomicBool::default().into_inner());
}

#[test]
fn atomic_pointer() {
    let (mut a, mut b) = (1, 2);
    let (a, b): (*mut i32, *mut i32) = (&raw mut a, &raw mut b);
    let mut pointer = AtomicPtr::new(a);
    assert_eq!(pointer.swap(b, RELAXED), a);
    assert_eq!(pointer.compare_exchange(a, b, RELAXED, RELAXED), Err(b));
    assert_eq!(
        pointer.compare_exchange_weak(a, b, RELAXED, RELAXED),
        Err(b)
    );
    assert_eq!(pointer.fetch_update(RELAXED, RELAXED, |_| Some(a)), Ok(b));
    assert_eq!(pointer.load(Ordering::Acquire), a);
    pointer.store(b, Ordering::Release);
    assert_eq!(format!("{pointer:?}"), format!("{b:?}"));
    *pointer.get_mut() = a;
    assert_eq!(pointer.into_inner(), a);
    assert_eq!(AtomicPtr::from(a).into_inner(), a);
    assert!(AtomicPtr::<i32>::default().into_inner().is_null());
}

#[test]
fn fences() {
    atomic::fence(Ordering::SeqCst);
    atomic::compiler_fence(Ordering::SeqCst);
    assert!(std::panic::catch_unwind(|| atomic::fence(RELAXED)).is_err());
}

#[test]
fn arc() {
    let mut one: Arc<u32> = Arc::new(1);
    *Arc::get_mut(&mut one).unwrap() += 1;
    let two = Arc::clone(&one);
    assert!(Arc::ptr_eq(&one, &two) && Arc::as_ptr(&one) == Arc::as_ptr(&two));
    assert_eq!((Arc::strong_count(&one), Arc::weak_count(&one)), (2, 0));
    assert_eq!(Arc::get_mut(&mut one), None);
    assert_eq!(
        (*one, one.as_ref(), format!("{one} {one:?}")),
        (2, &2, "2 2".to_owned())
    );
    assert_eq!(format!("{one:p}"), format!("{:p}", Arc::as_ptr(&one)));
    assert!(one == two && one <= two && one.cmp(&two).is_eq());
    let one = Arc::try_unwrap(one).expect_err("there are two");
    assert_eq!(Arc::into_inner(one), None);
    assert_eq!(Arc::into_inner(two), Some(2));
    assert_eq!(Arc::try_unwrap(Arc::from(3)), Ok(3));
    assert_eq!(*Arc::<u32>::default(), 0);
    assert_eq!(Arc::unwrap_or_clone(Arc::new(4)), 4);
    let shared = Arc::new(5);
    assert_eq!(Arc::unwrap_or_clone(Arc::clone(&shared)), *shared);
    // `Borrow` and `Hash` agree.
    assert!(HashSet::from([Arc::new(6)]).contains(&6));
    let slice: Arc<[u8]> = Arc::from(vec![1, 2]);
    assert_eq!(*slice, [1, 2]);
    assert_eq!(slice, Arc::from(&[1, 2][..]));
    assert_eq!(slice, [1, 2].into_iter().collect());
    let text: Arc<str> = Arc::from("text");
    assert_eq!(text, Arc::from("text".to_owned()));
    assert_eq!(text, Arc::from("text".to_owned().into_boxed_str()));
}

#[test]
fn arc_make_mut() {
    let mut one = Arc::new(1);
    *Arc::make_mut(&mut one) += 1;
    let mut two = Arc::clone(&one);
    *Arc::make_mut(&mut two) += 1;
    assert_eq!((*one, *two), (2, 3));
    // With only weak references beside it, the value moves away from them.
    let weak = Arc::downgrade(&one);
    *Arc::make_mut(&mut one) += 10;
    assert_eq!(*one, 12);
    assert!(weak.upgrade().is_none());
    assert_eq!((Arc::strong_count(&one), Arc::weak_count(&one)), (1, 0));
}

#[test]
fn weak() {
    let mut strong = Arc::new(1);
    let weak: Weak<i32> = Arc::downgrade(&strong);
    let other = weak.clone();
    assert!(weak.ptr_eq(&other) && weak.as_ptr() == Arc::as_ptr(&strong));
    assert_eq!(
        (
            weak.strong_count(),
            weak.weak_count(),
            Arc::weak_count(&strong)
        ),
        (1, 2, 2)
    );
    assert_eq!(Arc::get_mut(&mut strong), None);
    assert_eq!(*weak.upgrade().unwrap(), 1);
    drop(other);
    assert_eq!(format!("{weak:?}"), "(Weak)");
    assert_eq!(Arc::try_unwrap(strong), Ok(1));
    assert!(weak.upgrade().is_none());
    assert_eq!((weak.strong_count(), weak.weak_count()), (0, 0));
    const NOTHING: Weak<u8> = Weak::new();
    assert!(NOTHING.upgrade().is_none() && Weak::<u8>::default().ptr_eq(&NOTHING));
}

#[test]
fn arc_new_cyclic() {
    struct Node {
        me: Weak<Node>,
        early: bool,
    }
    let node = Arc::new_cyclic(|me| Node {
        me: me.clone(),
        early: me.upgrade().is_some(),
    });
    assert!(!node.early);
    assert!(Arc::ptr_eq(&node.me.upgrade().unwrap(), &node));
    assert_eq!((Arc::strong_count(&node), Arc::weak_count(&node)), (1, 1));
}

#[test]
fn unbounded_channel() {
    let (sender, receiver): (Sender<u32>, Receiver<u32>) = mpsc::channel();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(receiver.recv_timeout(SOON), Err(RecvTimeoutError::Timeout));
    thread::scope(|s| {
        for _ in 0..3 {
            let sender = sender.clone();
            s.spawn(move || (1..=100).for_each(|n| sender.send(n).unwrap()));
        }
        let sum: u32 = receiver.iter().take(300).sum();
        assert_eq!(sum, 3 * 5050);
    });
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert_eq!(receiver.recv(), Ok(1));
    assert_eq!(receiver.recv_timeout(LONG), Ok(2));
    sender.send(3).unwrap();
    sender.send(4).unwrap();
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [3, 4]);
    sender.send(5).unwrap();
    assert_eq!(
        format!("{sender:?} {receiver:?}"),
        "Sender { .. } Receiver { .. }"
    );
    drop(sender);
    assert_eq!(receiver.recv_timeout(Duration::MAX), Ok(5));
    assert_eq!(receiver.recv(), Err(RecvError));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(
        receiver.recv_timeout(SOON),
        Err(RecvTimeoutError::Disconnected)
    );
    let mut none = IntoIterator::into_iter(&receiver);
    assert_eq!(none.next(), None, "nobody sent anything");
    let (sender, receiver) = mpsc::channel();
    sender.send("left").unwrap();
    drop(sender);
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), ["left"]);
}

#[test]
fn channel_without_a_receiver() {
    let (sender, receiver) = mpsc::channel();
    let message = std::sync::Arc::new(());
    sender.send(std::sync::Arc::clone(&message)).unwrap();
    drop(receiver);
    assert_eq!(
        std::sync::Arc::strong_count(&message),
        1,
        "what is left is dropped"
    );
    let SendError(back) = sender.send(message).unwrap_err();
    assert_eq!(std::sync::Arc::strong_count(&back), 1);
    let (sender, receiver) = mpsc::sync_channel(1);
    drop(receiver);
    assert_eq!(sender.send(1), Err(SendError(1)));
    assert_eq!(sender.try_send(1), Err(TrySendError::Disconnected(1)));
    // Receivers that go wake senders that wait, and hand their messages back.
    for capacity in [0, 1] {
        let (sender, receiver) = mpsc::sync_channel(capacity);
        thread::scope(|s| {
            let senders = [1, 2].map(|_| {
                let sender = sender.clone();
                s.spawn(move || (0..=capacity).map(|n| sender.send(n)).find(Result::is_err))
            });
            thread::sleep(SOON);
            drop(receiver);
            let errors: Vec<_> = senders
                .into_iter()
                .filter_map(|s| s.join().unwrap())
                .collect();
            assert!(!errors.is_empty());
        });
    }
}

#[test]
fn bounded_channel() {
    let (sender, receiver): (SyncSender<u32>, Receiver<u32>) = mpsc::sync_channel(2);
    sender.send(1).unwrap();
    sender.try_send(2).unwrap();
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!(format!("{sender:?}"), "SyncSender { .. }");
    thread::scope(|s| {
        s.spawn(|| (3..=100).for_each(|n| sender.clone().send(n).unwrap()));
        assert!(receiver.iter().take(100).eq(1..=100));
    });
}

#[test]
fn rendezvous_channel() {
    let (sender, receiver) = mpsc::sync_channel(0);
    assert_eq!(sender.try_send(0), Err(TrySendError::Full(0)));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(receiver.recv_timeout(SOON), Err(RecvTimeoutError::Timeout));
    let taken = AtomicBool::new(false);
    thread::scope(|s| {
        let waiting = s.spawn(|| {
            sender.send(1).unwrap();
            assert!(taken.load(Ordering::SeqCst), "`send` waits for the receipt");
        });
        thread::sleep(SOON);
        taken.store(true, Ordering::SeqCst);
        assert_eq!(receiver.recv(), Ok(1));
        waiting.join().unwrap();
    });
    thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| (1..=50).for_each(|n| sender.clone().send(n).unwrap()));
        }
        assert_eq!(receiver.iter().take(150).sum::<u32>(), 3 * 1275);
    });
    // `try_send` succeeds when somebody waits to take it.
    thread::scope(|s| {
        s.spawn(|| while sender.try_send(7).is_err() {});
        assert_eq!(receiver.recv(), Ok(7));
    });
    drop(sender);
    assert_eq!(receiver.recv(), Err(RecvError));
}
