use super::advice::next;
use super::*;

use crate::check::failure::{FailureKind, Location};
use crate::check::timeline::{Operation, Timeline, samples};

fn report(verdict: Verdict, failure: Option<Failure>) -> Report {
    Report {
        sampled: None,
        verdict,
        failure,
        executions: 1_414,
        blocked: 0,
        estimate: None,
        sites: Vec::new(),
        elapsed: Duration::from_millis(12),
        semantics: Semantics {
            engine: "loom".to_owned(),
            memory_model: "C11 without load buffering".to_owned(),
            spurious_wakeups: 0,
            weak_failures: 0,
            timeouts: "never".to_owned(),
            leaves_out: vec!["spurious wakeups".to_owned()],
        },
        concurrent: true,
        preemptions: None,
        lock_order: Default::default(),
        lost_threads: 0,
        shard: None,
        replayed: false,
    }
}

fn failure(kind: FailureKind, message: &str, timeline: Timeline) -> Failure {
    let location = Some(Location {
        file: "src/labs/lab22_abba.rs".to_owned(),
        line: 25,
        column: 9,
    });
    Failure {
        kind,
        message: message.to_owned(),
        location,
        preemptions: 1,
        sequentially_consistent: true,
        timeline,
        replay: None,
    }
}

#[test]
fn a_failure_from_its_verdict_to_what_to_do_next() {
    let failure = failure(
        FailureKind::Deadlock,
        "deadlock: two threads wait for each other",
        samples::abba(),
    );
    let text = report(Verdict::Failed, Some(failure)).to_string();
    let first = "failed: deadlock after 1,414 executions (loom, 12 ms), 1 preemption\n  \
                 at src/labs/lab22_abba.rs:25, in thread alice to bob, on bob\n\nstep │ alice to bob";
    assert!(text.starts_with(first), "{text}");
    let last = "held by alice to bob (lab22_abba.rs:24)\n\n\
                explored: C11 without load buffering\n\
                next: break the circle: take the locks in one order everywhere, or let go of one before asking for\n  \
                the next\n";
    assert!(text.ends_with(last), "{text}");
}

#[test]
fn weak_memory_is_named_as_the_cause() {
    let mut failure = failure(FailureKind::Panic, "two\nlines", samples::stale());
    failure.sequentially_consistent = false;
    let text = report(Verdict::Failed, Some(failure)).to_string();
    assert!(
        text.contains("preemption\n  two; lines\n  at src"),
        "{text}"
    );
    assert!(text.contains("no plain interleaving"), "{text}");
}

#[test]
fn the_advice_follows_what_the_threads_wait_for() {
    let mut timeline = samples::abba();
    let advice = |timeline: &Timeline| next(&failure(FailureKind::Deadlock, "", timeline.clone()));
    assert!(advice(&timeline).contains("one order"));
    timeline.steps.last_mut().unwrap().operation = Operation::Wait;
    assert!(advice(&timeline).contains("must notify, on every way out"));
    let mut notified = timeline.clone();
    let mut notify = notified.steps[0].clone();
    notify.operation = Operation::NotifyOne;
    notify.object = notified.steps.last().unwrap().object.clone();
    notified.steps.insert(0, notify);
    assert!(advice(&notified).contains("notify while holding the lock"));
    timeline.steps.last_mut().unwrap().operation = Operation::Park;
    assert!(advice(&timeline).contains("unpark"));

    let mut itself = samples::abba();
    let last = itself.steps.last().unwrap().clone();
    itself
        .steps
        .retain(|step| step.thread != last.thread || !step.blocked);
    let mine = itself
        .steps
        .iter()
        .position(|step| step.thread == last.thread && step.operation == Operation::Lock);
    itself.steps[mine.unwrap()].object = last.object.clone();
    itself.steps.push(last);
    assert!(advice(&itself).contains("cannot be taken again by its holder"));
}

#[test]
fn what_was_not_explored_is_said_with_the_remedy() {
    let text = report(
        Verdict::Incomplete(Incomplete::MaxExecutions(1_000_000)),
        None,
    )
    .to_string();
    assert!(
        text.starts_with("incomplete: nothing failed, but that was not everything: 1,414 executions (loom, 12 ms)\n"),
        "{text}"
    );
    assert!(
        text.contains("why: the search reached `max_executions`, 1,000,000; raise it"),
        "{text}"
    );
    let text = Incomplete::MaxDuration(Duration::from_secs(125)).to_string();
    assert!(
        text.contains("`max_duration`, 2 min 5 s; raise it"),
        "{text}"
    );
    let text = Incomplete::Sampled {
        executions: 1,
        seed: 7,
    }
    .to_string();
    assert!(text.starts_with("1 schedule chosen at random"), "{text}");
}

#[test]
fn verified_says_how_much_and_of_what() {
    let text = report(Verdict::Verified, None).to_string();
    assert!(
        text.starts_with(
            "verified: all of 1,414 executions (loom, 12 ms); nothing fails\nexplored: C11"
        ),
        "{text}"
    );
}

#[test]
fn json_has_the_documented_names_and_comes_back() {
    let failure = failure(FailureKind::Panic, "m", samples::lost_update());
    let json = serde_json::to_value(report(Verdict::Failed, Some(failure))).unwrap();
    assert_eq!(json["verdict"], serde_json::json!({"kind": "failed"}));
    assert_eq!(json["elapsed"], 0.012);
    assert_eq!(
        json["failure"]["timeline"]["steps"][0]["operation"],
        "spawn"
    );
    assert_eq!(json["failure"]["location"]["line"], 25);
    let back: Report = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(back).unwrap(), json);

    for (reason, json) in [
        (
            Incomplete::MaxExecutions(7),
            serde_json::json!({"kind": "incomplete", "reason": "max_executions", "detail": 7}),
        ),
        (
            Incomplete::MaxDuration(Duration::from_millis(1500)),
            serde_json::json!({"kind": "incomplete", "reason": "max_duration", "detail": 1.5}),
        ),
        (
            Incomplete::Sampled {
                executions: 3,
                seed: 4,
            },
            serde_json::json!({"kind": "incomplete", "reason": "sampled", "detail": {"executions": 3, "seed": 4}}),
        ),
    ] {
        let verdict = Verdict::Incomplete(reason);
        assert_eq!(serde_json::to_value(&verdict).unwrap(), json);
        assert_eq!(serde_json::from_value::<Verdict>(json).unwrap(), verdict);
    }
}
