//! Sets of waiting threads, as numbers: the value of a condvar. The same set always has the same number.

use super::mix::FastMap;

#[derive(Clone, Debug)]
pub(super) struct Waiters {
    sets: Vec<Box<[u32]>>,
    numbers: FastMap<Box<[u32]>, u64>,
    /// The set that is made.
    made: Vec<u32>,
}

impl Default for Waiters {
    /// Number 0 is the empty set.
    fn default() -> Self {
        let nobody: Box<[u32]> = Box::default();
        Self {
            sets: vec![nobody.clone()],
            numbers: FastMap::from_iter([(nobody, 0)]),
            made: Vec::new(),
        }
    }
}

impl Waiters {
    /// The number of the set that `change` makes of another.
    fn changed(&mut self, number: u64, change: impl FnOnce(&mut Vec<u32>)) -> u64 {
        self.made.clear();
        self.made.extend_from_slice(&self.sets[number as usize]);
        change(&mut self.made);
        let set = self.made.as_slice();
        if set.is_empty() {
            return 0;
        }
        if let Some(number) = self.numbers.get(set) {
            return *number;
        }
        let number = self.sets.len() as u64;
        self.sets.push(set.into());
        self.numbers.insert(set.into(), number);
        number
    }

    fn set(&self, number: u64) -> &[u32] {
        &self.sets[number as usize]
    }

    pub(super) fn count(&self, number: u64) -> usize {
        self.set(number).len()
    }

    pub(super) fn contains(&self, number: u64, thread: u32) -> bool {
        self.set(number).contains(&thread)
    }

    /// The set with one more, in the order of their numbers.
    pub(super) fn with(&mut self, number: u64, thread: u32) -> u64 {
        self.changed(number, |set| {
            if let Err(at) = set.binary_search(&thread) {
                set.insert(at, thread);
            }
        })
    }

    pub(super) fn without(&mut self, number: u64, thread: u32) -> u64 {
        self.changed(number, |set| set.retain(|other| *other != thread))
    }

    /// The set without its `nth` member; the empty set as it is.
    pub(super) fn without_nth(&mut self, number: u64, nth: usize) -> u64 {
        if nth >= self.count(number) {
            return number;
        }
        self.changed(number, |set| {
            set.remove(nth);
        })
    }
}
