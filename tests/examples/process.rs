//! The examples as processes: started, fed, waited for.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a loaded machine; far shorter than any wait that the programs must not wait out.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The program that cargo built for `cargo test`: beside `deps`, where this test is.
pub(crate) fn program(name: &str) -> Command {
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
pub(crate) fn end_of(child: &mut Child) -> ExitStatus {
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

pub(crate) fn run(name: &str, arguments: &[&str], input: &str) -> Output {
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

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Standard output of a run that must succeed.
pub(crate) fn output(name: &str, arguments: &[&str]) -> String {
    let output = run(name, arguments, "");
    assert!(
        output.status.success(),
        "{name} {arguments:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout).to_owned()
}

/// All that `stream` still brings. It ends when nobody holds its other end any more: neither the program, nor what
/// the program has started.
pub(crate) fn rest_of(mut stream: impl Read + Send + 'static) -> String {
    let (send, whole) = mpsc::channel();
    thread::spawn(move || {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).expect("UTF-8");
        // Who waited for it may have given up.
        let _ = send.send(rest);
    });
    whole
        .recv_timeout(PATIENCE)
        .expect("what the program started ends with it")
}
