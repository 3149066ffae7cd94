//! LECTURE 7: squares on many processes.

use crate::process::output;

#[test]
fn each_process_says_who_it_is_and_the_work_is_timed_three_ways() {
    let printed = output(
        "many_processes",
        &["--processes", "3", "--squares", "1000000"],
    );
    let lines: Vec<&str> = printed.lines().collect();
    let parent = lines[0]
        .strip_prefix("Process ")
        .and_then(|rest| rest.strip_suffix(" starts 3 process(es), 1,000,000 squares each."))
        .expect("the parent's line");
    let mut ids = vec![parent];
    let mut numbers: Vec<&str> = lines[1..4]
        .iter()
        .map(|line| {
            let rest = line.strip_prefix("  process ").expect("a child's line");
            let (id, number) = rest
                .split_once(": main module `many_processes`, child ")
                .expect("a child's line");
            ids.push(id);
            number
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, ["1", "2", "3"]);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4, "four processes: {printed}");
    assert!(
        lines[4].starts_with("work took ") && lines[4].contains(" seconds"),
        "{printed}"
    );
    for (line, who) in lines[7..]
        .iter()
        .zip(["one thread ", "3 thread(s) ", "3 process(es) "])
    {
        assert!(line.trim_start().starts_with(who), "{printed}");
    }
}

#[cfg(unix)]
mod signals {
    use crate::process::{end_of, program, rest_of};
    use crate::terminal::{CTRL_C, Terminal};
    use std::io::{BufRead, BufReader, Lines};
    use std::process::{Child, ChildStdout, Command};

    /// Work for about half an hour.
    const LONG: [&str; 4] = ["--processes", "3", "--squares", "1000000000000"];

    /// A run whose processes have all begun to compute.
    struct Running {
        child: Child,
        ids: Vec<String>,
        lines: Lines<BufReader<ChildStdout>>,
    }

    impl Running {
        fn start() -> Self {
            let mut child = program("many_processes")
                .args(LONG)
                .spawn()
                .expect("the example starts");
            let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
            let mut line = || lines.next().expect("a line").expect("UTF-8");
            line();
            let ids = (0..3)
                .map(|_| {
                    let line = line();
                    let id = line.split([' ', ':']).nth(3).expect("an id");
                    id.to_owned()
                })
                .collect();
            Self { child, ids, lines }
        }

        /// What standard error has, when the last child has ended.
        fn said(&mut self) -> String {
            rest_of(self.child.stderr.take().expect("piped"))
        }
    }

    fn kill(signal: &str, id: &str) {
        let status = Command::new("kill").args([signal, id]).status();
        assert!(status.expect("kill exists").success());
    }

    #[test]
    fn a_process_that_is_killed_is_named_and_the_others_are_stopped() {
        let mut running = Running::start();
        let victim = running.ids[1].clone();
        kill("-KILL", &victim);
        assert_eq!(end_of(&mut running.child).code(), Some(1));
        let said = running.said();
        assert!(
            said.starts_with(&format!("many_processes: process {victim} (child "))
                && said.contains(") was killed by signal 9, so its squares are lost")
                && said.lines().count() == 1,
            "{said}"
        );
        assert!(running.lines.next().is_none(), "no result is told");
    }

    #[test]
    fn ctrl_c_on_a_terminal_ends_all_of_them() {
        let mut terminal = Terminal::start("many_processes", &LONG);
        for child in ["child 1\n", "child 2\n", "child 3\n"] {
            terminal.wait_for(child);
        }
        terminal.type_keys(CTRL_C);
        // Not before the last process has let go of the terminal.
        let shown = terminal.wait_for_end();
        assert_eq!(end_of(&mut terminal.child).code(), Some(130));
        let stopped = "many_processes: stopped by Ctrl-C, and with it its 3 process(es)\n";
        assert!(shown.ends_with(stopped), "{shown}");
    }

    #[test]
    fn no_process_outlives_a_parent_that_is_killed() {
        let mut running = Running::start();
        kill("-KILL", &running.child.id().to_string());
        end_of(&mut running.child);
        assert_eq!(running.said(), "");
    }
}
