//! What several test modules need.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Wake, Waker};
use std::time::Duration;

/// Does not compile if the type implements the trait: the compiler then finds two ways to fill in the `_`.
/// (A `trybuild` test of the same takes a minute in a fresh clone, and depends on the compiler's wording.)
macro_rules! assert_not_impl {
    ($type:ty: $trait:ident) => {{
        trait Ambiguous<A> {
            fn item() {}
        }
        impl<T: ?Sized> Ambiguous<()> for T {}
        impl<T: ?Sized + $trait> Ambiguous<u8> for T {}
        <$type as Ambiguous<_>>::item();
    }};
}

/// Long enough for a thread to have gone to sleep; a test that needs it would at worst prove less.
pub(crate) const A_WHILE: Duration = Duration::from_millis(20);

/// Runs `body` on a thread of its own, and panics if it is not done in time: a lost wake-up fails the test, and
/// does not hang the run.
#[track_caller]
pub(crate) fn within_seconds(seconds: u64, body: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel();
    std::thread::spawn(move || done.send(catch_unwind(AssertUnwindSafe(body))));
    match finished.recv_timeout(Duration::from_secs(seconds)) {
        Ok(Ok(())) => {}
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(_) => panic!("not done after {seconds} s: somebody sleeps who should have been woken"),
    }
}

/// The message of the panic that `body` must raise.
#[track_caller]
pub(crate) fn panic_message<R>(body: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(body)) else {
        panic!("it should have panicked");
    };
    text(&*payload)
}

fn text(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        payload
            .downcast_ref::<&str>()
            .expect("a message")
            .to_string()
    }
}

/// A waker that only notes that it was called.
#[derive(Default)]
pub(crate) struct Flag(AtomicBool);

impl Flag {
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let flag = Arc::new(Self::default());
        let waker = Waker::from(Arc::clone(&flag));
        (flag, waker)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn clear(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}
