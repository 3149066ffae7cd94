//! `SeqLock` and `ShardedRwLock`, promise by promise.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use racecourse::lock::{SeqLock, ShardedReadGuard, ShardedRwLock, ShardedWriteGuard, Words};

use crate::support::within_seconds;

#[test]
fn words_of_everything() {
    fn same<T: Words + PartialEq + Debug>(values: &[T]) {
        for value in values {
            assert_eq!(T::from_words(value.to_words()), *value);
            let lock = SeqLock::new(*value);
            assert_eq!(lock.read(), *value);
            lock.write(*value);
            assert_eq!(lock.into_inner(), *value);
        }
    }
    same(&[0, 1, u8::MAX]);
    same(&[0, 1, u16::MAX]);
    same(&[0, 1, u32::MAX]);
    same(&[0, 1, u64::MAX]);
    same(&[0, 1, usize::MAX]);
    same(&[0, -1, i8::MIN, i8::MAX]);
    same(&[0, -1, i16::MIN, i16::MAX]);
    same(&[0, -1, i32::MIN, i32::MAX]);
    same(&[0, -1, i64::MIN, i64::MAX]);
    same(&[0, -1, isize::MIN, isize::MAX]);
    same(&[0.0, -1.5, f32::MAX, f32::INFINITY]);
    same(&[0.0, -1.5, f64::MIN_POSITIVE, f64::NEG_INFINITY]);
    same(&[false, true]);
    same(&['\0', 'ß', char::MAX]);
    same(&[[1_u8, 2, 3]]);
    same(&[[-1.0, 2.0]]);
    same::<[u64; 0]>(&[[]]);
    same(&[(u8::MAX, 'x'), (0, 'y')]);
}

#[test]
fn seq_lock_shows_what_was_written() {
    let lock = SeqLock::from([1, 2]);
    assert_eq!(format!("{lock:?}"), "SeqLock { value: [1, 2] }");
    lock.write([3, 4]);
    assert_eq!(lock.read(), [3, 4]);
    lock.update(|[a, b]| {
        assert_eq!(lock.try_read(), None);
        assert_eq!(format!("{lock:?}"), "SeqLock { value: <locked> }");
        [a + 1, b + 1]
    });
    assert_eq!(lock.try_read(), Some([4, 5]));
    assert_eq!(SeqLock::<u8>::default().into_inner(), 0);
}

#[test]
fn seq_lock_stays_as_it_was_if_the_update_panics() {
    let lock = SeqLock::new((1, 2));
    let result = catch_unwind(AssertUnwindSafe(|| lock.update(|_| panic!("inside"))));
    assert!(result.is_err());
    assert_eq!(lock.try_read(), Some((1, 2)));
    lock.write((3, 4));
    assert_eq!(lock.read(), (3, 4));
}

#[test]
fn seq_lock_keeps_writers_apart_and_readers_whole() {
    within_seconds(60, || {
        let lock = SeqLock::new([0_u64; 4]);
        thread::scope(|s| {
            for _ in 0..2 {
                s.spawn(|| (0..5_000).for_each(|_| lock.update(|words| words.map(|w| w + 1))));
            }
            s.spawn(|| {
                let mut last = 0;
                while last < 10_000 {
                    let [first, rest @ ..] = lock.read();
                    assert_eq!(rest, [first; 3]);
                    assert!(first >= last, "it went back from {last} to {first}");
                    last = first;
                }
            });
        });
        assert_eq!(lock.read(), [10_000; 4]);
    });
}

#[test]
fn readers_share_and_a_writer_does_not() {
    within_seconds(20, || {
        let lock = ShardedRwLock::with_shards(1, 4);
        let readers = [lock.read(), lock.read()];
        assert_eq!(format!("{:?} {}", readers[0], readers[1]), "1 1");
        thread::scope(|s| {
            // From other shards too.
            for _ in 0..4 {
                s.spawn(|| assert_eq!(lock.try_read().as_deref(), Some(&1)));
            }
        });
        assert!(lock.try_write().is_none());
        assert_eq!(
            lock.try_read().as_deref(),
            Some(&1),
            "the attempt closed nothing"
        );
        drop(readers);
        let mut writer = lock.try_write().unwrap();
        *writer = 2;
        assert_eq!(format!("{writer:?} {writer}"), "2 2");
        assert!(lock.try_write().is_none());
        thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| assert!(lock.try_read().is_none()));
            }
        });
        let shown = format!("{lock:?}");
        assert_eq!(shown, "ShardedRwLock { value: <locked>, .. }");
        drop(writer);
        assert_eq!(*lock.read(), 2);
        assert_eq!(format!("{lock:?}"), "ShardedRwLock { value: 2, .. }");
    });
}

#[test]
fn any_number_of_shards() {
    for shards in [0, 1, 3, 64, usize::MAX] {
        let lock = ShardedRwLock::with_shards(shards, shards);
        *lock.write() ^= 1;
        assert_eq!(*lock.read(), shards ^ 1);
    }
}

#[test]
fn sharded_value_without_locking() {
    let mut lock = ShardedRwLock::from(String::from("a"));
    lock.get_mut().push('b');
    assert_eq!(lock.into_inner(), "ab");
    assert_eq!(ShardedRwLock::<u8>::default().into_inner(), 0);
}

#[test]
fn panic_releases_both_guards() {
    let lock = ShardedRwLock::new(0);
    for write in [false, true] {
        let result = catch_unwind(AssertUnwindSafe(|| {
            if write {
                *lock.write() = 7;
                let _guard = lock.write();
                panic!("inside");
            }
            let _guard = lock.read();
            panic!("inside");
        }));
        assert!(result.is_err());
        assert!(lock.try_write().is_some());
    }
    assert_eq!(*lock.read(), 7);
}

/// The writer sleeps until the last reader has left, and the readers that come meanwhile sleep until it has written.
#[test]
fn writer_waits_for_readers_and_new_readers_for_it() {
    within_seconds(20, || {
        let lock = ShardedRwLock::with_shards(0, 2);
        let done = AtomicBool::new(false);
        thread::scope(|s| {
            let reader = lock.read();
            s.spawn(|| {
                *lock.write() = 1;
                done.store(true, Ordering::Relaxed);
            });
            // Until it has closed the shards.
            while lock.try_read().is_some() {
                thread::yield_now();
            }
            for _ in 0..3 {
                s.spawn(|| assert_eq!(*lock.read(), 1));
            }
            assert!(!done.load(Ordering::Relaxed));
            assert_eq!(*reader, 0);
            drop(reader);
        });
        assert!(done.into_inner());
    });
}

#[test]
fn sharded_shared_as_far_as_the_value_allows() {
    use std::cell::Cell;
    fn sync<T: Sync>() {}
    fn send<T: Send>() {}
    sync::<ShardedRwLock<u8>>();
    send::<ShardedRwLock<Cell<u8>>>();
    sync::<ShardedReadGuard<'_, u8>>();
    sync::<ShardedWriteGuard<'_, u8>>();
    assert_not_impl!(ShardedRwLock<Cell<u8>>: Sync);
    assert_not_impl!(ShardedRwLock<std::rc::Rc<u8>>: Send);
    assert_not_impl!(ShardedReadGuard<'_, u8>: Send);
    assert_not_impl!(ShardedWriteGuard<'_, u8>: Send);
    assert_not_impl!(ShardedWriteGuard<'_, Cell<u8>>: Sync);
}
