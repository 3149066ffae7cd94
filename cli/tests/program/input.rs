//! Names and numbers that cannot be taken, and those that can.

use std::time::{Duration, Instant};

use super::{good, refused};

#[test]
fn unknown_lab_gets_the_nearest_name() {
    for command in ["show", "race"] {
        refused(
            &[command, "lost-updat"],
            &[
                "no lab is named `lost-updat`; did you mean `lost-update`?",
                "racecourse list",
            ],
        );
        refused(&[command, "qqqqq"], &["no lab is named `qqqqq`\n"]);
        refused(&[command, "999"], &["no lab is named `999`\n"]);
        refused(&[command, ""], &["no lab is named ``\n"]);
    }
    refused(&["verify", "--lab", "abbba"], &["did you mean `abba`?"]);
    refused(&["show", "\u{1b}[2J"], &["`\\u{1b}[2J`"]);
}

#[test]
fn unknown_variant_gets_the_nearest_name_and_all_there_are() {
    let parts = [
        "the lab abba has no variant `fixd`; did you mean `fixed`?",
        "its variants are: buggy, fixed,",
    ];
    refused(&["race", "abba", "--variant", "fixd"], &parts);
    refused(&["show", "abba", "--variant", "fixd"], &parts);
}

#[test]
fn unknown_engine_option_and_command_get_the_nearest_name() {
    refused(&["race", "abba", "--engine", "lom"], &["'lom'", "'loom'"]);
    refused(&["verify", "--engine", "samplr"], &["'sampler'"]);
    refused(&["rase"], &["'rase'", "'race'"]);
    refused(&["race", "abba", "--sede", "1"], &["'--sede'", "'--seed'"]);
    refused(&["race", "abba", "--seed", "x"], &["'x'"]);
    refused(&["race", "abba", "--executions", "0"], &["0 is not in 1.."]);
    refused(&["race"], &["<LAB>"]);
    refused(
        &["race", "abba", "--replay", "rc1-aaaa"],
        &["--replay", "checksum is wrong"],
    );
    refused(&["race", "abba", "--replay", "x"], &["begins with `rc1-`"]);
    refused(&["verify", "--jobs", "0"], &["--jobs"]);
}

#[test]
fn an_engine_for_what_no_engine_runs_is_refused() {
    let driven =
        "the lab orphan drives real processes, and no engine runs it; leave out `--engine`";
    refused(&["race", "orphan", "--engine", "loom"], &[driven]);
    let measured = "the lab gil is measured, and no engine runs it; leave out `--executions`";
    refused(&["race", "gil", "--executions", "3"], &[measured]);
    refused(
        &["verify", "--lab", "orphan", "--engine", "loom"],
        &["no engine runs orphan", "leave out `--engine`"],
    );
    refused(
        &["weakest", "orphan", "--variant", "fixed"],
        &["no memory orderings"],
    );
    refused(
        &["orderings", "abba"],
        &["abba has no table of orderings", "store-buffering"],
    );
}

#[test]
fn factor_says_what_is_wrong_with_each_number() {
    refused(
        &[
            "pool",
            "factor",
            "12",
            "twelve",
            "-5",
            "1.5",
            "340282366920938463463374607431768211456",
            "1,000",
            "",
        ],
        &[
            "error: \"twelve\" is not a number",
            "error: \"-5\" is negative",
            "error: \"1.5\" is not whole",
            "error: \"340282366920938463463374607431768211456\" is too large",
            "error: \"1,000\" groups its digits",
            "error: no number was given",
        ],
    );
    refused(&["pool", "factor"], &["<NUMBER>"]);
}

#[test]
fn factor_takes_every_number_it_promises_to() {
    let text = good(&[
        "pool",
        "factor",
        "0",
        "1",
        "2",
        "5999312",
        "340282366920938463463374607431768211455",
    ]);
    let expected = "\
0 has no prime factors: every prime divides it
The factors of 1 are []: it is the product of no primes
The factors of 2 are [2]
The factors of 5999312 are [2, 2, 2, 2, 11, 89, 383]
The factors of 340282366920938463463374607431768211455 are [3, 5, 17, 257, 641, 65537, 274177, 6700417, 67280421310721]
";
    assert_eq!(text, expected);
    assert_eq!(
        good(&[
            "pool",
            "factor",
            "--naive",
            "--threads",
            "3",
            "12",
            "5999312"
        ])
        .lines()
        .count(),
        2
    );
}

#[test]
fn factorial_refuses_what_memory_does_not_hold() {
    refused(
        &["pool", "factorial", "1000000000"],
        &["1000000000! would need 3.56 GB of memory", "--memory"],
    );
    // The last of the range, before any work.
    let start = Instant::now();
    refused(
        &["pool", "factorial", "1..=1000000000"],
        &["1000000000! would need"],
    );
    assert!(start.elapsed() < Duration::from_secs(10));
    refused(
        &["pool", "factorial", "20", "--memory", "0"],
        &["20! would need 8 bytes", "0 bytes are allowed"],
    );
}

#[test]
fn factorial_refuses_what_is_no_number_or_range() {
    refused(&["pool", "factorial", "-3"], &["\"-3\" is negative"]);
    refused(
        &["pool", "factorial", "many"],
        &["\"many\" is not a number"],
    );
    refused(
        &["pool", "factorial", "9..=1"],
        &["\"9..=1\" is an empty range"],
    );
    refused(
        &["pool", "factorial", "18446744073709551616"],
        &["is too large"],
    );
}

#[test]
fn factorial_of_the_lecture() {
    let text = good(&["pool", "factorial", "1..=48"]);
    assert_eq!(text.lines().count(), 48);
    assert_eq!(text.lines().next(), Some("1! = 1"));
    assert_eq!(
        text.lines().last(),
        Some("48! = 12413915592536072670862289047373375038521486354677760000000000")
    );
    assert_eq!(good(&["pool", "factorial", "0"]), "0! = 1\n");
}

#[test]
fn zero_workers_are_refused() {
    for command in [["pool", "factor"], ["pool", "factorial"]] {
        for what in ["threads", "processes"] {
            let option = format!("--{what}");
            let with = |number| [command[0], command[1], &option, number, "5"];
            refused(&with("0"), &[&format!("--{what} 0"), "at least 1"]);
            refused(&with("-1"), &[&format!("\"-1\" is not a number of {what}")]);
            refused(
                &with("two"),
                &[&format!("\"two\" is not a number of {what}")],
            );
        }
        let both = [
            command[0],
            command[1],
            "--threads",
            "1",
            "--processes",
            "1",
            "5",
        ];
        refused(&both, &["cannot be used with"]);
    }
}

#[cfg(unix)]
#[test]
fn processes_give_what_threads_give() {
    let numbers = ["5999312", "25179463"];
    let factor = [&["pool", "factor", "--processes", "2"], &numbers[..]].concat();
    assert_eq!(
        good(&factor),
        "The factors of 5999312 are [2, 2, 2, 2, 11, 89, 383]\nThe factors of 25179463 are [25179463]\n"
    );
    assert_eq!(
        good(&["pool", "factorial", "--processes", "1", "4..=5"]),
        "4! = 24\n5! = 120\n"
    );
}
