//! LECTURE 6: the GIL.

use crate::process::output;

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
