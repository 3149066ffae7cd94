use super::samples::{Script, abba, lost_update, six, stale};
use super::*;

/// The widest line, in columns.
pub(super) fn widest(text: &str) -> usize {
    text.lines()
        .map(unicode_width::UnicodeWidthStr::width)
        .max()
        .unwrap_or(0)
}

pub(super) fn ascii(width: usize) -> TextOptions {
    TextOptions::new().ascii(true).width(width)
}

#[test]
fn deadlock_shows_the_preemption_and_who_waits() {
    let expected = "\
step │ alice to bob                      │ bob to alice                        │
─────┼───────────────────────────────────┼─────────────────────────────────────┼─────────────────
     │ … main spawned alice to bob, bob to alice
   1 │ lock alice                        │                                     │ lab22_abba.rs:24
     │ ╌╌ preempted ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌►                                   │
   2 │                                   │ lock bob                            │ lab22_abba.rs:24
   3 │                                   │ lock alice ■ waits for alice to bob │ lab22_abba.rs:25
✗  4 │ lock bob ■ waits for bob to alice │ ┊                                   │ lab22_abba.rs:25
─────┴───────────────────────────────────┴─────────────────────────────────────┴─────────────────
✗ deadlock: two threads wait for each other
  alice to bob waits for bob, held by bob to alice (lab22_abba.rs:24)
  bob to alice waits for alice, held by alice to bob (lab22_abba.rs:24)
";
    assert_eq!(abba().to_string(), expected);
}

#[test]
fn what_does_not_fit_wraps_inside_its_column() {
    let expected = "\
step | alice to bob           | bob to alice          | line
-----+------------------------+-----------------------+-----
     | ... main spawned alice to bob, bob to alice
   1 | lock alice             |                       | 24
     | -- preempted ------------>                     |
   2 |                        | lock bob              | 24
   3 |                        | lock alice ! waits    | 25
     |                        |   for alice to bob    |
X  4 | lock bob ! waits for   | :                     | 25
     |   bob to alice         | :                     |
-----+------------------------+-----------------------+-----
  lines of src/labs/lab22_abba.rs
X deadlock: two threads wait for each other
  alice to bob waits for bob, held by bob to alice
    (lab22_abba.rs:24)
  bob to alice waits for alice, held by alice to bob
    (lab22_abba.rs:24)
";
    assert_eq!(abba().render(&ascii(60)), expected);
}

#[test]
fn a_message_runs_on_over_the_other_columns() {
    let expected = "\
step │ main                      │ thread 1                   │ thread 2                   │ line
─────┼───────────────────────────┼────────────────────────────┼────────────────────────────┼─────
     │ … main spawned thread 1, thread 2
   1 │                           │ load counter = 0   Relaxed │                            │ 24
     │                           │ ╌╌ preempted ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌►                          │
   2 │                           │                            │ load counter = 0   Relaxed │ 24
   3 │                           │                            │ store counter ← 1  Relaxed │ 25
   4 │                           │                            │ prints \"thread 2 is done\"  │ 25
   5 │                           │ store counter ← 1  Relaxed │                            │ 25
     │ … main joined thread 1, thread 2
   6 │ load counter = 1  Relaxed │                            │                            │ 43
✗  7 │ panics: assertion `left == right` failed; left: 1; right: 2                         │ 43
─────┴───────────────────────────┴────────────────────────────┴────────────────────────────┴─────
  lines of src/labs/lab22_abba.rs
✗ main panicked: an update was lost
";
    assert_eq!(lost_update().to_string(), expected);
}

#[test]
fn a_stale_load_is_marked_and_explained() {
    let expected = "\
step │ writer                      │ reader                                  │
─────┼─────────────────────────────┼─────────────────────────────────────────┼─────────────────
     │ … main spawned writer, reader
   1 │ store data ← 42     Relaxed │                                         │ lab22_abba.rs:24
   2 │ store ready ← true  Relaxed │                                         │ lab22_abba.rs:25
     │ ╌╌ preempted ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌►                                       │
   3 │                             │ load ready = true               Relaxed │ lab22_abba.rs:30
   4 │                             │ load data = 0 stale, not 42     Relaxed │ lab22_abba.rs:31
✗  5 │                             │ panics: read data before it was written │ lab22_abba.rs:32
─────┴─────────────────────────────┴─────────────────────────────────────────┴─────────────────
✗ reader panicked: ready was seen, data was not
  stale: the load returned an older value than the latest write, as its ordering allows
";
    assert_eq!(stale().to_string(), expected);
}

#[test]
fn six_threads_share_one_column_that_names_them() {
    let text = six().to_string();
    assert!(
        text.starts_with("step │ thread                  │ operation "),
        "{text}"
    );
    assert!(
        text.contains("   2 │ a                       │ fetch_add tickets 1 → 2  AcqRel │"),
        "{text}"
    );
    assert!(text.contains("   6 │ the sixth thread has a… │"), "{text}");
    assert_eq!(text.matches("╌╌ preempted").count(), 5, "{text}");
}

#[test]
fn an_arrow_may_point_left() {
    let timeline = Script::new(&["main", "one", "two", "three"])
        .step(3, Operation::Write, "cell", "1", 5)
        .step(1, Operation::Read, "cell", "1", 5)
        .step(2, Operation::Read, "cell", "1", 6)
        .step(2, Operation::Finish, "", "", 0)
        .says("", &[]);
    let text = timeline.render(&ascii(100));
    assert!(
        text.contains("     | <--------------------------------- preempted      |\n"),
        "{text}"
    );
    assert!(
        text.contains("     | -- preempted ---->              |                 |\n"),
        "{text}"
    );
}

#[test]
fn giving_way_is_no_preemption() {
    use Operation::*;
    // A thread that yields, waits, ends, or next asks for a lock that is held, was not preempted.
    for (operation, blocked) in [
        (Yield, false),
        (SpinHint, false),
        (Wait, true),
        (Finish, false),
        (Lock, true),
    ] {
        let timeline = Script::new(&["main", "other"])
            .step(0, operation, "x", "", 1)
            .with(|step| step.blocked = blocked)
            .step(1, Store, "flag", "1", 2)
            .says("", &[]);
        assert!(!timeline.to_string().contains("preempted"), "{operation:?}");
    }
    let held = Script::new(&["main", "other"])
        .step(1, Lock, "m", "", 1)
        .step(0, Fence, "", "", 2)
        .step(1, Unlock, "m", "", 3)
        .step(1, Finish, "", "", 0)
        .step(0, Lock, "m", "", 4)
        .says("", &[]);
    assert_eq!(
        held.to_string().matches("preempted").count(),
        1,
        "only where other was: {held}"
    );
}

#[test]
fn a_lock_that_is_its_own_threads_and_one_that_several_read() {
    use Operation::*;
    let timeline = Script::new(&["main", "a", "b"])
        .step(1, ReadLock, "table", "", 1)
        .step(2, ReadLock, "table", "", 2)
        .step(0, WriteLock, "table", "", 3)
        .blocked()
        .step(1, Lock, "m", "", 4)
        .step(1, Lock, "m", "", 5)
        .blocked()
        .says("", &[]);
    let text = timeline.to_string();
    assert!(text.contains("write-lock table ■ waits for a, b"), "{text}");
    assert!(text.contains("lock m ■ waits for itself"), "{text}");
}

#[test]
fn what_waits_for_ever_is_the_last_row() {
    use Operation::*;
    let timeline = Script::new(&["main", "bell"])
        .step(0, Wait, "ready", "", 1)
        .blocked()
        .failing()
        .step(1, Lock, "m", "", 2)
        .step(1, Finish, "", "", 0)
        .says("deadlock", &[]);
    let text = timeline.to_string();
    let rows = "
   1 │ wait ready ■ waits for a notify │                │ lab22_abba.rs:1
   2 │ ┊                               │ lock m         │ lab22_abba.rs:2
     │ … bell finished
✗    │ ■ still waits for a notify      │                │ lab22_abba.rs:1
─────┴";
    assert!(text.contains(rows), "{text}");
}

#[test]
fn the_mutex_of_a_wait_is_free_meanwhile() {
    use Operation::*;
    let timeline = Script::new(&["main", "a"])
        .step(0, Lock, "m", "", 1)
        .step(0, Wait, "ready", "", 2)
        .blocked()
        .step(1, Lock, "m", "", 3)
        .step(1, NotifyOne, "ready", "wakes main", 4)
        .step(0, Wake, "ready", "", 2)
        .step(0, Lock, "m", "", 2)
        .blocked()
        .says("", &[]);
    let text = timeline.to_string();
    assert!(text.contains("wait ready ■ waits for a notify"), "{text}");
    assert!(text.contains("notify_one ready (wakes main)"), "{text}");
    assert!(text.contains("lock m ■ waits for a "), "{text}");
}

#[test]
fn files_are_told_apart_by_the_least_of_their_paths() {
    let place = |file: &str| {
        Some(Location {
            file: file.to_owned(),
            line: 7,
            column: 1,
        })
    };
    let timeline = Script::new(&["main"])
        .step(0, Operation::Load, "x", "1", 1)
        .with(|step| step.location = place("/home/me/src/queue/mod.rs"))
        .step(0, Operation::Load, "x", "1", 1)
        .with(|step| step.location = place("/home/me/src/pool/mod.rs"))
        .step(0, Operation::Load, "x", "1", 1)
        .with(|step| step.location = place("/home/me/src/lib.rs"))
        .says("", &[]);
    let text = timeline.to_string();
    for short in ["│ queue/mod.rs:7\n", "│ pool/mod.rs:7\n", "│ lib.rs:7\n"] {
        assert!(text.contains(short), "{short} in {text}");
    }
}

#[test]
fn text_of_the_scenario_cannot_disturb_the_table() {
    let timeline = Script::new(&["main", "线程一", "line\nbreak", "\u{202e}right to left"])
        .step(
            1,
            Operation::Store,
            "名前",
            "\"値が\u{1b}[31mとても長い\"",
            3,
        )
        .step(2, Operation::Print, "", &"長い出力 ".repeat(80), 4)
        .step(
            3,
            Operation::Panic,
            "",
            "bell \u{7}\n\n and e\u{301} and \u{200b}",
            5,
        )
        .failing()
        .says("first line\nsecond\tline", &["\u{202e}detail"]);
    let text = timeline.to_string();
    assert!(widest(&text) <= 100, "{text}");
    assert!(
        text.contains("线程一")
            && text.contains("line\\nbreak")
            && text.contains("\\u{202e}right to left"),
        "{text}"
    );
    assert!(
        text.contains("\\u{1b}[31m")
            && text.contains("\\u{200b}")
            && text.contains("✗ first line; second\\tline\n"),
        "{text}"
    );
    assert!(
        !text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\t']),
        "{text}"
    );
    assert!(text.contains('…'), "what is too long is cut: {text}");
}

#[test]
fn colour_changes_no_character() {
    let plain = lost_update().to_string();
    let mut coloured = lost_update().render(&TextOptions::new().colour(true));
    assert!(coloured.contains("\u{1b}[1;31m") && coloured != plain);
    while let Some(at) = coloured.find('\u{1b}') {
        let end = at + coloured[at..].find('m').expect("a sequence ends in m");
        coloured.replace_range(at..=end, "");
    }
    assert_eq!(coloured, plain);
}

#[test]
fn the_middle_of_a_very_long_execution_is_left_out() {
    let mut script = Script::new(&["main"]);
    for i in 0..1_000 {
        script = script.step(0, Operation::Load, "x", &i.to_string(), 1);
    }
    let text = script.failing().says("", &[]).to_string();
    assert!(text.contains("… 700 steps that are not shown"), "{text}");
    assert!(
        text.contains(" 100 │ load x = 99 ") && text.contains(" 801 │ load x = 800 "),
        "{text}"
    );
    assert!(
        text.contains("✗ 1000 │ load x = 999") && text.lines().count() < 310,
        "{text}"
    );
}

#[test]
fn an_empty_timeline_is_no_text() {
    assert_eq!(Timeline::default().to_string(), "");
}
