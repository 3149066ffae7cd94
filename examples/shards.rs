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

/// Two producers and a consumer, with room for one.
fn nothing_is_lost() {
    let queue = Arc::new(BoundedQueue::new(1));
    let producers = [1, 2].map(|item| {
        let queue = Arc::clone(&queue);
        thread::spawn(move || queue.put(item).unwrap())
    });
    assert_eq!(queue.get().unwrap() + queue.get().unwrap(), 3);
    producers.map(|producer| producer.join().unwrap());
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [merge, files @ ..] if merge == "merge" => {
            let read = |file| Ok(serde_json::from_str(&std::fs::read_to_string(file)?)?);
            let parts: Result<Vec<Report>, Box<dyn Error>> = files.iter().map(read).collect();
            let whole = Report::merge(parts?)?;
            println!("{whole}");
            let verified = *whole.verdict() == Verdict::Verified;
            Ok(if verified {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
        [shard] => {
            let (index, of) = shard.split_once('/').ok_or("a shard is written 1/4")?;
            let checker = Checker::new().shard(index.parse()?, of.parse()?);
            println!("{}", serde_json::to_string(&checker.run(nothing_is_lost))?);
            Ok(ExitCode::SUCCESS)
        }
        _ => Err("give a shard, `1/4`, or `merge` and the reports of all shards".into()),
    }
}
