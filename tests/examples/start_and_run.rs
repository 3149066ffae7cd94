//! LECTURE 2: run against start.

use crate::process::output;

#[test]
fn the_charts_say_which_thread_did_which_job() {
    let small = ["--threads", "3", "--wait", "0.01", "--squares", "1000000"];
    let printed = output("start_and_run", &small);
    assert!(
        printed.is_ascii(),
        "on a pipe the bars are ASCII: {printed}"
    );
    let mut lines = printed.lines();
    for what in ["wait", "compute"] {
        for (how, who) in [
            ("called: run()", ["main", "main", "main"]),
            ("started: start()", ["thread 1", "thread 2", "thread 3"]),
        ] {
            assert_eq!(
                lines.next(),
                Some(&*format!("3 jobs that {what}, {how}")),
                "{printed}"
            );
            for (i, who) in who.iter().enumerate() {
                let row = lines.next().expect("a row for each job");
                let (job, bar) = row.split_once('|').expect("a bar");
                assert_eq!(job.trim(), format!("job {:<3} {who}", i + 1));
                assert!(bar.trim_start().starts_with('#'), "{row}");
                assert!(row.len() <= 80, "{row}");
            }
            let took = lines.next().expect("a time");
            assert!(took.starts_with("took "), "{took}");
            assert_eq!(took.ends_with(" times as fast"), how != "called: run()");
            assert_eq!(lines.next(), Some(""));
        }
    }
    assert_eq!(lines.count(), 2, "{printed}");
}
