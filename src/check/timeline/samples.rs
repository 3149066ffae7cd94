//! Timelines written by hand, for the tests of what is drawn from them.

use super::*;

/// Steps written the short way.
pub(crate) struct Script(Timeline);

impl Script {
    pub(crate) fn new(threads: &[&str]) -> Self {
        let threads = threads.iter().map(|&name| name.to_owned()).collect();
        Self(Timeline {
            threads,
            ..Timeline::default()
        })
    }
    pub(crate) fn step(
        mut self,
        thread: usize,
        operation: Operation,
        object: &str,
        detail: &str,
        line: u32,
    ) -> Self {
        self.0.steps.push(Step {
            thread,
            operation,
            object: (!object.is_empty()).then(|| object.to_owned()),
            detail: detail.to_owned(),
            ordering: None,
            location: (line > 0).then(|| Location {
                file: "src/labs/lab22_abba.rs".to_owned(),
                line,
                column: 5,
            }),
            blocked: false,
            scaffolding: matches!(
                operation,
                Operation::Spawn | Operation::Start | Operation::Join | Operation::Finish
            ),
            stale: false,
            failing: false,
        });
        self
    }
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Step)) -> Self {
        change(self.0.steps.last_mut().unwrap());
        self
    }
    pub(crate) fn ordering(self, ordering: &str) -> Self {
        self.with(|step| step.ordering = Some(ordering.to_owned()))
    }
    pub(crate) fn blocked(self) -> Self {
        self.with(|step| step.blocked = true)
    }
    pub(crate) fn failing(self) -> Self {
        self.with(|step| step.failing = true)
    }
    pub(crate) fn says(mut self, sentence: &str, details: &[&str]) -> Timeline {
        self.0.sentence = sentence.to_owned();
        self.0.details = details.iter().map(|&line| line.to_owned()).collect();
        self.0
    }
}

pub(crate) fn abba() -> Timeline {
    Script::new(&["main", "alice to bob", "bob to alice"])
        .step(0, Operation::Spawn, "alice to bob", "", 40)
        .step(0, Operation::Spawn, "bob to alice", "", 41)
        .step(0, Operation::Join, "alice to bob", "", 42)
        .blocked()
        .step(1, Operation::Start, "", "", 0)
        .step(1, Operation::Lock, "alice", "", 24)
        .step(2, Operation::Start, "", "", 0)
        .step(2, Operation::Lock, "bob", "", 24)
        .step(2, Operation::Lock, "alice", "", 25)
        .blocked()
        .step(1, Operation::Lock, "bob", "", 25)
        .blocked()
        .failing()
        .says(
            "deadlock: two threads wait for each other",
            &[
                "alice to bob waits for bob, held by bob to alice (lab22_abba.rs:24)",
                "bob to alice waits for alice, held by alice to bob (lab22_abba.rs:24)",
            ],
        )
}

pub(crate) fn lost_update() -> Timeline {
    Script::new(&["main", "thread 1", "thread 2"])
        .step(0, Operation::Spawn, "thread 1", "", 40)
        .step(0, Operation::Spawn, "thread 2", "", 40)
        .step(0, Operation::Join, "thread 1", "", 42)
        .blocked()
        .step(1, Operation::Start, "", "", 0)
        .step(1, Operation::Load, "counter", "= 0", 24)
        .ordering("Relaxed")
        .step(2, Operation::Start, "", "", 0)
        .step(2, Operation::Load, "counter", "= 0", 24)
        .ordering("Relaxed")
        .step(2, Operation::Store, "counter", "1", 25)
        .ordering("Relaxed")
        .step(2, Operation::Print, "", "thread 2 is done", 25)
        .step(2, Operation::Finish, "", "", 0)
        .step(1, Operation::Store, "counter", "1", 25)
        .ordering("Relaxed")
        .step(1, Operation::Finish, "", "", 0)
        .step(0, Operation::Join, "thread 1", "", 42)
        .step(0, Operation::Join, "thread 2", "", 42)
        .step(0, Operation::Load, "counter", "= 1", 43)
        .ordering("Relaxed")
        .step(
            0,
            Operation::Panic,
            "",
            "assertion `left == right` failed\n  left: 1\n right: 2",
            43,
        )
        .failing()
        .says("main panicked: an update was lost", &[])
}

pub(crate) fn stale() -> Timeline {
    Script::new(&["main", "writer", "reader"])
        .step(0, Operation::Spawn, "writer", "", 40)
        .step(0, Operation::Spawn, "reader", "", 40)
        .step(0, Operation::Join, "writer", "", 41)
        .blocked()
        .step(1, Operation::Store, "data", "42", 24)
        .ordering("Relaxed")
        .step(1, Operation::Store, "ready", "true", 25)
        .ordering("Relaxed")
        .step(2, Operation::Load, "ready", "= true", 30)
        .ordering("Relaxed")
        .step(2, Operation::Load, "data", "= 0", 31)
        .ordering("Relaxed")
        .with(|s| s.stale = true)
        .step(
            2,
            Operation::Panic,
            "",
            "read data before it was written",
            32,
        )
        .failing()
        .says("reader panicked: ready was seen, data was not", &[])
}

/// As [`stale`], with what relates its steps, and a load that is ordered.
pub(crate) fn with_edges() -> Timeline {
    let mut timeline = stale();
    let last = Step {
        operation: Operation::Load,
        object: Some("ready".to_owned()),
        detail: "= true".to_owned(),
        ordering: Some("Acquire".to_owned()),
        stale: false,
        ..timeline.steps[6].clone()
    };
    timeline.steps.insert(7, last);
    let edge = |from, to, relation| Edge { from, to, relation };
    timeline.edges = vec![
        edge(4, 5, Relation::ReadsFrom),
        edge(3, 6, Relation::Absent),
        edge(4, 7, Relation::ReadsFrom),
        edge(4, 7, Relation::HappensBefore),
        // Within a thread, between folded steps, and to nowhere: not drawn.
        edge(3, 4, Relation::HappensBefore),
        edge(0, 3, Relation::HappensBefore),
        edge(99, 3, Relation::ReadsFrom),
    ];
    timeline.explanation = vec![
        "nothing orders the load of data after its store: the load of ready is Relaxed".to_owned(),
    ];
    timeline
}

pub(crate) fn six() -> Timeline {
    let mut s = Script::new(&[
        "main",
        "a",
        "b",
        "c",
        "d",
        "the sixth thread has a rather long name, has it not",
    ]);
    for t in 0..6 {
        s = s
            .step(
                t,
                Operation::FetchAdd,
                "tickets",
                &format!("{t} -> {}", t + 1),
                24,
            )
            .ordering("AcqRel");
    }
    s.says("six threads", &[])
}
