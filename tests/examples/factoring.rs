//! LECTURE 9: factoring.

use crate::process::{output, run, text};

#[test]
fn the_lectures_numbers_are_factored_in_their_order() {
    let numbers = [
        "5999312", "27175366", "13193645", "11026294", "30474659", "11600878", "12645941",
        "20106508", "25179463", "15382779", "49595626", "6147277", "44304094", "41354114",
        "17934710", "39763829", "38295778", "11053859", "6658471", "4971588",
    ];
    for options in [
        &[][..],
        &["--fast"],
        &["--threads", "1"],
        &["--threads", "7", "--fast"],
        #[cfg(unix)]
        &["--processes", "2"],
        #[cfg(unix)]
        &["--processes", "3", "--fast"],
    ] {
        let printed = output("factoring", &[options, &numbers].concat());
        let lines: Vec<&str> = printed.lines().collect();
        assert_eq!(
            lines[0],
            "The factors of 5999312 are [2, 2, 2, 2, 11, 89, 383]"
        );
        assert_eq!(lines[8], "The factors of 25179463 are [25179463]");
        assert_eq!(lines[19], "The factors of 4971588 are [2, 2, 3, 23, 18013]");
        assert_eq!(lines.len(), 20);
        for (line, number) in lines.iter().zip(numbers) {
            assert!(
                line.starts_with(&format!("The factors of {number} are [")),
                "{line}"
            );
        }
    }
}

#[test]
fn a_seed_gives_the_same_twenty_numbers_again() {
    let naive = output("factoring", &["--seed", "7"]);
    assert_eq!(naive.lines().count(), 20);
    for line in naive.lines() {
        let number: u64 = line
            .split(' ')
            .nth(3)
            .expect("a number")
            .parse()
            .expect("a number");
        assert!((100_000..=50_000_000).contains(&number), "{line}");
    }
    assert_eq!(
        output("factoring", &["--seed", "7", "--fast", "--threads", "3"]),
        naive
    );
    assert_ne!(output("factoring", &["--seed", "8", "--fast"]), naive);
}

#[test]
fn the_time_and_the_random_seed_are_told_beside_the_answers() {
    let output = run(
        "factoring",
        &["--fast", "--count", "2", "--threads", "2"],
        "",
    );
    let said = text(&output.stderr);
    let seed = said.trim_end().rsplit("--seed ").next().expect("a seed");
    assert!(
        said.starts_with("2 number(s) in 0.") && said.contains(" seconds on 2 thread(s), --seed "),
        "{said}"
    );
    let again = run("factoring", &["--fast", "--count", "2", "--seed", seed], "");
    assert_eq!(again.stdout, output.stdout);
}
