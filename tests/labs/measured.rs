//! The measured lab. Times differ from run to run, so nothing is asserted of them but that they are times.

use racecourse::labs::{self, Measurement, Sample, lab59_gil as gil};

#[test]
fn one_row_a_way_and_number_of_threads() {
    let measured = gil::measure(300_000, &[1, 3], 2).unwrap();
    let rows: Vec<_> = measured
        .samples
        .iter()
        .map(|s| (s.series, s.threads))
        .collect();
    assert_eq!(
        rows,
        [
            ("no lock", 1),
            ("no lock", 3),
            ("one lock", 1),
            ("one lock", 3)
        ]
    );
    for sample in &measured.samples {
        assert!(
            sample.seconds > 0.0 && sample.seconds.is_finite(),
            "{sample:?}"
        );
        assert!(
            sample.speed_up > 0.0 && sample.speed_up.is_finite(),
            "{sample:?}"
        );
    }
}

#[test]
fn the_longest_bar_is_the_fastest_and_none_is_empty() {
    let sample = |series, speed_up| Sample {
        series,
        threads: 2,
        seconds: 1.0 / speed_up,
        speed_up,
    };
    let measured = Measurement {
        title: "squares".into(),
        samples: vec![
            sample("no lock", 2.0),
            sample("one lock", 1.0),
            sample("worst", 0.001),
        ],
    };
    let bars: Vec<_> = format!("{measured:#}")
        .lines()
        .map(|l| l.matches('#').count())
        .collect();
    assert_eq!(bars, [0, 0, 40, 20, 1]);
    let unicode = format!("{measured}");
    assert_eq!(unicode.matches('█').count(), 61);
    assert!(
        unicode.lines().all(|line| line.chars().count() <= 100),
        "{unicode}"
    );
}

#[test]
fn the_lab_offers_its_chart_and_nothing_else_does() {
    for lab in labs::all() {
        for variant in lab.variants {
            assert_eq!(variant.measure.is_some(), lab.slug == "gil", "{}", lab.slug);
        }
    }
}

#[test]
#[should_panic(expected = "0 threads")]
fn zero_threads_are_refused() {
    let _ = gil::fixed(10, 0);
}
