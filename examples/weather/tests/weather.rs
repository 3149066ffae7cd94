//! The weather as a person asks for it, from its own service and from others, by HTTP and by HTTPS.

mod secure;

use secure::SecureServer;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};

const CITIES: [&str; 10] = [
    "Boulder",
    "Atlanta",
    "San Francisco",
    "Reno",
    "Honolulu",
    "Zurich",
    "Dubai",
    "Dublin",
    "Stuttgart",
    "Rome",
];

/// Longer than any answer takes on a loaded machine, unless a test waits for the deadline itself.
const GENEROUS: [&str; 2] = ["--timeout", "60"];

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weather"));
    command.args(arguments).env_remove("WEATHER_KEY");
    // Whatever way out this machine has, the services here are on it.
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command
}

fn run(arguments: &[&str]) -> Output {
    program(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Standard error, where each line is about another city, and says what a line about `city` has.
fn failure_of<'a>(said: &'a str, city: &str) -> &'a str {
    let start = format!("no temperature for {city}: ");
    let mut lines = said.lines().filter_map(|line| line.strip_prefix(&start));
    let failure = lines.next().unwrap_or_else(|| panic!("{city}: {said}"));
    assert_eq!(lines.next(), None, "told twice");
    failure
}

#[test]
fn ten_cities_have_ten_temperatures() {
    // A proxy knows nothing of a service on this machine, and is not asked.
    let output = program(&GENEROUS)
        .env("http_proxy", "http://127.0.0.1:1")
        .output()
        .expect("the program starts");
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.starts_with("(one city after the other would have taken ")
            && said.lines().count() == 1
    );
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(lines[0], "it is 62°F in Boulder");
    for (line, city) in lines.iter().zip(CITIES) {
        assert!(line.starts_with("it is "), "{line}");
        assert!(line.ends_with(&format!("°F in {city}")), "{line}");
    }
    assert!(lines[10].starts_with("Got 10 temps in ") && lines[10].ends_with(" seconds"));
    assert_eq!(lines.len(), 11);
}

#[test]
fn a_city_that_fails_says_why_and_harms_no_other() {
    // One of them never answers, so this is waited out.
    let output = run(&["--faults", "--timeout", "8"]);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(
        lines[..4],
        [
            "it is 62°F in Boulder",
            "it is 72°F in Atlanta",
            "it is 50°F in Zurich",
            "it is 67°F in Rome"
        ]
    );
    assert!(lines[4].starts_with("Got 4 temps in "), "{lines:?}");
    let said = text(&output.stderr);
    for (city, cause, remedy) in [
        ("San Francisco", "refused", "check the address"),
        ("Reno", "", "the service gave up; try again"),
        ("Honolulu", "status 404", "check the city's name"),
        ("Dubai", "the answer is not whole JSON", "try again"),
        ("Dublin", "no answer within 8s", "--timeout"),
        (
            "Stuttgart",
            "no number as main.temp",
            "check that the address",
        ),
    ] {
        let failure = failure_of(said, city);
        assert!(
            failure.contains(cause) && failure.contains(remedy),
            "{city}: {failure}"
        );
    }
    let last = said.lines().last().expect("a line");
    assert_eq!(
        last,
        "weather: 6 of 10 cities have no temperature: San Francisco, Reno, Honolulu, Dubai, Dublin, Stuttgart"
    );
}

#[test]
fn nobody_is_there() {
    // Nobody listens on the first of all ports.
    let output = run(&["--url", "http://127.0.0.1:1/{city}"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).starts_with("Got 0 temps in "));
    for city in CITIES {
        failure_of(text(&output.stderr), city);
    }
}

// ---- HTTPS ----

/// Nothing that an address can hold as it is.
const KEY: &str = "geheim/&?=%ü";
const KEY_ENCODED: &str = "geheim%2F%26%3F%3D%25%C3%BC";

/// Asks a secure server, with the key in the environment, and makes sure that it is not shown.
fn ask(server: &SecureServer, options: &[&str]) -> Output {
    let url = format!(
        "https://127.0.0.1:{}/now?q={{city}}&key={{key}}",
        server.port
    );
    let output = program(&[&GENEROUS, options].concat())
        .args(["--url", &url])
        .env("WEATHER_KEY", KEY)
        .output()
        .expect("the program starts");
    for stream in [&output.stdout, &output.stderr] {
        assert!(!text(stream).contains("geheim"), "{}", text(stream));
    }
    output
}

#[test]
fn a_secure_service_gets_each_city_and_the_key() {
    let server = SecureServer::start("200 OK", "", r#"{"main": {"temp": -0.4}}"#);
    let output = ask(&server, &["--ca", server.certificate()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("it is 0°F in Boulder\n"));
    let mut asked = server.asked();
    asked.sort();
    let mut expected = CITIES.map(|city| {
        let city = city.replace(' ', "%20");
        format!("/now?q={city}&key={KEY_ENCODED}")
    });
    expected.sort();
    assert_eq!(asked, expected);
}

#[test]
fn a_service_that_nobody_vouches_for_is_not_asked() {
    let server = SecureServer::start("200 OK", "", r#"{"main": {"temp": 1}}"#);
    let output = ask(&server, &[]);
    assert_eq!(output.status.code(), Some(1));
    for city in CITIES {
        let failure = failure_of(text(&output.stderr), city);
        assert!(
            failure.starts_with("the service cannot be trusted (")
                && failure.contains("certificate")
                && failure.ends_with("name who vouches for it with --ca"),
            "{failure}"
        );
    }
    assert_eq!(server.asked(), [""; 0], "the key was not sent");
}

#[test]
fn a_key_that_is_refused_is_told_and_not_shown() {
    // A service can say it back: not even then.
    let server = SecureServer::start("401 Unauthorized", "", &format!(r#"{{"key": "{KEY}"}}"#));
    let output = ask(&server, &["--ca", server.certificate()]);
    assert_eq!(output.status.code(), Some(1));
    let failure = failure_of(text(&output.stderr), "Rome");
    assert_eq!(
        failure,
        "the service answered with status 401; check the key"
    );
}

#[test]
fn a_key_does_not_follow_a_redirection() {
    let elsewhere = SecureServer::start("200 OK", "", r#"{"main": {"temp": 1}}"#);
    let location = format!(
        "Location: https://127.0.0.1:{}/?key={KEY_ENCODED}\r\n",
        elsewhere.port
    );
    let server = SecureServer::start("302 Found", &location, "");
    let output = ask(&server, &["--ca", server.certificate()]);
    assert_eq!(output.status.code(), Some(1));
    let failure = failure_of(text(&output.stderr), "Rome");
    assert!(failure.starts_with("the service answered with status 302; give the address"));
    assert_eq!(elsewhere.asked(), [""; 0]);
}

#[test]
fn an_answer_without_end_is_cut() {
    let server = SecureServer::start("200 OK", "", &"[".repeat(1 << 17));
    let output = ask(&server, &["--ca", server.certificate()]);
    assert_eq!(output.status.code(), Some(1));
    let failure = failure_of(text(&output.stderr), "Rome");
    assert!(
        failure.starts_with("the answer is longer than 65536 bytes"),
        "{failure}"
    );
}

// ---- arguments, streams, threads: as for every example ----

#[test]
fn help_says_how_to_use_and_to_stop_it() {
    for option in ["--help", "-h"] {
        let output = run(&[option]);
        let help = text(&output.stdout);
        assert!(output.status.success());
        for word in ["Usage: weather", "Ctrl-C", "WEATHER_KEY", "--faults"] {
            assert!(help.contains(word), "{help}");
        }
        assert!(help.lines().all(|line| line.chars().count() <= 100));
    }
}

#[test]
fn wrong_arguments_are_named_and_end_with_status_2() {
    for (arguments, named) in [
        (
            &["--timeout", "0"][..],
            "--timeout \"0\": give seconds from 0.01",
        ),
        (&["--timeout", "soon"], "--timeout \"soon\""),
        (
            &["--url", "ftp://localhost/{city}"],
            "begins with http:// or https://",
        ),
        (&["--url", "http://localhost/"], "has {city} in it"),
        (
            &["--url", "https://localhost/{city}/{key}"],
            "WEATHER_KEY has no key: set it",
        ),
        (
            &["--url", "http://localhost/{city}/{key}"],
            "would send the key unencrypted",
        ),
        (
            &["--url", "http://localhost/{city}", "--faults"],
            "leave it or --url out",
        ),
        (&["--ca", "roots.pem"], "--ca is for --url"),
        (&["Boulder"], "Boulder"),
    ] {
        let output = run(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(
            said.starts_with("weather: ") && said.contains(named),
            "{arguments:?}: {said}"
        );
        assert!(said.ends_with("See `weather --help`.\n"), "{said}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn certificates_that_cannot_be_read_are_an_error_with_a_remedy() {
    for file in [
        "no-such-file.pem",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ] {
        let output = run(&["--url", "https://localhost/{city}", "--ca", file]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.starts_with(&format!("weather: --ca {file}: "))
                && said.ends_with("give a file with certificates in the PEM format\n"),
            "{said}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    let mut child = program(&GENEROUS)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // Before there is anything to print.
    drop(child.stdout.take());
    let mut said = String::new();
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    stderr.read_to_string(&mut said).expect("UTF-8");
    assert!(child.wait().expect("the child is ours").success());
    assert_eq!(said, "");
}

#[cfg(unix)]
#[test]
fn refused_threads_are_an_error_with_a_remedy() {
    for arguments in [&[][..], &["--url", "http://127.0.0.1:1/{city}"]] {
        // No stack of this size can be had, whoever runs the test.
        let refused = program(arguments)
            .env("RUST_MIN_STACK", (1_u64 << 50).to_string())
            .output()
            .expect("the program starts");
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(
            said.starts_with("weather: ")
                && said.lines().count() == 1
                && said.contains("ulimit -u"),
            "{said}"
        );
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_does_not_wait_for_an_answer() {
    use std::os::unix::process::ExitStatusExt;
    // A service that takes each connection and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = silent.local_addr().expect("a port").port();
    let mut child = program(&["--timeout", "3600", "--url"])
        .arg(format!("http://127.0.0.1:{port}/{{city}}"))
        .spawn()
        .expect("the program starts");
    let (connection, _) = silent.accept().expect("it asks");
    let mut question = String::new();
    let read = BufReader::new(&connection).read_line(&mut question);
    read.expect("it asks");
    assert!(question.starts_with("GET /"), "{question}");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill exists").success());
    let status = child.wait().expect("the child is ours");
    assert_eq!(status.signal(), Some(2));
}
