//! A report as a person reads it.

use std::fmt;
use std::time::Duration;

use super::{Report, Semantics, Verdict};
use crate::check::failure::{Failure, FailureKind};
use crate::check::timeline::{Glyphs, Line, Operation, Style, TextOptions, Words, clean};

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Panic => "panic",
            Self::DataRace => "data race",
            Self::Deadlock => "deadlock",
            Self::Livelock => "livelock",
            Self::Leak => "leak",
            Self::UseAfterFree => "use after free",
            Self::Misuse => "misuse",
            Self::Nondeterminism => "nondeterminism",
        })
    }
}

/// `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 execution`, `1,200 executions`.
pub(super) fn count(number: u64, what: &str) -> String {
    format!(
        "{} {what}{}",
        grouped(number),
        if number == 1 { "" } else { "s" }
    )
}

/// `12 ms`, `3.4 s`, `2 min 5 s`.
pub(super) fn duration(duration: Duration) -> String {
    match duration.as_millis() {
        0 => "under 1 ms".to_owned(),
        ms @ 1..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.1} s", duration.as_secs_f64()),
        _ => format!(
            "{} min {} s",
            duration.as_secs() / 60,
            duration.as_secs() % 60
        ),
    }
}

/// Collects paragraphs, each wrapped to the width.
struct Page<'a> {
    options: &'a TextOptions,
    glyphs: Glyphs,
    text: String,
}

impl Page<'_> {
    /// A label in its style, then text; later lines are indented.
    fn paragraph(&mut self, label: &str, style: Style, text: &str) {
        for (i, line) in text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .enumerate()
        {
            let mut words = Words::default();
            words.push(if i == 0 { label } else { " " }, style);
            words.push(&clean(line.trim_end(), self.glyphs), Style::Plain);
            for line in words.wrap(self.options.width, 2, 20, self.glyphs) {
                line.write(&mut self.text, self.options.colour);
            }
        }
    }

    fn blank(&mut self) {
        Line::default().write(&mut self.text, false);
    }
}

pub(super) fn render(report: &Report, options: &TextOptions) -> String {
    let mut page = Page {
        options,
        glyphs: options.glyphs(),
        text: String::new(),
    };
    let engine = &report.semantics.engine;
    let executions = count(report.executions, "execution");
    let time = duration(report.elapsed);
    match (&report.verdict, &report.failure) {
        (Verdict::Verified, _) => {
            let all = format!("all of {executions} ({engine}, {time}); nothing fails");
            page.paragraph("verified:", Style::Good, &all);
        }
        (Verdict::Incomplete(reason), _) => {
            let what = format!(
                "nothing failed in {executions} ({engine}, {time}), but that was not everything"
            );
            page.paragraph("incomplete:", Style::Notable, &what);
            page.paragraph("why:", Style::Heading, &reason.to_string());
        }
        (Verdict::Failed, Some(failure)) => {
            let preemptions = count(failure.preemptions as u64, "preemption");
            let what = format!(
                "{} after {executions} ({engine}, {time}), {preemptions}",
                failure.kind
            );
            page.paragraph("failed:", Style::Failing, &what);
            explain(&mut page, failure);
        }
        (Verdict::Failed, None) => {
            page.paragraph("failed:", Style::Failing, &format!("after {executions}"))
        }
    }
    page.paragraph("explored:", Style::Heading, &semantics(&report.semantics));
    if let Some(failure) = &report.failure {
        page.paragraph("next:", Style::Heading, next(failure));
        if !failure.sequentially_consistent {
            let text = "no order of the steps alone shows this, only weaker memory: the rows marked stale, and the \
                        orderings of what was written before, are where to look";
            page.paragraph(" ", Style::Plain, text);
        }
    }
    page.text
}

fn explain(page: &mut Page<'_>, failure: &Failure) {
    if failure.message.trim() != failure.timeline.sentence.trim() {
        page.paragraph(" ", Style::Plain, &failure.message);
    }
    let mut place = Vec::new();
    if let Some(location) = &failure.location {
        place.push(format!("at {}:{}", location.file, location.line));
    }
    if let Some(step) = failure.timeline.steps.iter().rfind(|step| step.failing) {
        match failure.timeline.threads.get(step.thread) {
            Some(name) if name.starts_with("thread ") || name == "main" => {
                place.push(format!("in {name}"))
            }
            Some(name) => place.push(format!("in thread {name}")),
            None => place.push(format!("in thread {}", step.thread)),
        }
        place.extend(step.object.iter().map(|object| format!("on {object}")));
    }
    page.paragraph(" ", Style::Dim, &place.join(", "));
    page.blank();
    page.text.push_str(&failure.timeline.render(page.options));
    page.blank();
}

/// What was explored, in a sentence.
fn semantics(semantics: &Semantics) -> String {
    let mut parts = vec![
        semantics.memory_model.clone(),
        format!("spurious wakeups: {}", semantics.spurious_wakeups),
        format!("weak failures: {} an execution", semantics.weak_failures),
    ];
    if !semantics.timeouts.is_empty() {
        parts.push(format!("timeouts: {}", semantics.timeouts));
    }
    if !semantics.leaves_out.is_empty() {
        parts.push(format!("not explored: {}", semantics.leaves_out.join(", ")));
    }
    parts.join("; ")
}

/// What to do about a failure.
fn next(failure: &Failure) -> &'static str {
    let blocked = |operation| {
        let steps = &failure.timeline.steps;
        steps.iter().enumerate().any(|(i, step)| {
            let last = !steps[i + 1..]
                .iter()
                .any(|later| later.thread == step.thread);
            step.operation == operation && step.blocked && last
        })
    };
    match failure.kind {
        FailureKind::Panic => {
            "read the rows from the top, find the step after which a value is no longer what its thread believes, \
             and let no other thread run between the two"
        }
        FailureKind::DataRace => {
            "two accesses to one object, one of them a write, and nothing orders them: hold the same lock around \
             both, or make the object atomic, or hand it over by a Release store that an Acquire load reads"
        }
        FailureKind::Deadlock if blocked(Operation::Wait) => {
            "change the condition and notify while holding the lock that guards it, and wait in a loop that tests it"
        }
        FailureKind::Deadlock if blocked(Operation::Park) => {
            "let the thread test its condition before it parks, and unpark it after the condition is set"
        }
        FailureKind::Deadlock => {
            "break the circle: take the locks in one order everywhere, or let go of one before asking for the next"
        }
        FailureKind::Livelock => {
            "the threads run and none gets on: let one of them wait (a Condvar, park), or give way for longer than \
             the others"
        }
        FailureKind::Leak => {
            "let the scenario end only when what is named is dropped; where two Arc hold each other, one must be a Weak"
        }
        FailureKind::UseAfterFree => {
            "the object must live until its last user is done: share it by Arc, or join its users first"
        }
        FailureKind::Misuse => {
            "the scenario asks for what a check cannot give; the message names the remedy"
        }
        FailureKind::Nondeterminism => {
            "the same schedule went another way the second time: take clocks, random numbers, the order of a HashMap \
             and state that outlives an execution out of the scenario"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::failure::Location;
    use crate::check::report::Incomplete;
    use crate::check::timeline::{Timeline, samples};

    fn report(verdict: Verdict, failure: Option<Failure>) -> Report {
        Report {
            verdict,
            failure,
            executions: 1_414,
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
            lost_threads: 0,
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
                    explored: C11 without load buffering; spurious wakeups: 0; weak failures: 0 an execution; timeouts:\n  \
                    never; not explored: spurious wakeups\n\
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
            text.contains("preemption\n  two\n  lines\n  at src"),
            "{text}"
        );
        assert!(text.contains("only weaker memory"), "{text}");
    }

    #[test]
    fn the_advice_follows_what_the_threads_wait_for() {
        let mut timeline = samples::abba();
        let advice =
            |timeline: &Timeline| next(&failure(FailureKind::Deadlock, "", timeline.clone()));
        assert!(advice(&timeline).contains("one order"));
        timeline.steps.last_mut().unwrap().operation = Operation::Wait;
        assert!(advice(&timeline).contains("notify while holding the lock"));
        timeline.steps.last_mut().unwrap().operation = Operation::Park;
        assert!(advice(&timeline).contains("unpark"));
    }

    #[test]
    fn what_was_not_explored_is_said_with_the_remedy() {
        let text = report(
            Verdict::Incomplete(Incomplete::MaxExecutions(1_000_000)),
            None,
        )
        .to_string();
        assert!(
            text.starts_with("incomplete: nothing failed in 1,414 executions"),
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
            seed: 4,
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
}
