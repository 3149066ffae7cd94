//! Whatever the timeline, its text keeps to the width and to its characters.

use proptest::prelude::*;

use super::tests::{ascii, widest};
use super::*;

fn operation() -> impl Strategy<Value = Operation> {
    use Operation::*;
    proptest::sample::select(vec![
        Load,
        Store,
        FetchAdd,
        CompareExchange,
        CompareExchangeFailed,
        CompareExchangeSpurious,
        Fence,
        Lock,
        TryLockFailed,
        Unlock,
        ReadLock,
        ReadUnlock,
        WriteLock,
        Wait,
        Wake,
        WakeSpurious,
        NotifyOne,
        Read,
        Write,
        Spawn,
        Start,
        Join,
        Finish,
        Park,
        Unpark,
        Yield,
        Print,
        Panic,
        Drop,
        Observe,
    ])
}

/// Any text: letters, wide characters, marks, control characters, and very long ones.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-d]{1,3}",
        1 => ".{0,12}",
        1 => "\\PC{0,300}",
        1 => "[<>&\"'\\]\u{ffff}\u{202e}א-]{0,30}",
        1 => "[\u{0}-\u{1f}👩\u{200d}\u{fe0f}❤e\u{301}\u{1100}\u{1161}値🇩🇪]{0,30}",
        1 => "(word -> ){0,40}",
    ]
}

prop_compose! {
    fn step()(
        thread in 0..8_usize, operation in operation(), object in proptest::option::of(text()), detail in text(),
        ordering in proptest::option::of(prop_oneof![3 => Just("AcqRel".to_owned()), 1 => text()]),
        file in proptest::option::of((text(), any::<u32>())), flags in any::<[bool; 4]>(),
    ) -> Step {
        let location = file.map(|(file, line)| Location { file, line, column: 1 });
        let [blocked, scaffolding, stale, failing] = flags;
        Step { thread, operation, object, detail, ordering, location, blocked, scaffolding, stale, failing }
    }
}

/// Also to steps that there are not.
fn edge() -> impl Strategy<Value = Edge> {
    let relation = proptest::sample::select(vec![
        Relation::ReadsFrom,
        Relation::HappensBefore,
        Relation::Absent,
    ]);
    (0..32_usize, 0..32_usize, relation).prop_map(|(from, to, relation)| Edge {
        from,
        to,
        relation,
    })
}

prop_compose! {
    fn timeline()(
        threads in prop::collection::vec(text(), 0..8), mut steps in prop::collection::vec(step(), 0..30),
        some in 1..8_usize, sentence in text(), details in prop::collection::vec(text(), 0..3),
        edges in prop::collection::vec(edge(), 0..20), explanation in prop::collection::vec(text(), 0..3),
    ) -> Timeline {
        // Also few threads, for which there are columns.
        for step in &mut steps {
            step.thread %= some;
        }
        Timeline { threads, steps, sentence, details, edges, explanation }
    }
}

proptest! {
    #[test]
    fn no_line_is_wider_than_asked(timeline in timeline(), width in 0..160_usize) {
        let text = timeline.to_string();
        prop_assert!(widest(&text) <= 100, "{text}");
        let text = timeline.render(&TextOptions::new().width(width));
        prop_assert!(widest(&text) <= width.max(40), "{text}");
        let safe = |c: char| c == '\n' || !c.is_control();
        prop_assert!(text.chars().all(safe), "{text:?}");
    }

    #[test]
    fn ascii_is_only_ascii(timeline in timeline(), width in 0..160_usize) {
        let text = timeline.render(&ascii(width));
        prop_assert!(text.is_ascii(), "{text}");
        prop_assert!(text.lines().all(|line| line.len() <= width.max(40)), "{text}");
    }

    #[test]
    fn every_step_that_is_not_folded_has_its_row(mut timeline in timeline()) {
        // What is said under the table may begin with a number too.
        timeline.sentence.clear();
        timeline.details.clear();
        let text = timeline.to_string();
        let rows = timeline.steps.iter().filter(|step| !step.folds()).count();
        let gutters = text.lines().filter_map(|line| Some(line.split_once('│')?.0));
        let numbers: Vec<usize> = gutters.filter_map(|gutter| gutter.trim_start_matches('✗').trim().parse().ok()).collect();
        prop_assert_eq!(numbers, (1..=rows).collect::<Vec<_>>(), "{}", text);
    }

    #[test]
    fn a_picture_and_a_page_are_well_formed(timeline in timeline()) {
        let (svg, page) = (timeline.to_svg(), timeline.to_html());
        picture::tests::parsed(&svg);
        page::tests::parsed(&page);
        // Nothing that is not seen, or that turns the direction of what follows.
        let seen = |c: char| c == '\n' || !(c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'));
        prop_assert!(svg.chars().all(seen) && page.chars().all(seen));
        prop_assert!(!svg.contains("=\"NaN") && !svg.contains("=\"inf"));
    }

    #[test]
    fn json_comes_back_as_it_was(timeline in timeline()) {
        let json = serde_json::to_string(&timeline).unwrap();
        let back: Timeline = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(serde_json::to_string(&back).unwrap(), json);
    }
}
