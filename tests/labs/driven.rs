//! The labs that no engine can run, driven on the real system.

use racecourse::check::timeline::TextOptions;
use racecourse::check::{Checker, Engine};
use racecourse::labs::{self, Driven, DrivenVerdict, Expect, Lab, Variant};

fn driven() -> impl Iterator<Item = (&'static Lab, &'static Variant)> {
    labs::all()
        .iter()
        .flat_map(|lab| lab.all_variants().map(move |variant| (lab, variant)))
        .filter(|(_, variant)| variant.drive.is_some())
}

/// The place is reached each time, not by luck; and what one drive leaves behind would disturb the next.
#[test]
fn every_driven_variant_comes_to_what_it_declares_each_time() {
    for (lab, variant) in driven() {
        let drive = variant.drive.expect("it is driven");
        for _ in 0..20 {
            let driven = drive().unwrap_or_else(|e| panic!("{} {}: {e}", lab.slug, variant.name));
            let judged = lab.judge_driven(variant, &driven);
            let text = driven.render(&TextOptions::new());
            assert_eq!(judged, Ok(()), "{} {}:\n{text}", lab.slug, variant.name);
        }
    }
}

/// No engine is asked about what is driven, and nothing else is driven.
#[test]
fn what_is_driven_is_declared_so_under_every_engine() {
    for lab in labs::all() {
        for variant in lab.variants {
            for engine in [
                Engine::Explorer,
                Engine::Loom,
                Engine::Sampler {
                    seed: 0,
                    executions: 1,
                },
            ] {
                let declared = variant.expect(engine) == Expect::Driven;
                assert_eq!(declared, variant.drive.is_some(), "{}", lab.slug);
            }
            let truth = variant.drive.map(|_| variant.declared.truth);
            if cfg!(target_os = "linux") {
                assert_eq!(variant.expect_driven(), truth, "{}", lab.slug);
            }
        }
    }
}

/// Whoever asks an engine all the same is told what to call.
#[test]
fn an_engine_that_is_asked_says_what_to_do() {
    let (_, variant) = driven().next().expect("lab 54");
    let report = variant.scenario.check(&Checker::new());
    let failure = report.failure().expect("it is refused");
    assert!(failure.message().contains("call its `drive`"), "{report}");
}

/// A drive of one variant does not pass for one of another.
#[cfg(target_os = "linux")]
#[test]
fn a_difference_is_told() {
    let lab = labs::find("pipe-deadlock").expect("lab 54");
    let [buggy, fixed] = ["buggy", "fixed"].map(|name| lab.variant(name).expect(name));
    let drive = |variant: &Variant| variant.drive.expect("it is driven")().expect("it ends");
    let (failed, passed) = (drive(buggy), drive(fixed));
    let (file, line) = lab.failing_place(buggy).expect("marked");
    let place = format!("deadlock at {file}:{line}");

    let missed = lab.judge_driven(buggy, &passed).expect_err("not found");
    assert_eq!(missed.found, "passes");
    assert_eq!(missed.declared, format!("fails: {place}"));
    let alarm = lab.judge_driven(fixed, &failed).expect_err("a false alarm");
    assert!(alarm.found.contains(&place), "{alarm}");
    let mut elsewhere = failed;
    let step = elsewhere.timeline.steps.last_mut().expect("a failing step");
    step.location.as_mut().expect("a place").line += 1;
    lab.judge_driven(buggy, &elsewhere)
        .expect_err("another line");
}

/// The rows are for a person: one column a process, in the order in which it was seen, the failing one last.
#[cfg(target_os = "linux")]
#[test]
fn what_was_seen_can_be_read_drawn_and_kept() {
    for (lab, variant) in driven() {
        let seen = variant.drive.expect("it is driven")().expect("it ends");
        let text = seen.render(&TextOptions::new().width(80));
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        let failed = variant.is_buggy() || variant.is_wrong();
        assert_eq!(seen.failing_step().is_some(), failed, "{text}");
        assert_eq!(
            seen.timeline.steps.last().is_some_and(|s| s.failing),
            failed
        );
        assert!(!text.contains("preempted"), "{text}");
        let svg = seen.timeline.to_svg();
        assert!(roxmltree::Document::parse(&svg).is_ok(), "{svg}");
        for step in &seen.timeline.steps {
            let words: Vec<_> = step.detail.split_whitespace().collect();
            assert!(words.len() > 1 && step.detail.len() <= 80, "{step:?}");
            assert!(text.contains(words[0]), "{}: {text}", lab.slug);
        }
        let kept = serde_json::to_string(&seen).expect("JSON");
        let again: Driven = serde_json::from_str(&kept).expect("the same");
        assert_eq!(again.verdict, seen.verdict);
        assert_eq!(
            again.render(&TextOptions::new()),
            seen.render(&TextOptions::new())
        );
        let unjudged = matches!(seen.verdict, DrivenVerdict::Unjudged { .. });
        assert!(!unjudged, "{text}");
    }
}

/// However often, and beside other threads that start processes: no child is left, neither running nor dead.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left_behind() {
    std::thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                for (lab, variant) in driven() {
                    let seen = variant.drive.expect("it is driven")().expect("it ends");
                    assert_eq!(lab.judge_driven(variant, &seen), Ok(()), "{}", lab.slug);
                }
            });
        }
    });
    // Other tests of this process drive, too; whatever they have started is gone when they have ended, soon.
    let own = std::process::id().to_string();
    let children = || {
        let all = std::fs::read_dir("/proc").expect("the processes");
        let stats = all.flatten().map(|process| process.path().join("stat"));
        // `123 (name) S 122 …`: the state, then the parent.
        let children = stats.filter_map(|stat| std::fs::read_to_string(stat).ok());
        let is_ours = |stat: &String| {
            let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
            rest.split(' ').nth(1) == Some(&own)
        };
        children.filter(is_ours).collect::<Vec<_>>()
    };
    let start = std::time::Instant::now();
    while !children().is_empty() {
        assert!(start.elapsed().as_secs() < 60, "children: {:?}", children());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
