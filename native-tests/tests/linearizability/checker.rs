//! Whether a concurrent history can be explained by a sequential object.
//!
//! J. M. Wing and C. Gong, *Testing and verifying concurrent objects*, 1993: a search for an order of the calls that keeps
//! real time and in which each gives what the sequential object gives. With the memory of G. Lowe, *Testing for
//! linearizability*, 2017: what was done already, together with the state that it led to, is looked at once. A call that
//! has not returned may have taken effect or not (M. Herlihy and J. M. Wing, *Linearizability: a correctness condition for
//! concurrent objects*, 1990); if it never will return, it must have had a reason to wait (S. Burckhardt et al., *Line-up:
//! a complete and automatic linearizability checker*, 2010).

use std::collections::HashSet;
use std::fmt::{Debug, Display};
use std::hash::Hash;

/// A sequential object.
pub(crate) trait Spec: Clone + Eq + Hash + Debug {
    type Op: Clone + Debug + Display + Send + Sync + 'static;
    type Ret: Clone + Debug + Display + PartialEq + Send + Sync + 'static;

    /// How many points a call has at which it takes effect: more than one if others may get in between, as between joining
    /// a line and being served. At most three.
    fn points(_op: &Self::Op) -> u8 {
        1
    }

    /// The object after this point of the call, of which there is one with that number; or `None` if it cannot come
    /// now: because the call has to wait, or because it would give something else. A call without `ret` has not returned.
    fn step(&self, call: usize, op: &Self::Op, point: u8, ret: Option<&Self::Ret>) -> Option<Self>;
}

/// One call, from its invocation to its return.
#[derive(Clone, Debug)]
pub(crate) struct Call<O, R> {
    /// Whose: an index in [`History::lanes`].
    pub(crate) lane: usize,
    pub(crate) op: O,
    pub(crate) invoked: u64,
    /// From when on it may take effect, if that is earlier: what a worker does has begun when it took the task, which
    /// nobody sees.
    pub(crate) earliest: u64,
    /// When it returned, and what. `None`: it has not.
    pub(crate) returned: Option<(u64, R)>,
}

/// What happened. No two stamps are the same.
#[derive(Clone, Debug)]
pub(crate) struct History<O, R> {
    pub(crate) lanes: Vec<String>,
    pub(crate) calls: Vec<Call<O, R>>,
}

/// What is asked of those calls that have not returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing: they are under way.
    UnderWay,
    /// That each has to wait in the end: nothing would wake it.
    Waits,
}

/// No order explains the history.
#[derive(Clone, Debug)]
pub(crate) struct Unexplained {
    /// The longest beginning of an order that was found: numbers of calls.
    pub(crate) order: Vec<usize>,
    /// The object after it.
    pub(crate) state: String,
}

/// The most calls of a history.
pub(crate) const MOST: usize = 64;

/// Which points have come: two bits a call.
type Progress = u128;

/// An order that explains the history: the numbers of the calls, each as often as it has points.
pub(crate) fn explain<S: Spec>(
    start: &S,
    history: &History<S::Op, S::Ret>,
    rest: Rest,
) -> Result<Vec<usize>, Unexplained> {
    assert!(history.calls.len() <= MOST, "too many calls to be judged");
    let mut search = Search {
        calls: &history.calls,
        rest,
        seen: HashSet::new(),
        order: Vec::new(),
        best: (Vec::new(), start.clone()),
    };
    if search.from(0, start) {
        Ok(search.order)
    } else {
        Err(Unexplained {
            order: search.best.0,
            state: format!("{:?}", search.best.1),
        })
    }
}

struct Search<'a, S: Spec> {
    calls: &'a [Call<S::Op, S::Ret>],
    rest: Rest,
    seen: HashSet<(Progress, S)>,
    order: Vec<usize>,
    best: (Vec<usize>, S),
}

impl<S: Spec> Search<'_, S> {
    fn from(&mut self, progress: Progress, state: &S) -> bool {
        if !self.seen.insert((progress, state.clone())) {
            return false;
        }
        if self.order.len() > self.best.0.len() {
            self.best = (self.order.clone(), state.clone());
        }
        // Who was called after another has returned cannot come before it.
        let unfinished = |n: &usize| come(progress, *n) < S::points(&self.calls[*n].op);
        let mut all_returned_are_done = true;
        let mut latest = u64::MAX;
        for n in (0..self.calls.len()).filter(unfinished) {
            if let Some((stamp, _)) = self.calls[n].returned {
                all_returned_are_done = false;
                latest = latest.min(stamp);
            }
        }
        if all_returned_are_done && (self.rest == Rest::UnderWay || self.all_wait(progress, state))
        {
            return true;
        }
        for n in 0..self.calls.len() {
            let call = &self.calls[n];
            let point = come(progress, n);
            if point == S::points(&call.op) || call.earliest > latest {
                continue;
            }
            let ret = call.returned.as_ref().map(|(_, ret)| ret);
            if let Some(next) = state.step(n, &call.op, point, ret) {
                self.order.push(n);
                if self.from(progress + (1 << (2 * n)), &next) {
                    return true;
                }
                self.order.pop();
            }
        }
        false
    }

    /// Whether nothing can come any more of a call that has not returned, though each still has something to come.
    fn all_wait(&self, progress: Progress, state: &S) -> bool {
        let mut pending = (0..self.calls.len()).filter(|n| self.calls[*n].returned.is_none());
        pending.all(|n| {
            let (op, point) = (&self.calls[n].op, come(progress, n));
            point < S::points(op) && state.step(n, op, point, None).is_none()
        })
    }
}

fn come(progress: Progress, call: usize) -> u8 {
    (progress >> (2 * call) & 3) as u8
}

#[cfg(test)]
mod tests;
