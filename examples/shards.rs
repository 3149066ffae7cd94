//! One search on several machines: each searches a part, and the reports are made one.
//!
//! ```sh
//! cargo run --release --example shards 1/2 > part-1.json
//! cargo run --release --example shards 2/2 > part-2.json
//! cargo run --release --example shards merge part-1.json part-2.json
//! ```

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use racecourse::check::{Checker, Report, Verdict};
use racecourse::queue::BoundedQueue;
use racecourse::thread;

/// Two producers of two items each, and a consumer, with room for one.
fn nothing_is_lost() {
    let queue = Arc::new(BoundedQueue::new(1));
    let producers = [1, 10].map(|item| {
        let queue = Arc::clone(&queue);
        thread::spawn(move || (0..2).for_each(|_| queue.put(item).unwrap()))
    });
    let sum: u32 = (0..4).map(|_| queue.get().unwrap()).sum();
    assert_eq!(sum, 22);
    for producer in producers {
        producer.join().unwrap();
    }
}

/// Whether it ends well.
fn run(arguments: &[String]) -> Result<bool, Box<dyn Error>> {
    match arguments {
        [merge, files @ ..] if merge == "merge" => {
            let read = |file| Ok(serde_json::from_str(&std::fs::read_to_string(file)?)?);
            let parts: Result<Vec<Report>, Box<dyn Error>> = files.iter().map(read).collect();
            let whole = Report::merge(parts?)?;
            println!("{whole}");
            Ok(*whole.verdict() == Verdict::Verified)
        }
        [shard] => {
            let (index, of) = shard.split_once('/').ok_or("a shard is written 1/4")?;
            let part = Checker::new().shard(index.parse()?, of.parse()?);
            println!("{}", serde_json::to_string(&part.run(nothing_is_lost))?);
            Ok(true)
        }
        _ => Err("give a shard, `1/4`, or `merge` and the reports of all".into()),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
