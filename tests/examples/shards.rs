//! One search on several machines.

use crate::process::{run, text};

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
