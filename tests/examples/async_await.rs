//! LECTURE 12: async code that awaits a pool and a queue.

use crate::process::{end_of, output, program};
use std::io::{BufRead, BufReader};

#[test]
fn one_thread_waits_for_everything_and_the_pool_computes() {
    let printed = output("async_await", &["--count", "5", "--threads", "3"]);
    let lines: Vec<&str> = printed
        .lines()
        .map(|line| line.strip_prefix("[main] ").expect("all of it is main's"))
        .collect();
    let brought: Vec<&str> = lines
        .iter()
        .filter_map(|line| {
            line.strip_prefix("customer: ")?
                .strip_suffix(" is in the queue")
        })
        .collect();
    assert_eq!(brought.len(), 5, "{printed}");
    for number in brought {
        let answer = format!(": The factors of {number} are [");
        let answers: Vec<_> = lines.iter().filter(|line| line.contains(&answer)).collect();
        assert_eq!(answers.len(), 1, "{printed}");
        assert!(answers[0].starts_with("clerk ") && answers[0].contains("], computed by pool-"));
    }
    // Who is faster is not said, but none is left out.
    let share = lines.iter().find_map(|line| {
        let (a, b) = line
            .strip_prefix("clerk A answered ")?
            .split_once(", and clerk B ")?;
        Some(a.parse::<u32>().ok()? + b.parse::<u32>().ok()?)
    });
    assert_eq!(share, Some(5), "{printed}");
}

#[test]
fn a_wait_ends_by_its_timeout_and_others_are_cancelled() {
    for threads in ["1", "4"] {
        let arguments = ["--count", "1", "--timeout", "0.05", "--threads", threads];
        let printed = output("async_await", &arguments);
        let end: Vec<&str> = printed
            .lines()
            .skip_while(|line| !line.starts_with("[main] factoring "))
            .collect();
        assert_eq!(
            end[0],
            "[main] factoring 2305843009213693951, for 50ms at the most"
        );
        assert!(end[1].starts_with("[main] given up, after "), "{printed}");
        assert!(
            end[2].starts_with(
                "[main] a task is cancelled before it begins (true): the task was cancelled"
            ),
            "{printed}"
        );
        assert_eq!(end[3], "[main] a wait for an item is cancelled: None");
        assert_eq!(end[4], "[main] the next one gets the item: Ok(\"tea\")");
        assert_eq!(end.len(), 5);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_it_while_the_pool_computes() {
    use std::os::unix::process::ExitStatusExt;
    let mut child = program("async_await")
        .args(["--timeout", "3600"])
        .spawn()
        .expect("the example starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let line = lines.find(|line| {
        let line = line.as_deref().expect("UTF-8");
        line.starts_with("[main] factoring ")
    });
    assert!(line.is_some());
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill exists").success());
    assert_eq!(end_of(&mut child).signal(), Some(2));
}
