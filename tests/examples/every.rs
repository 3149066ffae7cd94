//! What holds for every example.

use crate::process::{end_of, output, program, run, text};
use std::io::{BufRead, BufReader, Read};

const ALL: [&str; 12] = [
    "input_reader",
    "start_and_run",
    "database_server",
    "factoring",
    "factorials",
    "gil",
    "many_processes",
    "process_pool",
    "futures",
    "completion",
    "async_await",
    "beside_python",
];

#[test]
fn help_says_how_to_use_and_to_stop_it() {
    for name in ALL {
        for option in ["--help", "-h"] {
            let help = output(name, &[option]);
            assert!(help.contains(&format!("Usage: {name}")), "{help}");
            assert!(
                help.contains("Ctrl-C"),
                "{name} does not say how to stop it"
            );
            assert!(
                help.lines().all(|line| line.chars().count() <= 100),
                "{name}: a line is too long"
            );
        }
    }
}

#[test]
fn wrong_arguments_are_named_and_end_with_status_2() {
    for (name, arguments, named) in [
        ("input_reader", &["--start"][..], "--start"),
        ("input_reader", &["hello"], "hello"),
        ("input_reader", &["--run=yes"], "--run"),
        ("start_and_run", &["--threads", "0"], "--threads \"0\""),
        (
            "start_and_run",
            &["--wait", "-1"],
            "--wait \"-1\": give seconds",
        ),
        ("start_and_run", &["--wait", "nan"], "--wait \"nan\""),
        ("start_and_run", &["--squares"], "--squares needs a value"),
        (
            "database_server",
            &["--speed", "0"],
            "--speed \"0\": give a number from",
        ),
        ("database_server", &["--speed", "fast"], "--speed \"fast\""),
        (
            "database_server",
            &["--capacity", "0"],
            "--capacity \"0\": give a whole number from 1",
        ),
        (
            "database_server",
            &["--user", " "],
            "--user \" \": give a name",
        ),
        ("database_server", &["--seed"], "--seed needs a value"),
        ("database_server", &["hello"], "hello"),
        ("factoring", &["-12"], "\"-12\" is negative"),
        ("factoring", &["1.5"], "\"1.5\" is not whole"),
        ("factoring", &["twelve"], "\"twelve\" is not a number"),
        (
            "factoring",
            &["340282366920938463463374607431768211456"],
            "is too large",
        ),
        (
            "factoring",
            &["--threads", "0"],
            "--threads \"0\": give a whole number from 1",
        ),
        ("factoring", &["--count", "0"], "--count \"0\""),
        (
            "factoring",
            &["--seed", "1", "12"],
            "--seed are for random numbers",
        ),
        ("factoring", &["--quick"], "--quick"),
        ("factorials", &["--upto", "0"], "--upto 0"),
        ("factorials", &["--upto", "-5"], "\"-5\" is negative"),
        (
            "factorials",
            &["--upto", "1000000000"],
            "1000000000! would need 3.56 GB of memory",
        ),
        (
            "factorials",
            &["--upto", "100", "--limit", "64"],
            "100! would need 66 bytes of memory",
        ),
        ("factorials", &["48"], "48"),
        ("gil", &["--squares", "0"], "--squares \"0\""),
        ("gil", &["--threads", "many"], "--threads \"many\""),
        ("gil", &["--repeat=-1"], "--repeat \"-1\""),
        ("many_processes", &["--processes", "0"], "--processes \"0\""),
        ("many_processes", &["--squares", "1e9"], "--squares \"1e9\""),
        ("many_processes", &["12"], "12"),
        (
            "factoring",
            &["--processes", "0"],
            "--processes \"0\": give a whole number from 1",
        ),
        ("factorials", &["--processes", "two"], "--processes \"two\""),
        ("process_pool", &["--processes", "0"], "--processes \"0\""),
        ("process_pool", &["--tasks", "-1"], "--tasks \"-1\""),
        ("process_pool", &["--megabytes", "x"], "--megabytes \"x\""),
        ("futures", &["--unit", "0"], "--unit \"0\""),
        ("futures", &["--processes", ""], "--processes \"\""),
        ("completion", &["--count", "0"], "--count \"0\""),
        ("completion", &["--threads", "0"], "--threads \"0\""),
        ("completion", &["12"], "12"),
        ("async_await", &["--count", "0"], "--count \"0\""),
        ("async_await", &["--timeout", "0"], "--timeout \"0\""),
        ("async_await", &["tea"], "tea"),
        (
            "beside_python",
            &["--work", "sleep"],
            "--work \"sleep\": give factor, factorial, squares or nothing",
        ),
        ("beside_python", &["--rounds", "0"], "--rounds \"0\""),
        ("beside_python", &["--python", ""], "--python \"\""),
    ] {
        let output = run(name, arguments, "");
        let said = text(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{name} {arguments:?}: {said}"
        );
        assert!(
            said.starts_with(&format!("{name}: ")) && said.contains(named),
            "{name} {arguments:?}: {said}"
        );
        assert!(said.ends_with(&format!("See `{name} --help`.\n")), "{said}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    for (name, arguments) in [
        ("database_server", &["--speed", "2000"][..]),
        (
            "start_and_run",
            &["--wait", "0.01", "--squares", "20000000"],
        ),
        ("factoring", &["--fast", "--count", "100000"]),
        ("factorials", &["--upto", "2000"]),
        ("gil", &["--squares", "200000000", "--threads", "2"]),
        ("many_processes", &["--squares", "50000000"]),
        (
            "factoring",
            &["--fast", "--count", "100000", "--processes", "2"],
        ),
        ("process_pool", &["--tasks", "100000"]),
        ("completion", &["--count", "2000"]),
        ("async_await", &["--count", "2000"]),
    ] {
        let mut child = program(name)
            .args(arguments)
            .spawn()
            .expect("the example starts");
        // Standard input stays open: only the output's end can end the database server.
        let stdin = child.stdin.take();
        let mut line = String::new();
        let mut head = BufReader::new(child.stdout.take().expect("piped"));
        head.read_line(&mut line).expect("UTF-8");
        assert!(!line.is_empty(), "{name} printed nothing");
        drop(head);
        let status = end_of(&mut child);
        drop(stdin);
        let mut said = String::new();
        child
            .stderr
            .take()
            .expect("piped")
            .read_to_string(&mut said)
            .expect("UTF-8");
        assert!(status.success(), "{name}: {status}: {said}");
        assert_eq!(said, "", "{name}");
    }
}

#[cfg(unix)]
#[test]
fn refused_threads_are_an_error_with_a_remedy() {
    for name in ALL {
        // No stack of this size can be had, whoever runs the test: root has no limit on threads.
        let refused = program(name)
            .env("RUST_MIN_STACK", (1_u64 << 50).to_string())
            .output()
            .expect("the example starts");
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{name}: {said}");
        assert!(
            said.starts_with(&format!("{name}: "))
                && said.lines().count() == 1
                && said.contains("ulimit -u"),
            "{name}: {said}"
        );
    }
}
