//! LECTURE 10: factorials.

use crate::process::output;

#[test]
fn the_factorials_up_to_48_one_a_line() {
    for options in [
        &[][..],
        &["--naive"],
        &["--threads", "1"],
        &["--upto", "48", "--threads", "5"],
        #[cfg(unix)]
        &["--processes", "2"],
        #[cfg(unix)]
        &["--processes", "1", "--naive"],
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
