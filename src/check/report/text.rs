//! A report as a person reads it.

use std::fmt;
use std::time::Duration;

use super::advice::next;
use super::{Incomplete, Report, Semantics, Verdict};
use crate::check::failure::{Failure, FailureKind};
use crate::check::timeline::{Glyphs, Line, Style, TextOptions, Words, clean, one_line};

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
pub(crate) fn grouped(number: u64) -> String {
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
pub(crate) fn count(number: u64, what: &str) -> String {
    format!(
        "{} {what}{}",
        grouped(number),
        if number == 1 { "" } else { "s" }
    )
}

/// `12 ms`, `3.4 s`, `2 min 5 s`.
pub(crate) fn duration(duration: Duration) -> String {
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

    /// How the failure is replayed: in one piece, whatever the width, for it is copied.
    fn replay(&mut self, token: &str) {
        let mut line = Line::default();
        line.push("replay:", Style::Heading);
        let text = match &self.options.replay {
            Some(command) => command.replace("{}", token),
            None => token.to_owned(),
        };
        line.push(&format!(" {text}"), Style::Plain);
        line.write(&mut self.text, self.options.colour);
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
            let what = match reason {
                Incomplete::Doubtful { .. } => "what was found may be false",
                Incomplete::Replayed | Incomplete::Misfit { .. } => {
                    "one execution was replayed, and nothing else was checked"
                }
                _ => "nothing failed, but that was not everything",
            };
            let what = format!("{what}: {executions} ({engine}, {time})");
            page.paragraph("incomplete:", Style::Notable, &what);
            page.paragraph("why:", Style::Heading, &one_line(&reason.to_string()));
        }
        (Verdict::Failed, Some(failure)) => {
            let preemptions = count(failure.preemptions as u64, "preemption");
            let what = if report.replayed {
                format!(
                    "{} in the one execution that was replayed ({engine}, {time}), {preemptions}",
                    failure.kind
                )
            } else {
                format!(
                    "{} after {executions} ({engine}, {time}), {preemptions}",
                    failure.kind
                )
            };
            page.paragraph("failed:", Style::Failing, &what);
            explain(&mut page, failure);
        }
        (Verdict::Failed, None) => {
            page.paragraph("failed:", Style::Failing, &format!("after {executions}"))
        }
    }
    let failed = report.verdict == Verdict::Failed;
    page.paragraph(
        "explored:",
        Style::Heading,
        &semantics(&report.semantics, failed),
    );
    if !failed && !report.semantics.leaves_out.is_empty() {
        page.paragraph(
            "not explored:",
            Style::Heading,
            &report.semantics.leaves_out.join(", "),
        );
    }
    if let (false, Some(sampled)) = (failed, &report.sampled) {
        page.paragraph("covered:", Style::Heading, &sampled.to_string());
    }
    if let (Verdict::Incomplete(_), Some(bound)) = (&report.verdict, report.preemptions) {
        let text = format!(
            "every execution with at most {} was explored",
            count(bound.into(), "preemption")
        );
        page.paragraph(" ", Style::Plain, &text);
    }
    if report.verdict == Verdict::Verified && !report.concurrent {
        let text =
            "the scenario never had a second thread, so this says no more than a plain test would";
        page.paragraph("note:", Style::Notable, text);
    }
    if report.verdict == Verdict::Verified && !report.lock_order.is_clean() {
        let text = "locks are taken in orders that could block threads, but something in this scenario keeps those \
                    threads apart; another user of the code may not";
        page.paragraph("note:", Style::Notable, text);
        for line in report.lock_order.to_string().lines() {
            page.paragraph(" ", Style::Plain, line.trim_start());
        }
    }
    if report.lost_threads > 0 {
        let text = format!(
            "the checks of this process have left {} behind that can never end",
            count(report.lost_threads as u64, "thread")
        );
        page.paragraph("note:", Style::Notable, &text);
    }
    if let Some(failure) = &report.failure {
        page.paragraph("next:", Style::Heading, next(failure));
        // Where nothing explains it better.
        if !failure.sequentially_consistent && failure.timeline.explanation.is_empty() {
            let text = "this is no plain interleaving: a row marked stale read an older value, which memory weaker than one \
                        order of all steps allows";
            page.paragraph(" ", Style::Plain, text);
        }
        if let Some(token) = &failure.replay {
            page.replay(&token.to_string());
        }
    }
    page.text
}

fn explain(page: &mut Page<'_>, failure: &Failure) {
    // The sentence under the timeline mostly says it all.
    let message = one_line(&failure.message);
    if !one_line(&failure.timeline.sentence).contains(&message) {
        page.paragraph(" ", Style::Plain, &message);
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

/// What was explored, in a sentence. What was not matters only where nothing failed.
fn semantics(semantics: &Semantics, failed: bool) -> String {
    let mut parts = vec![semantics.memory_model.clone()];
    if failed {
        return parts.remove(0);
    }
    let budgets = [
        (semantics.spurious_wakeups, "spurious wakeup"),
        (semantics.weak_failures, "weak failure"),
    ];
    for (budget, what) in budgets.into_iter().filter(|(budget, _)| *budget > 0) {
        parts.push(format!(
            "at most {} an execution",
            count(budget.into(), what)
        ));
    }
    if !semantics.timeouts.is_empty() {
        parts.push(semantics.timeouts.clone());
    }
    parts.join("; ")
}
