//! What a measured lab returns: numbers, and a chart of them.

use std::fmt;

use serde::Serialize;

/// Wall-clock times of the same work, done in several ways. Its `Display` is a chart; `{:#}` draws it in ASCII.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measurement {
    /// What was measured.
    pub title: String,
    /// One a way and number of threads.
    pub samples: Vec<Sample>,
}

/// One way of doing the work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// The way: `one lock`, `no lock`.
    pub series: &'static str,
    /// Over how many threads the work was spread.
    pub threads: usize,
    /// The best of the rounds, in seconds.
    pub seconds: f64,
    /// How many times faster than the first sample.
    pub speed_up: f64,
}

/// Columns of the longest bar.
const BAR: f64 = 40.0;

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let block = if f.alternate() { "#" } else { "█" };
        let best = self.samples.iter().map(|s| s.speed_up).fold(1.0, f64::max);
        writeln!(f, "{}", self.title)?;
        writeln!(
            f,
            "{:<10} {:>7} {:>9} {:>9}",
            "", "threads", "seconds", "speed-up"
        )?;
        for sample in &self.samples {
            let Sample {
                series,
                threads,
                seconds,
                speed_up,
            } = sample;
            // A bar of no length would hide the row: at least one block.
            let length = (speed_up / best * BAR).round().clamp(1.0, BAR) as usize;
            let bar = block.repeat(length);
            writeln!(
                f,
                "{series:<10} {threads:>7} {seconds:>9.4} {speed_up:>8.2}x {bar}"
            )?;
        }
        Ok(())
    }
}
