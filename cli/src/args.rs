//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use racecourse::check::ReplayToken;

/// What follows the list of options in `--help`.
const EXIT: &str = "\
Exit status:
  0    everything was found as declared, or done
  1    something differs from what is declared, or failed
  2    the command line asks for what is not there
  130  interrupted (Ctrl-C)
  141  the reader of the output closed it (| head)";

const EXAMPLES: &str = "\
A first quarter of an hour:
  racecourse                            one race found before your eyes, then the map
  racecourse show lost-update           its lesson, and the fix beside the bug
  racecourse race lost-update           look for it yourself
  racecourse race lost-update --variant fixed
                                        and see that the fix has none
  racecourse verify                     every lab under every engine";

const RACE: &str = "\
Examples:
  racecourse race abba                                  the bug, under the explorer
  racecourse race abba --variant fixed                  the fix
  racecourse race abba --engine loom                    a second opinion
  racecourse race abba --engine sampler --seed 7        at random, always the same for a seed
  racecourse race check-then-act --engine sampler --depth 1
                                                        too shallow: this bug takes a depth of 2
  racecourse race abba --json | jq .failure.timeline    for programs
  racecourse race abba --html abba.html                 a page: each step, what is known after it, the source
  racecourse race abba --svg abba.svg                   a picture of it, for slides and for a README
  racecourse race pipe-deadlock                         real processes, driven to where they wait for each other
  racecourse race gil --svg gil.svg                     a measured lab, and its chart as a picture";

const WEAKEST: &str = "\
Examples:
  racecourse weakest store-buffering --variant fixed-accesses
                                        is every SeqCst needed?
  racecourse weakest store-buffering --variant buggy --stronger
                                        what would repair the bug?
  racecourse weakest relaxed-publish --json | jq .minimal
                                        for programs";

const ORDERINGS: &str = "\
Examples:
  racecourse orderings store-buffering
  racecourse orderings iriw --json | jq '.table.rows[] | select(.weakest)'";

const MERGE: &str = "\
Examples:
  racecourse race abba --variant fixed --shard 1/2 --json > part-1.json
  racecourse race abba --variant fixed --shard 2/2 --json > part-2.json
  racecourse merge part-1.json part-2.json";

/// How deep the sampler looks unless told otherwise.
pub const DEPTH: u32 = 3;

/// A course on races: labs on locks and threads, and the checker that finds the bug in each.
///
/// A race shows in one order of the threads' steps out of very many, so running a program
/// proves little. The engines here run a scenario under every order (explorer, and loom as a
/// second opinion), or under many random ones (sampler), and show the one that fails as a
/// table: one column a thread, one row a step.
///
/// Without a command: on a terminal, one race and the map of the course; otherwise `verify`.
#[derive(Debug, Parser)]
#[command(name = "racecourse", version, verbatim_doc_comment, after_help = EXIT, after_long_help = format!("{EXAMPLES}\n\n{EXIT}"))]
pub struct Arguments {
    #[command(flatten)]
    pub look: Look,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How output looks.
#[derive(Args, Debug)]
pub struct Look {
    /// When to colour the output; `auto` is on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    /// Print only ASCII characters
    #[arg(long, global = true)]
    pub ascii: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check every lab, variant and engine, and compare what is found with what is declared
    ///
    /// A buggy variant, and a wrong fix, must fail with the declared kind of failure at the marked
    /// line; a fixed one must be verified; and an engine that cannot judge must not pretend to. What no engine can
    /// run, since it is between processes, is driven on this system, once.
    ///
    /// Each check runs in a process of its own, so that one that overflows its stack or aborts is
    /// reported like any other difference.
    #[command(verbatim_doc_comment, after_help = EXIT)]
    Verify(Verify),
    /// List the labs of the course
    List(List),
    /// Show a lab: its lesson, and the fix beside the bug
    #[command(
        after_help = "Examples:\n  racecourse show abba\n  racecourse show 1 --variant fixed-mutex"
    )]
    Show(Show),
    /// Run an engine on a lab, and show what it finds
    ///
    /// The explorer runs the scenario in every execution that the C11 memory model allows, each
    /// once: if nothing fails, that is a proof, within what the report says was explored. loom
    /// does the same by other means, and is wrong in some places; there it gives no verdict.
    /// The sampler draws some of the explorer's executions from a seed: it finds bugs in
    /// scenarios too large to explore, and proves nothing.
    #[command(verbatim_doc_comment, after_help = EXIT, after_long_help = format!("{RACE}\n\n{EXIT}"))]
    Race(Race),
    /// Find the weakest orderings under which a lab's fix still holds
    ///
    /// SeqCst is easily written and seldom needed. Each check runs the scenario as if its atomics
    /// and fences had other orderings; what is found is every way to have them as weak as can be:
    /// make any one of them weaker still, and an execution fails. There may be several, since
    /// what a fence orders, stronger accesses order too.
    ///
    /// In the table `=` is as in the code, and `none` a fence that can go.
    #[command(verbatim_doc_comment, after_help = EXIT, after_long_help = format!("{WEAKEST}\n\n{EXIT}"))]
    Weakest(Weaken),
    /// Show what each assignment of orderings in a lab lets happen
    ///
    /// Every load, store, exchange and fence of a fix in turn with every ordering that it may have,
    /// all against all, and a check for each: what can be then, and which are the weakest that are
    /// enough. Below it, from the literature, what x86-64 and Arm do if everything is Relaxed.
    #[command(verbatim_doc_comment, after_help = EXIT, after_long_help = format!("{ORDERINGS}\n\n{EXIT}"))]
    Orderings(Order),
    /// Make one report of those of all parts of a search
    ///
    /// A search that is too long for one machine is done in parts, each on its own: `race LAB
    /// --shard 1/4 --json`, and so on. Parts are disjoint, and together the whole; so the report
    /// that is made of all of them says what one search would have said. A part that is missing,
    /// or of another program, is told.
    #[command(verbatim_doc_comment, after_help = EXIT, after_long_help = format!("{MERGE}\n\n{EXIT}"))]
    Merge(Merge),
    /// Show which tool catches which lab's bug: stress, engines, sanitizers, lints
    ///
    /// What is shown was measured on one machine, with the date and the versions: for each lab and
    /// detector whether the bug is caught, missed or cannot be judged, or a fix is blamed, and why.
    #[command(
        verbatim_doc_comment,
        after_help = "Examples:\n  racecourse matrix\n  racecourse matrix --lab abba\n  racecourse matrix --json | jq '.labs[].lab'"
    )]
    Matrix(Matrix),
    /// Let the thread pool of the library work: prime factors and factorials
    #[command(subcommand)]
    Pool(Pool),
    /// Run one check and write its report as JSON: what `race` and `verify` start for each check.
    #[command(name = "__check", hide = true)]
    Check(Race),
}

#[derive(Args, Debug, Default)]
pub struct Verify {
    /// Check only this lab, by its name or number; may be repeated
    #[arg(long, value_name = "LAB")]
    pub lab: Vec<String>,
    /// Check only with this engine
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<EngineName>,
    /// Checks at a time [default: one a processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// Give up a check after this many seconds [default: 300]
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// Write one JSON object in place of the table
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct List {
    /// Write a JSON array, with every variant and what it declares
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Matrix {
    /// Only this lab, by its name or number: what each detector said of each variant, and why
    #[arg(long, value_name = "LAB")]
    pub lab: Option<String>,
    /// Write JSON: what was measured, as it is kept
    #[arg(long)]
    pub json: bool,
    /// Write Markdown, as it stands in the README
    #[arg(long, conflicts_with_all = ["json", "lab"])]
    pub markdown: bool,
}

#[derive(Args, Debug)]
pub struct Show {
    /// The lab, by its name or number
    pub lab: String,
    /// The fix to set beside the bug [default: the first]
    #[arg(long, value_name = "VARIANT")]
    pub variant: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub struct Race {
    /// The lab, by its name or number
    pub lab: String,
    /// The variant: `buggy`, `fixed`, … [default: the first, a bug]
    #[arg(long, value_name = "VARIANT")]
    pub variant: Option<String>,
    /// The engine [default: the first that can judge the variant]
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<EngineName>,
    /// Where the sampler's random numbers begin; the same seed gives the same executions
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// For the sampler: how many steps must come in a certain order for a bug to show
    #[arg(long, value_name = "D", default_value_t = DEPTH, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub depth: u32,
    /// Executions for the sampler to draw [default: 10000]; for the others, where to stop
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub executions: Option<u64>,
    /// Search with so many threads; what is found is the same (explorer)
    #[arg(long, value_name = "N", default_value = "1")]
    pub workers: std::num::NonZeroUsize,
    /// Search only part K of N parts, as on N machines; `merge` makes one report of all (explorer)
    #[arg(long, value_name = "K/N", value_parser = shard, conflicts_with_all = ["replay", "executions"])]
    pub shard: Option<(u32, u32)>,
    /// Run one failing execution again, by the token that its report ends with
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["engine", "executions"])]
    pub replay: Option<ReplayToken>,
    /// Write the report as JSON
    #[arg(long)]
    pub json: bool,
    /// Write what is found as a page to step through in a browser; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the counterexample, or the chart of a measured lab, as a picture; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Look for the ordering that removes a failure
    #[arg(long, hide = true)]
    pub explain: bool,
}

/// `2/5`: the second of five.
fn shard(text: &str) -> Result<(u32, u32), String> {
    let numbers = text.split_once('/');
    let numbers = numbers.and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    match numbers {
        Some((k, n)) if (1..=n).contains(&k) => Ok((k, n)),
        Some((k, n)) => Err(format!(
            "there is no part {k} of {n}: they are numbered from 1"
        )),
        None => Err("write it as K/N: 1/4 is the first of four".to_owned()),
    }
}

#[derive(Args, Debug)]
pub struct Merge {
    /// The reports of all parts, as `race --shard K/N --json` writes them
    #[arg(required = true, value_name = "FILE")]
    pub reports: Vec<PathBuf>,
    /// Write the report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Weaken {
    /// The lab, by its name or number
    pub lab: String,
    /// The variant [default: the first that verifies]
    #[arg(long, value_name = "VARIANT")]
    pub variant: Option<String>,
    /// Let orderings be stronger than in the code too: what would repair a bug?
    #[arg(long)]
    pub stronger: bool,
    /// End the search after so many checks, and say what is certain then
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub checks: Option<u64>,
    /// Write the result as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Order {
    /// The lab, by its name or number
    pub lab: String,
    /// Write the table as JSON
    #[arg(long)]
    pub json: bool,
}

/// Which engine explores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// Every execution that the C11 memory model allows, each once
    Explorer,
    /// A second opinion: every order and every stale load, as the crate loom permutes them
    Loom,
    /// Some of the explorer's executions, drawn at random from a seed
    Sampler,
}

#[derive(Debug, Subcommand)]
pub enum Pool {
    /// Prime factors, one task a number
    #[command(
        after_help = "Examples:\n  racecourse pool factor 5999312 25179463\n  racecourse pool factor --processes 2 5999312 25179463\n  racecourse pool factor --naive --threads 4 25179463 50000017 25179463\n  racecourse pool factor 340282366920938463463374607431768211455"
    )]
    Factor(Factor),
    /// Exact factorials, one task a number
    #[command(
        after_help = "Examples:\n  racecourse pool factorial 48\n  racecourse pool factorial 1..=48"
    )]
    Factorial(Factorial),
}

#[derive(Args, Debug)]
pub struct Workers {
    /// Threads of the pool [default: one a processor]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub threads: Option<String>,
    /// A pool of so many processes in place of threads (Unix)
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        conflicts_with = "threads"
    )]
    pub processes: Option<String>,
}

#[derive(Args, Debug)]
pub struct Factor {
    #[command(flatten)]
    pub workers: Workers,
    /// Divide by every number in turn, as a first program does: slow, and easy to watch
    #[arg(long)]
    pub naive: bool,
    /// Write a JSON array; numbers are strings, since most readers of JSON round large ones
    #[arg(long)]
    pub json: bool,
    /// Whole numbers from 0 to 340282366920938463463374607431768211455
    #[arg(required = true, allow_negative_numbers = true, value_name = "NUMBER")]
    pub numbers: Vec<String>,
}

#[derive(Args, Debug)]
pub struct Factorial {
    #[command(flatten)]
    pub workers: Workers,
    /// Largest memory for one result, in megabytes [default: 4.2, ten million digits]
    #[arg(long, value_name = "MB")]
    pub memory: Option<u64>,
    /// Write a JSON array; numbers are strings, since most readers of JSON round large ones
    #[arg(long)]
    pub json: bool,
    /// A number, or a range: `48`, `1..=48`, `1..49`
    #[arg(allow_negative_numbers = true, value_name = "N | A..=B")]
    pub range: String,
}
