//! The program as a shell sees it: what it prints, and how it ends.
//!
//! | What | Tests |
//! |---|---|
//! | names that are not known | `unknown_…` |
//! | numbers that cannot be taken | `factor_…`, `factorial_…`, `zero_threads_…` |
//! | streams that are closed, interrupts | `closed_…`, `interrupted_…` |
//! | what is found | `race_…`, `verify_…`, `json_…` |
//! | how it looks | `colour_…`, `ascii_…` |

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_racecourse"));
    // What the person who runs the tests has set must not decide them.
    for name in [
        "NO_COLOR",
        "LC_ALL",
        "LC_CTYPE",
        "LANG",
        "CARGO_PKG_NAME",
        "COLUMNS",
    ] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    program()
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Refused with status 2, nothing on standard output, and each of `parts` on standard error.
#[track_caller]
fn refused(arguments: &[&str], parts: &[&str]) {
    let output = run(arguments);
    let said = err(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert_eq!(out(&output), "", "{arguments:?}");
    for part in parts {
        assert!(
            said.contains(part),
            "{arguments:?} says {said:?}, without {part:?}"
        );
    }
    assert!(
        said.starts_with("error: ") && !said.contains("panicked"),
        "{said}"
    );
}

/// Ended with status 0 and nothing on standard error; what it printed.
#[track_caller]
fn good(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{arguments:?}: {}{}",
        out(&output),
        err(&output)
    );
    assert_eq!(err(&output), "", "{arguments:?}");
    out(&output)
}

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
    refused(&["verify", "--lab", "aba"], &["did you mean `abba`?"]);
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
    refused(&["verify", "--jobs", "0"], &["--jobs"]);
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
fn zero_threads_are_refused() {
    for command in [["pool", "factor"], ["pool", "factorial"]] {
        let with = |threads| [command[0], command[1], "--threads", threads, "5"];
        refused(&with("0"), &["--threads 0", "at least 1"]);
        refused(&with("-1"), &["\"-1\" is not a number of threads"]);
        refused(&with("two"), &["\"two\" is not a number of threads"]);
    }
}

#[test]
fn race_shows_the_counterexample_and_agrees_with_the_lab() {
    let text = good(&["race", "abba"]);
    for part in [
        "failed: deadlock after ",
        "waits for",
        "✗ deadlock: ",
        "As the lab declares (fails: deadlock).",
        " race abba --variant fixed",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let lab = racecourse::labs::find("abba").expect("abba");
    let line = lab.failing_line(&lab.variants[0]).expect("a marked line");
    assert!(text.contains(&format!("{}:{line}", lab.file)), "{text}");
    let table = text
        .lines()
        .skip_while(|line| !line.starts_with("step"))
        .take_while(|line| !line.is_empty());
    assert!(
        table.clone().count() > 5 && table.clone().all(|line| line.chars().count() <= 100),
        "{text}"
    );
}

#[test]
fn race_of_a_fix_is_verified() {
    let text = good(&["race", "1", "--variant", "fixed"]);
    assert!(
        text.contains("verified: all of ") && text.contains("As the lab declares (verified)."),
        "{text}"
    );
}

#[test]
fn race_with_one_seed_is_the_same_each_time() {
    let failure = || -> serde_json::Value {
        let report: serde_json::Value = serde_json::from_str(&good(&[
            "race", "abba", "--engine", "sampler", "--seed", "7", "--json",
        ]))
        .expect("JSON");
        report["failure"].clone()
    };
    let first = failure();
    assert_eq!(first["kind"], "deadlock");
    assert_eq!(first, failure());
}

#[test]
fn race_that_is_cut_short_says_so() {
    let text = good(&[
        "race",
        "if-not-while",
        "--variant",
        "fixed",
        "--executions",
        "3",
    ]);
    assert!(
        text.contains("incomplete: ") && text.contains("max_executions"),
        "{text}"
    );
}

#[test]
fn verify_finds_what_each_lab_declares() {
    let text = good(&["verify", "--lab", "lost-update", "--lab", "22"]);
    let lab = |slug| racecourse::labs::find(slug).expect(slug).variants.len();
    let checks = 2 * (lab("lost-update") + lab("abba"));
    assert_eq!(text.matches('✓').count(), checks, "{text}");
    assert!(
        !text.contains('✗') && text.contains(&format!("all {checks} as declared")),
        "{text}"
    );
    assert!(
        !text.contains('\r') && !text.contains('\u{1b}'),
        "no bar and no colour on a pipe: {text:?}"
    );
}

#[test]
fn verify_is_what_runs_without_a_terminal() {
    let text = good(&[]);
    assert!(
        text.contains("checks: every variant of") && text.contains(" as declared, in "),
        "{text}"
    );
}

#[test]
fn verify_as_json() {
    let text = good(&["verify", "--lab", "abba", "--engine", "loom", "--json"]);
    let summary: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (&summary["different"], &summary["as_declared"]),
        (&0.into(), &3.into())
    );
    let bug = &summary["checks"][0];
    assert_eq!(
        (&bug["lab"], &bug["variant"], &bug["engine"]),
        (&"abba".into(), &"buggy".into(), &"loom".into())
    );
    assert_eq!(bug["verdict"], serde_json::json!({"kind": "failed"}));
    assert_eq!(bug["failure"]["kind"], "deadlock");
    assert_eq!(
        (&bug["as_declared"], &bug["difference"]),
        (&true.into(), &serde_json::Value::Null)
    );
    assert_eq!(summary["checks"][1]["verdict"]["kind"], "verified");
}

#[test]
fn verify_counts_a_check_that_does_not_answer_as_different() {
    let output = run(&[
        "verify",
        "--lab",
        "abba",
        "--engine",
        "loom",
        "--timeout",
        "0",
    ]);
    assert_eq!(output.status.code(), Some(1));
    let text = out(&output);
    assert!(
        text.contains("gave no answer in 0 s") && text.contains("3 of 3 differ"),
        "{text}"
    );
}

#[test]
fn json_of_the_list_has_every_lab() {
    let list: serde_json::Value = serde_json::from_str(&good(&["list", "--json"])).expect("JSON");
    let labs = racecourse::labs::all();
    assert_eq!(list.as_array().map(Vec::len), Some(labs.len()));
    assert_eq!(list[0]["slug"], labs[0].slug);
    let text = good(&["list"]);
    assert!(
        labs.iter()
            .all(|lab| text.contains(lab.slug) && text.contains(lab.room)),
        "{text}"
    );
}

#[test]
fn json_of_the_pool_keeps_every_digit() {
    let text = good(&[
        "pool",
        "factor",
        "--json",
        "340282366920938463463374607431768211297",
        "4",
    ]);
    let results: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        results[0]["factors"],
        serde_json::json!(["340282366920938463463374607431768211297"])
    );
    assert_eq!(
        results[1],
        serde_json::json!({"number": "4", "factors": ["2", "2"]})
    );
    let results: serde_json::Value =
        serde_json::from_str(&good(&["pool", "factorial", "--json", "3..=4"])).expect("JSON");
    assert_eq!(
        results,
        serde_json::json!([{"number": "3", "factorial": "6"}, {"number": "4", "factorial": "24"}])
    );
}

#[test]
fn every_lab_shows_its_lesson_its_bug_and_its_fix() {
    for lab in racecourse::labs::all() {
        let text = good(&["show", lab.slug]);
        let fix = lab
            .variants
            .iter()
            .find(|variant| !variant.is_buggy())
            .expect("a fix");
        for part in [
            lab.title,
            lab.variants[0].summary,
            fix.summary,
            lab.references[0].url,
        ] {
            assert!(
                text.contains(part),
                "{}: {part:?} is not in {text}",
                lab.slug
            );
        }
    }
}

#[test]
fn help_teaches() {
    let text = good(&["--help"]);
    for part in [
        "racecourse show lost-update",
        "Exit status:",
        "141",
        "one column a thread",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(good(&["race", "--help"]).contains("racecourse race abba --engine sampler --seed 7"));
    assert!(!text.contains("__check"), "{text}");
}

#[test]
fn colour_only_where_it_is_asked_for() {
    assert!(!good(&["race", "abba"]).contains('\u{1b}'), "not on a pipe");
    let coloured = good(&["race", "abba", "--color", "always"]);
    assert!(
        coloured.contains("\u{1b}[1;31mfailed:\u{1b}[0m"),
        "{coloured}"
    );
    refused(
        &["list", "--color", "sometimes"],
        &["'sometimes'", "auto, always, never"],
    );
}

#[test]
fn ascii_is_only_ascii() {
    for arguments in [
        &["race", "abba", "--ascii"][..],
        &["verify", "--lab", "abba", "--ascii"],
        &["show", "lost-update", "--ascii"],
        &["list", "--ascii"],
    ] {
        let text = good(arguments);
        assert!(text.is_ascii(), "{arguments:?}: {text}");
    }
    let output = program()
        .args(["list"])
        .env("LC_ALL", "C")
        .output()
        .expect("it starts");
    assert!(out(&output).is_ascii());
}

#[cfg(unix)]
mod streams {
    use super::*;

    /// Runs `arguments`, reads one line and closes the pipe.
    fn read_one_line(arguments: &[&str]) -> (Option<i32>, String) {
        let mut child = program()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        drop(reader);
        let mut said = String::new();
        child
            .stderr
            .take()
            .expect("a pipe")
            .read_to_string(&mut said)
            .expect("UTF-8");
        (child.wait().expect("it ends").code(), said)
    }

    #[test]
    fn closed_stdout_is_quiet() {
        // More than a pipe holds, and numbers that come one by one.
        let (status, said) = read_one_line(&["pool", "factorial", "1..=3000"]);
        assert_eq!((status, said.as_str()), (Some(141), ""));
        let (status, said) = read_one_line(&["verify"]);
        assert_eq!((status, said.as_str()), (Some(141), ""));
    }

    #[test]
    fn closed_stdout_does_not_wait_for_numbers_half_done() {
        let start = Instant::now();
        // The first is factored at once, the last not in a lifetime.
        let numbers = [
            "pool",
            "factor",
            "--naive",
            "--threads",
            "2",
            "6",
            "8",
            "9",
            "340282366920938463463374607431768211297",
        ];
        let mut child = program()
            .args(numbers)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        // It may have printed all that is quick before the pipe was closed: then it is still dividing.
        while start.elapsed() < Duration::from_secs(2) {
            if let Some(status) = child.try_wait().expect("waiting works") {
                assert_eq!(status.code(), Some(141));
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        panic!("it went on dividing for nobody");
    }

    #[test]
    fn closed_stdin_is_no_matter() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "exec \"$0\" race abba --variant fixed <&-",
            env!("CARGO_BIN_EXE_racecourse"),
        ]);
        let output = command.output().expect("sh starts");
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    }

    #[test]
    fn closed_disk_is_an_error() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let Ok(full) = full else { return };
        let output = program()
            .arg("list")
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .expect("it starts");
        assert_eq!(output.status.code(), Some(1));
        assert!(
            err(&output).starts_with("error: cannot write the output: "),
            "{}",
            err(&output)
        );
    }

    #[test]
    fn interrupted_it_ends_at_once() {
        let mut child = program()
            .args([
                "pool",
                "factor",
                "--naive",
                "340282366920938463463374607431768211297",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_millis(300));
        let start = Instant::now();
        let kill = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .expect("kill starts");
        assert!(kill.success());
        assert_eq!(child.wait().expect("it ends").code(), Some(130));
        assert!(start.elapsed() < Duration::from_secs(2));
        let mut said = String::new();
        child
            .stderr
            .take()
            .expect("a pipe")
            .read_to_string(&mut said)
            .expect("UTF-8");
        assert_eq!(said, "");
    }
}
