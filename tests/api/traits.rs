//! The auto traits that the originals have, so that enabling a feature elsewhere breaks no bound.

use super::face::parking_lot;
use super::face::sync::{self, atomic, mpsc};
use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};

fn is<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}
fn is_send_and_sync<T: Send + Sync>() {}

#[test]
fn auto_traits() {
    is::<atomic::AtomicBool>();
    is::<atomic::AtomicU64>();
    is::<atomic::AtomicPtr<u8>>();
    is::<sync::Mutex<Cell<u8>>>();
    is::<sync::RwLock<u8>>();
    is::<sync::Condvar>();
    is::<sync::Barrier>();
    is::<sync::Once>();
    is::<sync::OnceLock<u8>>();
    is::<sync::LazyLock<u8>>();
    is::<sync::Arc<u8>>();
    is::<sync::Weak<u8>>();
    is::<mpsc::Sender<u8>>();
    is::<mpsc::SyncSender<u8>>();
    is_send::<mpsc::Receiver<Cell<u8>>>();
    is_send::<sync::RwLock<Cell<u8>>>();
    is_send_and_sync::<mpsc::Sender<Cell<u8>>>();
    is_sync::<sync::MutexGuard<'static, u8>>();
    is_sync::<sync::RwLockReadGuard<'static, u8>>();
    is_sync::<sync::RwLockWriteGuard<'static, u8>>();

    is_send_and_sync::<parking_lot::Mutex<Cell<u8>>>();
    is_send_and_sync::<parking_lot::RwLock<u8>>();
    is_sync::<parking_lot::MutexGuard<'static, u8>>();
    is_sync::<parking_lot::MappedMutexGuard<'static, u8>>();
    is_sync::<parking_lot::RwLockReadGuard<'static, u8>>();
    is_sync::<parking_lot::RwLockWriteGuard<'static, u8>>();
    is_sync::<parking_lot::MappedRwLockReadGuard<'static, u8>>();
    is_sync::<parking_lot::MappedRwLockWriteGuard<'static, u8>>();
    is::<parking_lot::Condvar>();
    is::<parking_lot::Once>();
}

#[test]
fn a_lock_of_an_array_is_one_of_a_slice() {
    let whole: &sync::Mutex<[u8]> = &sync::Mutex::new([1, 2]);
    assert_eq!(whole.lock().unwrap().len(), 2);
    let whole: &sync::RwLock<[u8]> = &sync::RwLock::new([1, 2]);
    assert_eq!(whole.read().unwrap().len(), 2);
    let whole: &parking_lot::Mutex<[u8]> = &parking_lot::Mutex::new([1, 2]);
    assert_eq!(whole.lock().len(), 2);
    let whole: &parking_lot::RwLock<[u8]> = &parking_lot::RwLock::new([1, 2]);
    assert_eq!(whole.write().len(), 2);
}
