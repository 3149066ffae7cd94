//! LECTURE 1 and 2: squares while a thread waits for the keyboard.

use crate::process::{end_of, program, run, text};
use std::io::Write;

/// The two numbers of the second line, or nothing when nothing was squared.
fn squared(said: &str) -> Option<(u128, u128)> {
    let number = |text: &str| text.replace(',', "").parse::<u128>().expect("a number");
    let rest = said.strip_prefix("Meanwhile main squared 1 to ")?;
    let (n, square) = rest
        .trim_end()
        .strip_suffix('.')
        .and_then(|rest| rest.split_once(": the largest square is "))
        .expect("both numbers");
    Some((number(n), number(square)))
}

const NOTHING: &str =
    "Meanwhile main squared nothing: it called the reading function, and waited inside of it.";

#[test]
fn a_line_on_a_pipe_is_told_with_the_largest_square() {
    for (input, told) in [
        ("hello\nnot read any more\n", r#"You typed "hello"."#),
        ("no line end", r#"You typed "no line end"."#),
        ("ja, schön\r\n", r#"You typed "ja, schön"."#),
        ("\n", r#"You typed ""."#),
        ("\u{1b}[2J\n", r#"You typed "\u{1b}[2J"."#),
        ("", "The input ended, and nothing was typed."),
    ] {
        let started = run("input_reader", &[], input);
        assert!(started.status.success(), "{}", text(&started.stderr));
        assert_eq!(text(&started.stderr), "", "on a pipe nobody is asked");
        let (line, rest) = text(&started.stdout).split_once('\n').expect("two lines");
        assert_eq!(line, told);
        let (n, square) = squared(rest).expect("main squared");
        assert!(n > 0);
        assert_eq!(square, n * n);

        let called = run("input_reader", &["--run"], input);
        assert!(called.status.success(), "{}", text(&called.stderr));
        assert_eq!(text(&called.stdout), format!("{told}\n{NOTHING}\n"));
    }
}

#[cfg(unix)]
#[test]
fn a_closed_standard_input_is_an_end_of_input() {
    let path = program("input_reader").get_program().to_owned();
    for arguments in [&[][..], &["--run"]] {
        let output = std::process::Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" <&-"#])
            .arg(&path)
            .args(arguments)
            .output()
            .expect("sh exists");
        assert!(output.status.success(), "{}", text(&output.stderr));
        let said = text(&output.stdout);
        assert!(
            said.starts_with("The input ended, and nothing was typed.\nMeanwhile main squared "),
            "{said}"
        );
    }
}

#[cfg(unix)]
#[test]
fn input_that_cannot_be_read_is_an_error_with_a_remedy() {
    use std::process::Stdio;
    let directory = || Stdio::from(std::fs::File::open("/").expect("there is a root"));
    for arguments in [&[][..], &["--run"]] {
        let output = program("input_reader")
            .args(arguments)
            .stdin(directory())
            .output()
            .expect("the example starts");
        assert_eq!(output.status.code(), Some(1));
        let said = text(&output.stderr);
        assert!(
            said.starts_with("input_reader: cannot read the input: ")
                && said.ends_with("give one line of text, typed or on a pipe\n"),
            "{said}"
        );
    }
}

#[test]
fn a_line_without_an_end_does_not_fill_the_memory() {
    let mut child = program("input_reader").spawn().expect("the example starts");
    let mut stdin = child.stdin.take().expect("piped");
    let block = [b'a'; 1 << 16];
    // Until the program has enough of it.
    while stdin.write_all(&block).is_ok() {}
    assert_eq!(end_of(&mut child).code(), Some(1));
    let output = child.wait_with_output().expect("the child is ours");
    let said = text(&output.stderr);
    assert!(said.contains("longer than 1048576 bytes"), "{said}");
}

#[test]
fn an_output_that_is_closed_ends_it_quietly() {
    for arguments in [&[][..], &["--run"]] {
        let mut child = program("input_reader")
            .args(arguments)
            .spawn()
            .expect("the example starts");
        // Before there is anything to print.
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().expect("piped");
        writeln!(stdin, "hello").expect("the program reads");
        assert!(end_of(&mut child).success());
        let output = child.wait_with_output().expect("the child is ours");
        assert_eq!(text(&output.stderr), "");
    }
}

#[cfg(unix)]
mod on_a_terminal {
    use super::{NOTHING, squared};
    use crate::process::end_of;
    use crate::terminal::{CTRL_C, CTRL_D, Terminal};
    use std::os::unix::process::ExitStatusExt;

    const PROMPT: &str = "Type a line and press Enter: ";

    #[test]
    fn what_is_typed_is_told() {
        for arguments in [&[][..], &["--run"]] {
            let mut terminal = Terminal::start("input_reader", arguments);
            terminal.wait_for(PROMPT);
            terminal.type_keys("hel");
            terminal.type_keys("lo\n");
            let shown = terminal.wait_for_end();
            assert!(end_of(&mut terminal.child).success());
            // The terminal itself shows what is typed.
            let rest = shown
                .strip_prefix(&format!("{PROMPT}hello\nYou typed \"hello\".\n"))
                .unwrap_or_else(|| panic!("{shown}"));
            match arguments {
                [] => assert!(squared(rest).is_some_and(|(n, square)| square == n * n)),
                _ => assert_eq!(rest.trim_end(), NOTHING),
            }
        }
    }

    #[test]
    fn ctrl_d_is_an_end_of_input() {
        let mut terminal = Terminal::start("input_reader", &[]);
        terminal.wait_for(PROMPT);
        terminal.type_keys(CTRL_D);
        let shown = terminal.wait_for_end();
        assert!(end_of(&mut terminal.child).success());
        let ended = "The input ended, and nothing was typed.\nMeanwhile main squared 1 to ";
        assert!(shown.contains(ended), "{shown}");
    }

    #[test]
    fn ctrl_c_stops_it_while_it_squares_and_while_it_waits() {
        for arguments in [&[][..], &["--run"]] {
            let mut terminal = Terminal::start("input_reader", arguments);
            terminal.wait_for(PROMPT);
            terminal.type_keys(CTRL_C);
            assert_eq!(end_of(&mut terminal.child).signal(), Some(2));
            assert!(!terminal.wait_for_end().contains("You typed"));
        }
    }
}
