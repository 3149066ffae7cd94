//! Lock-free code with branches, for the judge by relations and for the vocabulary alike.

use std::sync::atomic::Ordering::{self, *};

use crate::program::{Code, Machine, Op, Pending};
use crate::rc11::answer;

type Done<T> = Result<T, Pending>;

fn load(m: &mut dyn Machine, x: usize, order: Ordering) -> Done<u64> {
    m.perform(Op::Load { x, order })
}

fn store(m: &mut dyn Machine, x: usize, value: u64, order: Ordering) -> Done<()> {
    m.perform(Op::Store { x, value, order }).map(drop)
}

/// An exchange: what was there, whether it was as expected.
fn exchange(m: &mut dyn Machine, x: usize, expected: u64, new: u64) -> Done<Result<u64, u64>> {
    let found = m.perform(Op::Exchange {
        x,
        expected,
        new,
        success: AcqRel,
        failure: Acquire,
    })?;
    Ok(if found == expected {
        Ok(found)
    } else {
        Err(found)
    })
}

/// An array of zeros. Thread `i` sets element `i` to one more than its predecessor; thread 0 looks for the last zero,
/// from the end.
pub(crate) struct LastZero(pub(crate) usize);

impl Code for LastZero {
    fn locations(&self) -> usize {
        self.0 + 1
    }

    fn threads(&self) -> usize {
        self.0 + 1
    }

    fn run(&self, thread: usize, m: &mut dyn Machine) -> Done<()> {
        if thread == 0 {
            let mut at = self.0;
            while load(m, at, Acquire)? != 0 {
                at -= 1;
            }
            return Ok(());
        }
        let before = load(m, thread - 1, Acquire)?;
        store(m, thread, before + 1, Release)
    }
}

/// Two threads add each the other's number to their own, so many times; a third reads both.
#[derive(Clone, Copy)]
pub(crate) struct Fibonacci {
    pub(crate) times: usize,
    /// Of the reads; the writes have its counterpart.
    pub(crate) order: Ordering,
}

impl Code for Fibonacci {
    fn locations(&self) -> usize {
        2
    }

    fn threads(&self) -> usize {
        3
    }

    fn initial(&self, _x: usize) -> u64 {
        1
    }

    fn run(&self, thread: usize, m: &mut dyn Machine) -> Done<()> {
        if thread == 2 {
            load(m, 0, self.order)?;
            load(m, 1, self.order)?;
            return Ok(());
        }
        let writing = match self.order {
            Acquire => Release,
            other => other,
        };
        for _ in 0..self.times {
            let sum = load(m, thread, self.order)? + load(m, 1 - thread, self.order)?;
            store(m, thread, sum, writing)?;
        }
        Ok(())
    }
}

/// So many threads, each with one critical section.
pub(crate) struct SpinLock(pub(crate) usize);

impl Code for SpinLock {
    fn locations(&self) -> usize {
        1
    }

    fn threads(&self) -> usize {
        self.0
    }

    fn run(&self, _thread: usize, m: &mut dyn Machine) -> Done<()> {
        m.perform(Op::AwaitExchange {
            x: 0,
            expected: 0,
            new: 1,
            success: Acquire,
            failure: Relaxed,
        })?;
        store(m, 0, 0, Release)
    }
}

/// Treiber's stack: so many threads that push once, and so many that pop once. Whoever fails loads the top anew: with what
/// the exchange found there are fewer executions (48 of three pushes, not 60).
///
/// Location 0 is the top, location `n` the link of node `n`; 0 is no node.
pub(crate) struct Treiber {
    pub(crate) pushes: usize,
    pub(crate) pops: usize,
}

impl Code for Treiber {
    fn locations(&self) -> usize {
        1 + self.pushes
    }

    fn threads(&self) -> usize {
        self.pushes + self.pops
    }

    fn run(&self, thread: usize, m: &mut dyn Machine) -> Done<()> {
        if thread < self.pushes {
            let node = thread + 1;
            loop {
                let top = load(m, 0, Relaxed)?;
                store(m, node, top, Relaxed)?;
                if exchange(m, 0, top, node as u64)?.is_ok() {
                    return Ok(());
                }
            }
        }
        loop {
            let top = load(m, 0, Acquire)?;
            if top == 0 {
                return Ok(());
            }
            let next = load(m, top as usize, Relaxed)?;
            if exchange(m, 0, top, next)?.is_ok() {
                return Ok(());
            }
        }
    }
}

/// The queue of Michael and Scott: so many threads that put once, and so many that take once. The end that was read first
/// is read again before it is trusted, as in their paper: without that there are fewer executions (16 of two puts, not 22).
///
/// Node 1 is the first dummy; its link is location 2, that of node `n` is location `n + 1`.
pub(crate) struct MichaelScott {
    pub(crate) puts: usize,
    pub(crate) takes: usize,
}

const HEAD: usize = 0;
const TAIL: usize = 1;

fn link(node: u64) -> usize {
    node as usize + 1
}

impl MichaelScott {
    fn put(&self, node: u64, m: &mut dyn Machine) -> Done<()> {
        loop {
            let tail = load(m, TAIL, Acquire)?;
            let next = load(m, link(tail), Acquire)?;
            if tail != load(m, TAIL, Acquire)? {
                continue;
            }
            if next != 0 {
                exchange(m, TAIL, tail, next)?.ok();
            } else if exchange(m, link(tail), 0, node)?.is_ok() {
                exchange(m, TAIL, tail, node)?.ok();
                return Ok(());
            }
        }
    }

    fn take(&self, m: &mut dyn Machine) -> Done<()> {
        loop {
            let head = load(m, HEAD, Acquire)?;
            let tail = load(m, TAIL, Acquire)?;
            let next = load(m, link(head), Acquire)?;
            if head != load(m, HEAD, Acquire)? {
                continue;
            }
            if next == 0 {
                return Ok(());
            }
            if head == tail {
                exchange(m, TAIL, tail, next)?.ok();
            } else if exchange(m, HEAD, head, next)?.is_ok() {
                return Ok(());
            }
        }
    }
}

impl Code for MichaelScott {
    fn locations(&self) -> usize {
        3 + self.puts
    }

    fn threads(&self) -> usize {
        self.puts + self.takes
    }

    fn initial(&self, x: usize) -> u64 {
        u64::from(x <= TAIL)
    }

    fn run(&self, thread: usize, m: &mut dyn Machine) -> Done<()> {
        if thread < self.puts {
            self.put(thread as u64 + 2, m)
        } else {
            self.take(m)
        }
    }
}

/// The table of `counts`, as far as the axioms can count it.
#[test]
fn the_axioms_count_what_the_table_says() {
    let count = |code: &dyn Code| answer(code).graphs;
    for (threads, executions) in [(1, 2), (2, 5), (3, 12), (4, 28), (5, 64)] {
        assert_eq!(
            count(&LastZero(threads)),
            executions,
            "last zero of {threads}"
        );
    }
    for (threads, executions) in [(1, 1), (2, 2), (3, 6), (4, 24)] {
        assert_eq!(
            count(&SpinLock(threads)),
            executions,
            "spin lock of {threads}"
        );
    }
    for (pushes, pops, executions) in [(2, 0, 4), (2, 1, 22), (2, 2, 220), (3, 0, 60)] {
        assert_eq!(
            count(&Treiber { pushes, pops }),
            executions,
            "{pushes} pushes, {pops} pops"
        );
    }
    for (puts, takes, executions) in [(2, 0, 22), (1, 1, 4), (2, 1, 188)] {
        assert_eq!(
            count(&MichaelScott { puts, takes }),
            executions,
            "{puts} puts, {takes} takes"
        );
    }
    for (order, executions) in [(Relaxed, 180), (Acquire, 153), (SeqCst, 140)] {
        assert_eq!(
            count(&Fibonacci { times: 2, order }),
            executions,
            "{order:?}"
        );
    }
}
