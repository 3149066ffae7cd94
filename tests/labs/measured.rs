//! The measured labs. Times differ from run to run, so nothing is asserted of them but that they are times.

use racecourse::labs::{self, Axis, Expect, Measurement, Sample};
use racecourse::labs::{
    lab59_gil as gil, lab60_false_sharing as false_sharing,
    lab61_lock_granularity as lock_granularity, lab63_too_many_threads as too_many_threads,
    lab64_creation_cost as creation_cost,
};

#[test]
fn one_row_a_way_and_number_of_threads() {
    let measured = gil::measure(300_000, &[1, 3], 2).unwrap();
    let rows: Vec<_> = measured.samples.iter().map(|s| (s.series, s.x)).collect();
    assert_eq!(
        rows,
        [
            ("no lock", Some(1.0)),
            ("no lock", Some(3.0)),
            ("one lock", Some(1.0)),
            ("one lock", Some(3.0))
        ]
    );
    all_are_numbers(&measured);
}

#[test]
fn the_other_measured_labs_have_a_number_for_each_way() {
    let measured = creation_cost::measure(2).unwrap();
    assert_eq!(measured.samples.len(), 6);
    all_are_numbers(&measured);
    let measured = false_sharing::measure(1_000, &[1, 3], 2).unwrap();
    assert_eq!(measured.samples.len(), 6);
    all_are_numbers(&measured);
    let measured = lock_granularity::measure(1_000, &[1, 3], 2).unwrap();
    assert_eq!(measured.samples.len(), 4);
    all_are_numbers(&measured);
    let measured = too_many_threads::measure(2_000, &[1, 5], 2).unwrap();
    let ways = if cfg!(target_os = "linux") { 3 } else { 2 };
    assert_eq!(measured.samples.len(), 2 * ways);
    all_are_numbers(&measured);
}

#[cfg(unix)]
#[test]
fn threads_vs_processes_has_a_number_for_each_way_and_length() {
    let measured = racecourse::labs::lab62_threads_vs_processes::measure(&[1, 2_000], 2).unwrap();
    assert_eq!(measured.samples.len(), 6);
    all_are_numbers(&measured);
}

/// Each is a number above 0, also the ones beside.
fn all_are_numbers(measured: &Measurement) {
    for sample in &measured.samples {
        for number in [Some(sample.y), sample.x, sample.beside]
            .into_iter()
            .flatten()
        {
            assert!(number > 0.0 && number.is_finite(), "{sample:?}");
        }
        assert_eq!(sample.x.is_some(), measured.x.is_some(), "{sample:?}");
        assert_eq!(
            sample.beside.is_some(),
            measured.beside.is_some(),
            "{sample:?}"
        );
    }
}

fn sample(series: &'static str, y: f64) -> Sample {
    Sample {
        series,
        x: Some(2.0),
        y,
        beside: Some(1.0 / y),
    }
}

fn chart(y: Axis, samples: Vec<Sample>) -> Measurement {
    Measurement {
        title: "squares <&>".into(),
        x: Some(Axis::linear("threads", "")),
        y,
        beside: Some(Axis::linear("time", "s")),
        samples,
    }
}

fn bars(measured: &Measurement) -> Vec<usize> {
    format!("{measured:#}")
        .lines()
        .map(|line| line.matches('#').count())
        .collect()
}

#[test]
fn the_longest_bar_is_the_most_and_none_is_empty() {
    let samples = vec![
        sample("no lock", 2.0),
        sample("one lock", 1.0),
        sample("worst", 0.001),
    ];
    let measured = chart(Axis::linear("speed-up", "×"), samples);
    assert_eq!(bars(&measured), [0, 0, 40, 20, 1]);
    let unicode = format!("{measured}");
    assert_eq!(unicode.matches('█').count(), 61);
    assert!(
        unicode.lines().all(|line| line.chars().count() <= 100),
        "{unicode}"
    );
    assert!(format!("{measured:#}").is_ascii());
}

#[test]
fn ten_times_as_much_is_one_step_more_on_a_logarithmic_axis() {
    let samples = [0.1, 1.0, 10.0, 1_000.0].map(|y| sample("a way", y));
    let measured = chart(Axis::logarithmic("time", "µs"), samples.to_vec());
    assert_eq!(bars(&measured), [0, 0, 1, 10, 20, 40]);
    let text = format!("{measured:#}");
    assert!(
        text.contains("1,000 us") && text.contains("0.100 us"),
        "{text}"
    );
    assert!(text.is_ascii());
}

/// Whatever is measured: the picture is one, it stands alone, and all of it is inside.
#[test]
fn the_picture_holds_every_number_and_asks_for_nothing() {
    let ways = ["a", "b", "c & d", "e", "f", "the longest name of all"];
    let many = ways.iter().flat_map(|&series| {
        [1.0, 16.0, 1_048_576.0].map(|x| Sample {
            x: Some(x),
            ..sample(series, x / 7.0)
        })
    });
    let many: Vec<Sample> = many.collect();
    let bars = ["a", "c & d"].map(|series| Sample {
        x: None,
        ..sample(series, 0.5)
    });
    let linear = Axis::linear("speed-up", "×");
    let logarithmic = Axis::logarithmic("time", "µs");
    let mut all = Vec::new();
    for y in [linear, logarithmic] {
        for x in [
            Axis::linear("threads", ""),
            Axis::logarithmic("argument", "B"),
        ] {
            all.push(Measurement {
                x: Some(x),
                ..chart(y, many.clone())
            });
        }
        all.push(Measurement {
            x: None,
            ..chart(y, bars.to_vec())
        });
        all.push(chart(y, vec![sample("alone", 1.0)]));
        all.push(chart(y, Vec::new()));
    }
    for measured in all {
        let svg = measured.to_svg();
        let document = roxmltree::Document::parse(&svg).unwrap_or_else(|e| panic!("{e}: {svg}"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert!(!svg.contains("<script") && !svg.contains("href") && !svg.contains("url("));
        let named = |name: &str| {
            document
                .descendants()
                .filter(|n| n.has_tag_name(name))
                .count()
        };
        assert!(named("path") >= measured.samples.len().min(2), "{svg}");
        let said = document
            .descendants()
            .find(|node| node.has_tag_name("desc"))
            .and_then(|node| node.text())
            .unwrap_or_default();
        assert_eq!(said.lines().count(), measured.samples.len(), "{said}");
        let attribute = |node: roxmltree::Node<'_, '_>, name| -> Option<f64> {
            node.attribute(name).and_then(|value| value.parse().ok())
        };
        let root = document.root_element();
        let size = ["width", "height"].map(|name| attribute(root, name).expect("a size"));
        for node in document.descendants().filter(|n| n.has_tag_name("text")) {
            let [x, y] = ["x", "y"].map(|name| attribute(node, name).expect("a place"));
            assert!(
                (0.0..=size[0]).contains(&x) && (0.0..=size[1]).contains(&y),
                "{node:?}"
            );
        }
    }
}

#[test]
fn what_is_measured_has_a_chart_and_nothing_else_does() {
    for lab in labs::all() {
        for variant in lab.variants {
            let measured = variant.declared.truth == Expect::Measured;
            assert_eq!(variant.measure.is_some(), measured, "{}", lab.slug);
        }
    }
}

#[test]
#[should_panic(expected = "0 threads")]
fn zero_threads_are_refused() {
    let _ = gil::fixed(10, 0);
}
