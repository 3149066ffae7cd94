//! Without the feature `check`, every type of the vocabulary is as large, and as aligned, as the original.

use std::mem::{align_of, size_of};

use racecourse::sync::{self, atomic, mpsc};

macro_rules! same {
    ($($ours:ty = $original:ty;)*) => {$(
        assert_eq!(
            (size_of::<$ours>(), align_of::<$ours>()),
            (size_of::<$original>(), align_of::<$original>()),
            "size and alignment of {}",
            stringify!($ours),
        );
        assert_eq!(
            size_of::<Option<$ours>>(),
            size_of::<Option<$original>>(),
            "size of Option<{}>",
            stringify!($ours),
        );
    )*};
}

#[test]
fn atomics() {
    use std::sync::atomic as original;
    same! {
        atomic::AtomicBool = original::AtomicBool;
        atomic::AtomicU8 = original::AtomicU8;
        atomic::AtomicU16 = original::AtomicU16;
        atomic::AtomicU32 = original::AtomicU32;
        atomic::AtomicU64 = original::AtomicU64;
        atomic::AtomicUsize = original::AtomicUsize;
        atomic::AtomicI8 = original::AtomicI8;
        atomic::AtomicI16 = original::AtomicI16;
        atomic::AtomicI32 = original::AtomicI32;
        atomic::AtomicI64 = original::AtomicI64;
        atomic::AtomicIsize = original::AtomicIsize;
        atomic::AtomicPtr<u8> = original::AtomicPtr<u8>;
    }
}

#[test]
fn std_face() {
    use std::sync as original;
    same! {
        sync::Mutex<u8> = original::Mutex<u8>;
        sync::MutexGuard<'_, u8> = original::MutexGuard<'_, u8>;
        sync::RwLock<u8> = original::RwLock<u8>;
        sync::RwLockReadGuard<'_, u8> = original::RwLockReadGuard<'_, u8>;
        sync::RwLockWriteGuard<'_, u8> = original::RwLockWriteGuard<'_, u8>;
        sync::Condvar = original::Condvar;
        sync::WaitTimeoutResult = original::WaitTimeoutResult;
        sync::Barrier = original::Barrier;
        sync::BarrierWaitResult = original::BarrierWaitResult;
        sync::Once = original::Once;
        sync::OnceLock<u64> = original::OnceLock<u64>;
        sync::LazyLock<u64> = original::LazyLock<u64>;
        sync::Arc<u64> = original::Arc<u64>;
        sync::Arc<[u64]> = original::Arc<[u64]>;
        sync::Weak<u64> = original::Weak<u64>;
        mpsc::Sender<u64> = original::mpsc::Sender<u64>;
        mpsc::SyncSender<u64> = original::mpsc::SyncSender<u64>;
        mpsc::Receiver<u64> = original::mpsc::Receiver<u64>;
        mpsc::Iter<'_, u64> = original::mpsc::Iter<'_, u64>;
        mpsc::TryIter<'_, u64> = original::mpsc::TryIter<'_, u64>;
        mpsc::IntoIter<u64> = original::mpsc::IntoIter<u64>;
    }
    // std's own cannot be made outside of std; ours is what a closure needs to know.
    assert!(size_of::<sync::OnceState>() <= size_of::<original::OnceState>());
}

#[test]
fn parking_lot_face() {
    use parking_lot as original;
    use racecourse::parking_lot as ours;
    same! {
        ours::Mutex<u8> = original::Mutex<u8>;
        ours::MutexGuard<'_, u8> = original::MutexGuard<'_, u8>;
        ours::MappedMutexGuard<'_, u8> = original::MappedMutexGuard<'_, u8>;
        ours::RwLock<u8> = original::RwLock<u8>;
        ours::RwLockReadGuard<'_, u8> = original::RwLockReadGuard<'_, u8>;
        ours::RwLockWriteGuard<'_, u8> = original::RwLockWriteGuard<'_, u8>;
        ours::MappedRwLockReadGuard<'_, u8> = original::MappedRwLockReadGuard<'_, u8>;
        ours::MappedRwLockWriteGuard<'_, u8> = original::MappedRwLockWriteGuard<'_, u8>;
        ours::Condvar = original::Condvar;
        ours::WaitTimeoutResult = original::WaitTimeoutResult;
        ours::Once = original::Once;
        ours::OnceState = original::OnceState;
    }
}

#[test]
fn cell_and_thread() {
    use std::thread as original;
    same! {
        racecourse::cell::UnsafeCell<u64> = std::cell::UnsafeCell<u64>;
        racecourse::thread::Thread = original::Thread;
        racecourse::thread::ThreadId = original::ThreadId;
        racecourse::thread::JoinHandle<u64> = original::JoinHandle<u64>;
        racecourse::thread::ScopedJoinHandle<'_, u64> = original::ScopedJoinHandle<'_, u64>;
        racecourse::thread::LocalKey<u64> = original::LocalKey<u64>;
        racecourse::thread::AccessError = original::AccessError;
    }
    // Ours says nothing of what std keeps to itself.
    assert!(size_of::<racecourse::thread::Builder>() <= size_of::<original::Builder>());
}
