//! LECTURE 11: futures.

use crate::process::output;

#[test]
fn one_program_does_the_same_on_threads_and_on_processes() {
    for (options, on) in [
        (&["--threads", "2"][..], "on 2 thread(s)"),
        #[cfg(unix)]
        (&["--processes", "2"], "on 2 process(es)"),
    ] {
        let printed = output("futures", options);
        assert!(printed.starts_with(on), "{printed}");
        for part in [
            "  quick\n",
            "  slow\n",
            "  one panicked: there is no such work\n",
            "  not yet\n",
            "  patience\n",
            "  cancelled: true\n",
            "  the task was cancelled before it started",
            "  the pool was shut down before the task started",
        ] {
            assert!(printed.contains(part), "{part:?} is missing: {printed}");
        }
    }
}

/// The quick one is submitted behind the slow one, and takes an eighth of its time.
#[test]
fn results_come_as_they_are_ready() {
    let printed = output("futures", &["--unit", "200"]);
    let at = |name: &str| printed.find(&format!("  {name}\n")).expect(name);
    assert!(at("quick") < at("slow"), "{printed}");
}
