//! What a measured lab returns: numbers, and a chart of them.

use std::fmt;
use std::fs;
use std::io;
use std::thread;
use std::time::Instant;

use serde::Serialize;

use super::chart;

/// The same thing done in several ways, and what each took. Its `Display` is a chart; `{:#}` draws it in ASCII.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measurement {
    /// What was measured.
    pub title: String,
    /// What was varied: threads, bytes. `None` if each series is one thing that was measured once.
    pub x: Option<Axis>,
    /// What was measured: seconds, how many times faster. The bars.
    pub y: Axis,
    /// What else is said of each sample.
    pub beside: Option<Axis>,
    /// One a series and value of `x`, the samples of a series beside each other.
    pub samples: Vec<Sample>,
}

/// What numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Axis {
    /// `threads`, `speed-up`.
    pub name: &'static str,
    /// What stands behind a number: `µs`, `×`. May be empty.
    pub unit: &'static str,
    /// How numbers become lengths.
    pub scale: Scale,
}

/// How a number becomes a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Twice as much is twice as long.
    Linear,
    /// Ten times as much is one step more, wherever it begins: for numbers that differ very much. All are above 0.
    Logarithmic,
}

/// One number of one series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// The way: `one lock`, `no lock`.
    pub series: &'static str,
    /// Where on the axis `x`, if there is one.
    pub x: Option<f64>,
    /// The best of the rounds.
    pub y: f64,
    /// The number beside it.
    pub beside: Option<f64>,
}

impl Axis {
    /// An axis on which twice as much is twice as long.
    pub const fn linear(name: &'static str, unit: &'static str) -> Self {
        Self {
            name,
            unit,
            scale: Scale::Linear,
        }
    }

    /// An axis on which ten times as much is one step more.
    pub const fn logarithmic(name: &'static str, unit: &'static str) -> Self {
        Self {
            name,
            unit,
            scale: Scale::Logarithmic,
        }
    }

    /// A number with its unit: `12.3 µs`, `1.91×`.
    pub(super) fn value(&self, number: f64) -> String {
        let gap = if self.unit.chars().any(char::is_alphabetic) {
            " "
        } else {
            ""
        };
        format!("{}{gap}{}", short(number), self.unit)
    }

    /// Where between 0 and 1 `number` is, if `least` and `most` are the ends.
    pub(super) fn part(&self, number: f64, least: f64, most: f64) -> f64 {
        let (number, least, most) = match self.scale {
            Scale::Linear => (number, least, most),
            Scale::Logarithmic => (number.log10(), least.log10(), most.log10()),
        };
        let part = (number - least) / (most - least);
        // One value alone is the whole of the axis.
        if part.is_finite() {
            part.clamp(0.0, 1.0)
        } else {
            1.0
        }
    }

    /// Where the axis begins and ends to hold all of `numbers`: at 0 and a little more than the most, or at powers of ten.
    pub(super) fn ends(&self, numbers: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
        let most = numbers.clone().fold(0.0, f64::max);
        let least = numbers.fold(f64::INFINITY, f64::min).min(most);
        match self.scale {
            Scale::Linear => (0.0, most),
            Scale::Logarithmic => (
                10_f64.powf(least.log10().floor()),
                10_f64.powf(most.log10().ceil()),
            ),
        }
    }
}

/// Three digits that matter; whole numbers as they are, in groups.
pub(super) fn short(number: f64) -> String {
    if number.fract() == 0.0 || number >= 1_000.0 {
        return crate::check::grouped(number.round() as u64);
    }
    let digits = match number {
        n if n >= 100.0 => 0,
        n if n >= 10.0 => 1,
        n if n >= 1.0 => 2,
        // As many more as there are zeros behind the point.
        n if n > 0.0 => 2 + (-n.log10()).ceil() as usize,
        _ => 0,
    };
    format!("{number:.digits$}")
}

impl Measurement {
    /// The chart as a picture, in SVG: lines over `x`, or a bar for each series if there is no `x`.
    ///
    /// The document stands alone: it asks for no font and no other file, and is light or dark as its viewer prefers. Series
    /// differ by shape and by the name at their end, not by colour alone; a screen reader reads every number.
    ///
    /// ```
    /// use racecourse::labs::{Axis, Measurement, Sample};
    ///
    /// let sample = |series, y| Sample { series, x: None, y, beside: None };
    /// let measured = Measurement {
    ///     title: "Creating one".into(),
    ///     x: None,
    ///     y: Axis::logarithmic("time", "µs"),
    ///     beside: None,
    ///     samples: vec![sample("a task", 0.8), sample("a process", 900.0)],
    /// };
    /// let svg = measured.to_svg();
    /// assert!(svg.starts_with("<svg ") && svg.contains("a process"));
    /// ```
    #[must_use]
    pub fn to_svg(&self) -> String {
        chart::svg(self)
    }
}

/// Columns of the longest bar.
const BAR: f64 = 40.0;

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ascii = f.alternate();
        let plain = |text: String| match ascii {
            true => text.replace('µ', "u").replace('×', "x"),
            false => text,
        };
        let (least, most) = self.y.ends(self.samples.iter().map(|sample| sample.y));
        let head = |axis: &Axis| axis.name.to_owned();
        let mut rows = vec![[
            String::new(),
            self.x.as_ref().map(head).unwrap_or_default(),
            self.beside.as_ref().map(head).unwrap_or_default(),
            head(&self.y),
            match self.y.scale {
                Scale::Linear => String::new(),
                Scale::Logarithmic => "(in powers of ten)".to_owned(),
            },
        ]];
        for sample in &self.samples {
            let value = |axis: &Option<Axis>, number: Option<f64>| {
                let shown = axis.as_ref().zip(number);
                shown.map_or_else(String::new, |(axis, number)| plain(axis.value(number)))
            };
            // A bar of no length would hide the row: at least one block.
            let length = self.y.part(sample.y, least, most) * BAR;
            let block = if ascii { "#" } else { "█" };
            rows.push([
                sample.series.to_owned(),
                value(&self.x, sample.x),
                value(&self.beside, sample.beside),
                value(&Some(self.y), Some(sample.y)),
                block.repeat(length.round().max(1.0) as usize),
            ]);
        }
        let wide = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..4).map(|column| wide(column).unwrap_or(0)).collect();
        writeln!(f, "{}", plain(self.title.clone()))?;
        for [series, cells @ .., bar] in &rows {
            let mut line = format!("{series:<0$}", widths[0]);
            for (cell, width) in cells.iter().zip(&widths[1..]) {
                if *width > 0 {
                    line.push_str(&format!("  {cell:>width$}"));
                }
            }
            writeln!(f, "{}", format!("{line}  {bar}").trim_end())?;
        }
        Ok(())
    }
}

/// A way of doing something, to be measured.
pub(super) type Way<'w> = &'w dyn Fn() -> io::Result<()>;

/// The shortest of `rounds` times of each way, in seconds. Round by round, not way by way: what else the machine does then
/// disturbs all of them alike.
pub(super) fn best_of(rounds: u32, ways: &[Way<'_>]) -> io::Result<Vec<f64>> {
    assert!(rounds > 0, "0 rounds measure nothing: ask for at least 1");
    let mut best = vec![f64::INFINITY; ways.len()];
    for _ in 0..rounds {
        for (best, way) in best.iter_mut().zip(ways) {
            let start = Instant::now();
            way()?;
            // A clock may take what is very short for nothing.
            *best = best.min(start.elapsed().as_secs_f64().max(1e-9));
        }
    }
    Ok(best)
}

/// Runs `work` on each of so many threads, which gets its number.
pub(super) fn spread(threads: usize, work: impl Fn(usize) + Sync) -> io::Result<()> {
    assert!(threads > 0, "0 threads do no work: ask for at least 1");
    let work = &work;
    thread::scope(|s| {
        let spawn = |number| thread::Builder::new().spawn_scoped(s, move || work(number));
        let started: io::Result<Vec<_>> = (0..threads).map(spawn).collect();
        started.map(drop) // the scope waits for them
    })
}

/// Counts to `times` on each of so many threads, and returns what all have counted.
pub(super) type Count = fn(u64, usize) -> io::Result<u64>;

/// Measures each way of counting on each number of `threads`, the best of `rounds`; `y` makes of the threads and the seconds
/// what the chart shows.
pub(super) fn counted(
    series: &[(&'static str, Count)],
    times: u64,
    threads: &[usize],
    rounds: u32,
    y: impl Fn(usize, f64) -> f64,
) -> io::Result<Vec<Sample>> {
    let each = series
        .iter()
        .flat_map(|way| threads.iter().map(move |&threads| (*way, threads)));
    let runs = each.clone().map(|((_, count), threads)| {
        move || {
            let expected = times * threads as u64;
            assert_eq!(count(times, threads)?, expected, "it counts wrongly");
            Ok(())
        }
    });
    let runs: Vec<_> = runs.collect();
    let runs: Vec<Way<'_>> = runs.iter().map(|run| run as _).collect();
    let best = best_of(rounds, &runs)?;
    let sample = |(((series, _), threads), seconds)| Sample {
        series,
        x: Some(threads as f64),
        y: y(threads, seconds),
        beside: None,
    };
    Ok(each.zip(best).map(sample).collect())
}

/// The machine that is measured, as far as it tells: `AMD EPYC 9B45, 8 processors`.
pub(super) fn machine() -> String {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = told.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim())
    });
    let model = model.unwrap_or(std::env::consts::ARCH);
    let plural = if processors == 1 { "" } else { "s" };
    format!("{model}, {processors} processor{plural}")
}
