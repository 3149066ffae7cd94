use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::{Thread, current, park};

/// Wakes a future by letting the thread that polls it go on.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread, which parks while the future is pending. std has nothing of the kind.
///
/// It is written on the vocabulary, so that a check explores futures as it explores threads.
///
/// ```
/// let queue = racecourse::queue::BoundedQueue::new(1);
/// queue.put(7).unwrap();
/// # #[cfg(feature = "async")]
/// assert_eq!(racecourse::thread::block_on(queue.get_async()), Ok(7));
/// ```
///
/// # Panics
/// If the future panics.
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => park(),
        }
    }
}
