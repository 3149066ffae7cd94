//! What a sampled execution draws: whose turn it is, and what could be otherwise.
//!
//! Turns are drawn by *probabilistic concurrency testing*: each thread has a priority, drawn when it is first met, and
//! of those that can go on the one with the highest does; at `depth - 1` steps, drawn beforehand, whoever is to go on
//! falls behind all others. Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic
//! Guarantees of Finding Bugs, ASPLOS 2010.
//!
//! In every other execution that is all there is to it: reads find the latest write, and nothing special happens. In
//! the others each read, write and choice may be otherwise.
//!
//! Or nothing is drawn, and a list of numbers says what happens: 0 is the ordinary, as it is after the end of the list.

use std::sync::Arc;

use fastrand::Rng;

/// Steps of one thread in a row, while others could go on, after which it falls behind: it may be in a loop in which
/// it waits for them.
const MOST_IN_A_ROW: u32 = 500;

/// See the module.
#[derive(Debug)]
pub(in crate::check::explorer) struct Dice {
    random: Rng,
    /// What is taken in place of drawing, and how much of it has been.
    choices: Option<Arc<[u16]>>,
    taken: usize,
    depth: u32,
    /// By thread.
    priorities: Vec<Option<i64>>,
    /// The steps before which somebody falls behind.
    changes: Vec<u64>,
    /// The least priority that is to be given to who falls behind out of turn.
    last: i64,
    steps: u64,
    /// The most steps that an execution has had.
    longest: u64,
    row: (u32, u32),
    /// Whether a thread waits where it need not, by thread: for which of its events that was drawn, and what.
    patience: Vec<Option<(u32, bool)>>,
    /// Of 64 reads, so many look for something older than the latest write.
    stale: u32,
}

impl Dice {
    pub(in crate::check::explorer) fn new(depth: u32, choices: Option<Arc<[u16]>>) -> Self {
        Self {
            random: Rng::with_seed(0),
            choices,
            taken: 0,
            depth: depth.max(1),
            priorities: Vec::new(),
            changes: Vec::new(),
            last: 0,
            steps: 0,
            longest: 1,
            row: (0, 0),
            patience: Vec::new(),
            stale: 0,
        }
    }

    /// Begins an execution.
    pub(in crate::check::explorer) fn begin(&mut self, seed: u64, plain: bool) {
        self.longest = self.longest.max(self.steps);
        self.random = Rng::with_seed(seed);
        self.priorities.clear();
        self.patience.clear();
        self.last = 0;
        self.steps = 0;
        self.taken = 0;
        self.row = (0, 0);
        let (random, longest) = (&mut self.random, self.longest);
        self.changes.clear();
        let changes = (1..self.depth).map(|_| random.u64(..longest));
        self.changes.extend(changes);
        // Some executions hardly see what is old, some see little else.
        self.stale = match plain {
            true => 0,
            false => [4, 16, 32][self.random.usize(..3)],
        };
    }

    /// The most steps that an execution has had, the present one included.
    pub(in crate::check::explorer) fn longest(&self) -> u64 {
        self.longest.max(self.steps)
    }

    /// Whether the execution had no more steps than it was expected to, of which the changes were drawn.
    pub(in crate::check::explorer) fn was_foreseen(&self) -> bool {
        self.steps <= self.longest
    }

    fn is_plain(&self) -> bool {
        self.choices.is_none() && self.stale == 0
    }

    /// The next number of the list; `None` if all is drawn.
    fn choice(&mut self) -> Option<u16> {
        let choices = self.choices.as_ref()?;
        let choice = choices.get(self.taken).copied().unwrap_or(0);
        self.taken += 1;
        Some(choice)
    }

    /// What happens with a chance of `of` in 64, or if an odd number says so.
    fn happens(&mut self, of: u32) -> bool {
        match self.choice() {
            Some(choice) => choice % 2 == 1,
            None => self.random.u32(..64) < of,
        }
    }

    // --- turns ---

    /// Which of these goes on: there is one.
    pub(in crate::check::explorer) fn turn(&mut self, ready: &[u32]) -> u32 {
        let step = self.steps;
        self.steps += 1;
        if self.choices.is_some() {
            return self.chosen(ready);
        }
        let mut first = self.first(ready);
        for change in 0..self.changes.len() {
            if self.changes[change] == step {
                // Below what is drawn, and the later changes below the earlier.
                self.set_priority(first, -(change as i64) - 1);
                first = self.first(ready);
            }
        }
        let (thread, steps) = self.row;
        self.row = if thread == first {
            (first, steps + 1)
        } else {
            (first, 0)
        };
        if self.row.1 > MOST_IN_A_ROW && ready.len() > 1 {
            self.last -= 1;
            self.set_priority(first, i64::from(i32::MIN) + self.last);
            first = self.first(ready);
            self.row = (first, 0);
        }
        first
    }

    /// Whoever went last goes on, unless the list says that another does.
    fn chosen(&mut self, ready: &[u32]) -> u32 {
        let (last, steps) = self.row;
        let at = ready.iter().position(|thread| *thread == last);
        let further = match ready.len() {
            1 => 0,
            _ => usize::from(self.choice().unwrap_or(0)),
        };
        let tired = usize::from(steps >= MOST_IN_A_ROW);
        let next = ready[(at.unwrap_or(0) + further.max(tired)) % ready.len()];
        self.row = (next, if next == last { steps + 1 } else { 0 });
        next
    }

    fn first(&mut self, ready: &[u32]) -> u32 {
        for thread in ready {
            let at = *thread as usize;
            if self.priorities.len() <= at {
                self.priorities.resize(at + 1, None);
            }
            if self.priorities[at].is_none() {
                self.priorities[at] = Some(self.random.i64(0..=i64::MAX));
            }
        }
        let priority = |thread: &&u32| self.priorities[**thread as usize];
        *ready
            .iter()
            .max_by_key(priority)
            .expect("somebody can go on")
    }

    fn set_priority(&mut self, thread: u32, priority: i64) {
        self.priorities[thread as usize] = Some(priority);
    }

    /// Whether the thread waits before its event `index` although it need not: `of` 64 do. The same however often it
    /// is asked.
    pub(in crate::check::explorer) fn is_patient(
        &mut self,
        thread: u32,
        index: u32,
        of: u32,
    ) -> bool {
        let at = thread as usize;
        if self.patience.len() <= at {
            self.patience.resize(at + 1, None);
        }
        match self.patience[at] {
            Some((event, patient)) if event == index => patient,
            _ => {
                let patient = match self.choice() {
                    // To wait is the ordinary.
                    Some(choice) => choice % 2 == 0,
                    None => self.random.u32(..64) < of,
                };
                self.patience[at] = Some((index, patient));
                patient
            }
        }
    }

    /// Whether a lock that is held is asked for in the queue, of which others come to know.
    pub(in crate::check::explorer) fn queues(&mut self, thread: u32, index: u32) -> bool {
        !self.is_plain() && !self.is_patient(thread, index, 48)
    }

    // --- what could be otherwise ---

    /// Whether a read is to look for something older than the latest write.
    pub(in crate::check::explorer) fn looks_back(&mut self) -> bool {
        !self.is_plain() && self.happens(self.stale)
    }

    /// Whether a write is to be put before the latest.
    pub(in crate::check::explorer) fn puts_back(&mut self) -> bool {
        !self.is_plain() && self.happens(16)
    }

    /// Whether something special is to happen: a wait ends for no reason or by its timeout, an exchange fails.
    pub(in crate::check::explorer) fn is_special(&mut self) -> bool {
        !self.is_plain() && self.happens(16)
    }

    /// One of so many.
    pub(in crate::check::explorer) fn one_of(&mut self, count: usize) -> usize {
        match self.choice() {
            Some(choice) => usize::from(choice) % count,
            None => self.random.usize(..count),
        }
    }
}
