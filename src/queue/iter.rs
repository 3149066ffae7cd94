//! Getting items in a loop.

use std::iter::FusedIterator;

use super::bounded::BoundedQueue;

impl<'a, T> IntoIterator for &'a BoundedQueue<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// Gets items until the queue is shut down and empty. Made by [`BoundedQueue::iter`].
///
/// ```
/// use racecourse::queue::{BoundedQueue, Shutdown};
///
/// let queue = BoundedQueue::new(2);
/// queue.put(1).unwrap();
/// queue.put(2).unwrap();
/// queue.shutdown(Shutdown::Drain);
/// assert_eq!(queue.iter().collect::<Vec<_>>(), [1, 2]);
/// ```
#[derive(Debug)]
pub struct Iter<'a, T> {
    pub(super) queue: &'a BoundedQueue<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.queue.get().ok()
    }
}

// A queue that is shut down and empty stays so.
impl<T> FusedIterator for Iter<'_, T> {}
