//! The example programs as a person runs them: as processes, with arguments, on pipes.
//!
//! | | database_server | factoring | factorials | gil | completion |
//! |---|---|---|---|---|---|
//! | what it prints | transcript | the lecture's 20 numbers | the lecture's last line | rows and bars | each number, and how many |
//! | ended by | end of input, `qqq`, Ctrl-C | | | | Ctrl-C |
//! | output closed (`head -1`) | ✓ | ✓ | ✓ | ✓ | ✓ |
//! | `--help`, wrong arguments | ✓ | ✓ | ✓ | ✓ | ✓ |
//! | threads refused | ✓ | ✓ | ✓ | ✓ | ✓ |

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a loaded machine; far shorter than any wait that the programs must not wait out.
const PATIENCE: Duration = Duration::from_secs(30);

const ALL: [&str; 5] = [
    "database_server",
    "factoring",
    "factorials",
    "gil",
    "completion",
];

/// The program that cargo built for `cargo test`: beside `deps`, where this test is.
fn program(name: &str) -> Command {
    let test = std::env::current_exe().expect("a test knows its own file");
    let profile: PathBuf = test
        .ancestors()
        .nth(2)
        .expect("target/<profile>/deps/<test>")
        .into();
    let path = profile
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is missing: `cargo test` builds it, `cargo test --test examples` needs `cargo build --examples` before",
        path.display()
    );
    let mut command = Command::new(path);
    command
        .env("USER", "ada")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Waits for a child's end, but not for ever.
fn end_of(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the child is ours") {
            return status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().expect("the child is ours");
            panic!("the program did not end");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn run(name: &str, arguments: &[&str], input: &str) -> Output {
    let mut child = program(name)
        .args(arguments)
        .spawn()
        .expect("the example starts");
    let mut stdin = child.stdin.take().expect("piped");
    // Programs that read nothing may have ended already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the child is ours")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Standard output of a run that must succeed.
fn output(name: &str, arguments: &[&str]) -> String {
    let output = run(name, arguments, "");
    assert!(
        output.status.success(),
        "{name} {arguments:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout).to_owned()
}

// ---- all of them ----

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
        (
            "database_server",
            &["--speed", "0"][..],
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
        ("completion", &["--count", "0"], "--count \"0\""),
        ("completion", &["--threads", "0"], "--threads \"0\""),
        ("completion", &["12"], "12"),
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
        ("factoring", &["--fast", "--count", "100000"]),
        ("factorials", &["--upto", "2000"]),
        ("gil", &["--squares", "200000000", "--threads", "2"]),
        ("completion", &["--count", "2000"]),
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

// ---- LECTURE 5: the database server ----

const STOPPED: &str = "ada has requested the database server stop running.";

fn of_the_server(line: &str) -> bool {
    line.starts_with("Processing database request for ")
        || line == "Finished processing database request"
}

#[test]
fn the_user_is_answered_and_qqq_stops_the_server() {
    let output = run(
        "database_server",
        &[],
        "hello\r\nIs it ready? ja, schön\n\nqqq\nnot read any more\n",
    );
    assert!(output.status.success());
    let answers: Vec<&str> = text(&output.stdout)
        .lines()
        .filter(|line| !of_the_server(line))
        .collect();
    assert_eq!(
        answers,
        [
            "olleh deretne uoY",
            "nöhcs ,aj ?ydaer ti sI deretne uoY",
            " deretne uoY",
            STOPPED
        ]
    );
}

#[test]
fn the_end_of_input_stops_the_server() {
    for (input, answers) in [
        ("", &[STOPPED][..]),
        ("no line end", &["dne enil on deretne uoY", STOPPED]),
    ] {
        let output = run("database_server", &[], input);
        assert!(output.status.success());
        let lines: Vec<&str> = text(&output.stdout)
            .lines()
            .filter(|line| !of_the_server(line))
            .collect();
        assert_eq!(lines, answers);
    }
}

#[test]
fn requests_that_find_no_room_are_turned_away_and_the_rest_is_told() {
    // At this speed the server is busy with the first request for hours.
    let input = "again\n".repeat(9) + "qqq\n";
    let output = run(
        "database_server",
        &["--capacity", "3", "--speed", "0.001"],
        &input,
    );
    assert!(output.status.success());
    let turned_away = text(&output.stdout)
        .lines()
        .filter(|line| line.starts_with("The database server is busy: 3 "))
        .count();
    let not_begun: usize = text(&output.stderr)
        .trim_end()
        .strip_suffix(" request(s) were not begun.")
        .and_then(|count| count.parse().ok())
        .expect("how many were dropped");
    // The server had time for the first request, or had not.
    assert!(
        matches!(turned_away + not_begun, 8 | 9),
        "{turned_away} and {not_begun} of 9"
    );
    assert!(matches!(not_begun, 2 | 3), "{not_begun}");
}

/// A running database server, with its output as it comes.
struct Session {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Session {
    fn start(arguments: &[&str]) -> Self {
        let mut child = program("database_server")
            .args(arguments)
            .spawn()
            .expect("the example starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, lines }
    }

    fn type_line(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("piped");
        writeln!(stdin, "{line}").expect("the program reads");
    }

    fn next_line(&mut self) -> String {
        self.lines.next().expect("a line more").expect("UTF-8")
    }

    /// Brings the server to work on a request.
    fn make_it_busy(&mut self) {
        self.type_line("hello");
        let mut both = [self.next_line(), self.next_line()];
        both.sort_by_key(|line| of_the_server(line));
        assert_eq!(both[0], "olleh deretne uoY");
        assert!(
            both[1].starts_with("Processing database request for "),
            "{both:?}"
        );
    }
}

/// The first request of `--seed 12` takes 11 seconds; at this speed, 18 minutes.
const LONG: &[&str] = &["--seed", "12", "--speed", "0.01"];

#[test]
fn qqq_does_not_wait_for_the_servers_work() {
    let mut session = Session::start(LONG);
    session.make_it_busy();
    session.type_line("qqq");
    assert_eq!(session.next_line(), STOPPED);
    assert!(end_of(&mut session.child).success());
    assert!(
        session.lines.next().is_none(),
        "nothing comes after the end"
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_does_not_wait_for_the_server_nor_for_the_user() {
    let mut session = Session::start(LONG);
    session.make_it_busy();
    let id = session.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .expect("kill exists")
            .success()
    );
    assert_eq!(session.next_line(), STOPPED);
    assert!(end_of(&mut session.child).success());
    assert!(
        session.lines.next().is_none(),
        "nothing comes after the end"
    );
}

#[test]
fn left_alone_the_server_goes_on_working() {
    let mut session = Session::start(&["--seed", "12", "--speed", "1000"]);
    let lines: Vec<String> = (0..6).map(|_| session.next_line()).collect();
    drop(session.child.stdin.take());
    assert!(end_of(&mut session.child).success());
    // The seed fixes the seconds.
    assert_eq!(
        lines,
        [
            "Processing database request for 11 seconds",
            "Finished processing database request",
            "Processing database request for 11 seconds",
            "Finished processing database request",
            "Processing database request for 6 seconds",
            "Finished processing database request",
        ]
    );
}

// ---- LECTURE 9: factoring ----

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

// ---- LECTURE 10: factorials ----

#[test]
fn the_factorials_up_to_48_one_a_line() {
    for options in [
        &[][..],
        &["--naive"],
        &["--threads", "1"],
        &["--upto", "48", "--threads", "5"],
    ] {
        let printed = output("factorials", options);
        let lines: Vec<&str> = printed.lines().collect();
        assert_eq!(lines.len(), 48);
        assert_eq!(lines[..5], ["1 1", "2 2", "3 6", "4 24", "5 120"]);
        assert_eq!(
            lines[47],
            "48 12413915592536072670862289047373375038521486354677760000000000"
        );
    }
}

// ---- LECTURE 6: the GIL ----

#[test]
fn the_gil_is_charted_for_each_number_of_threads() {
    let printed = output("gil", &["--squares", "20000000", "--threads", "3"]);
    assert!(
        printed.starts_with("The sum of 20,000,000 squares on "),
        "{printed}"
    );
    assert!(
        printed.is_ascii(),
        "on a pipe the bars are ASCII: {printed}"
    );
    let rows: Vec<&str> = printed
        .lines()
        .filter(|line| line.ends_with(" s"))
        .collect();
    assert_eq!(rows.len(), 6, "{printed}");
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(row.contains("free"), i % 2 == 0, "{row}");
        assert_eq!(row.contains("one lock"), i % 2 == 1, "{row}");
        assert!(row.contains(" x  "), "{row}");
        assert!(row.len() <= 80, "{row}");
    }
    // The first row is what the others are measured against.
    assert!(
        rows[0].contains("1 thread ") && rows[0].contains("#") && rows[0].contains(" 1.00 x"),
        "{}",
        rows[0]
    );
}

// ---- answers as they are ready ----

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_answers_and_tells_how_many_there_were() {
    let mut child = program("completion")
        .args(["--count", "20000"])
        .spawn()
        .expect("the example starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let first = lines.next().expect("an answer").expect("UTF-8");
    assert!(first.starts_with("The factors of "), "{first}");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill exists").success());
    let printed = 1 + lines.count();
    assert!(end_of(&mut child).success());
    let mut said = String::new();
    let mut stderr = child.stderr.take().expect("piped");
    stderr.read_to_string(&mut said).expect("UTF-8");
    let last = said.lines().last().expect("how many");
    assert!(
        last.starts_with(&format!("{printed} of 20000 factored in ")) && printed < 20_000,
        "{said}"
    );
}

// ---- one search on several machines ----

#[test]
fn the_parts_of_a_search_are_made_one() {
    let directory = std::env::temp_dir().join(format!("racecourse-shards-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let files: Vec<String> = (1..=3)
        .map(|index| {
            let part = run("shards", &[&format!("{index}/3")], "");
            assert!(part.status.success(), "{}", text(&part.stderr));
            let file = directory.join(format!("part-{index}.json"));
            std::fs::write(&file, &part.stdout).expect("a file");
            file.to_str().expect("UTF-8").to_owned()
        })
        .collect();
    let merge = |files: &[String]| {
        let files = files.iter().map(String::as_str);
        run(
            "shards",
            &["merge"].into_iter().chain(files).collect::<Vec<_>>(),
            "",
        )
    };
    let whole = merge(&files);
    assert!(whole.status.success(), "{}", text(&whole.stderr));
    let said = text(&whole.stdout);
    assert!(said.starts_with("verified: all of "), "{said}");
    let missing = merge(&files[..2]);
    assert!(!missing.status.success());
    let said = text(&missing.stderr);
    assert!(said.contains("of 3 shards, 3 is missing"), "{said}");
    std::fs::remove_dir_all(&directory).expect("a directory");
}
