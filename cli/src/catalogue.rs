//! Labs, variants and engines by the names that a person types.

use racecourse::check::{Checker, Engine, ReplayToken};
use racecourse::labs::{self, Expect, Lab, Variant};

use crate::args::{DEPTH, EngineName};
use crate::stop::Stop;

/// Executions that the sampler draws unless told otherwise.
pub const SCHEDULES: u64 = 10_000;

/// How a check is run.
#[derive(Clone, Debug)]
pub struct How {
    pub engine: EngineName,
    pub seed: u64,
    pub executions: Option<u64>,
    /// Only this execution.
    pub replay: Option<ReplayToken>,
    /// Look for the ordering that removes a failure.
    pub explain: bool,
    pub depth: u32,
    pub workers: usize,
    /// The part of the search, and of how many.
    pub shard: Option<(u32, u32)>,
}

impl How {
    pub fn of(engine: EngineName) -> Self {
        Self {
            engine,
            seed: 0,
            executions: None,
            replay: None,
            explain: false,
            depth: DEPTH,
            workers: 1,
            shard: None,
        }
    }

    pub fn engine(&self) -> Engine {
        match self.engine {
            EngineName::Explorer => Engine::Explorer,
            EngineName::Loom => Engine::Loom,
            EngineName::Sampler => Engine::Sampler {
                seed: self.seed,
                executions: self.executions.unwrap_or(SCHEDULES),
            },
        }
    }

    pub fn checker(&self) -> Checker {
        let checker = Checker::new()
            .engine(self.engine())
            .depth(self.depth)
            .workers(self.workers)
            .explain(self.explain);
        let checker = match self.shard {
            Some((index, of)) => checker.shard(index, of),
            None => checker,
        };
        match (self.engine, self.executions) {
            (EngineName::Explorer | EngineName::Loom, Some(limit)) => checker.max_executions(limit),
            _ => checker,
        }
    }
}

impl EngineName {
    pub const ALL: [Self; 3] = [Self::Explorer, Self::Loom, Self::Sampler];

    pub fn name(self) -> &'static str {
        match self {
            Self::Explorer => "explorer",
            Self::Loom => "loom",
            Self::Sampler => "sampler",
        }
    }

    /// What the lab declares of `variant` under this engine.
    pub fn expects(self, variant: &Variant) -> Expect {
        variant.expect(How::of(self).engine())
    }

    /// The engine that has something to say about `variant`.
    pub fn best_for(variant: &Variant) -> Self {
        let judges = |engine: &Self| !matches!(engine.expects(variant), Expect::Unjudged(_));
        Self::ALL.into_iter().find(judges).unwrap_or(Self::Explorer)
    }
}

/// The lab with this slug or number.
pub fn lab(name: &str) -> Result<&'static Lab, Stop> {
    let number = name.parse().ok();
    let found = labs::all()
        .iter()
        .find(|lab| lab.slug == name || Some(lab.number) == number);
    found.ok_or_else(|| {
        let slugs = labs::all().iter().map(|lab| lab.slug);
        Stop::usage(format!(
            "no lab is named `{}`{}\n`racecourse list` shows all {}",
            shown(name),
            nearest(name, slugs),
            labs::all().len()
        ))
    })
}

/// The variant of `lab` with this name.
pub fn variant(lab: &'static Lab, name: &str) -> Result<&'static Variant, Stop> {
    lab.variant(name).ok_or_else(|| {
        let names: Vec<_> = lab.all_variants().map(|variant| variant.name).collect();
        Stop::usage(format!(
            "the lab {} has no variant `{}`{}\nits variants are: {}",
            lab.slug,
            shown(name),
            nearest(name, names.iter().copied()),
            names.join(", ")
        ))
    })
}

/// What was typed, safe to repeat.
fn shown(name: &str) -> String {
    let mut out: String = name.chars().take(60).flat_map(char::escape_debug).collect();
    if name.chars().nth(60).is_some() {
        out.push('…');
    }
    out
}

/// `; did you mean …?` with the name that is most like `typed`, if one is at all like it.
fn nearest<'n>(typed: &str, names: impl Iterator<Item = &'n str>) -> String {
    let typed: String = typed
        .to_lowercase()
        .replace(['_', ' '], "-")
        .chars()
        .take(60)
        .collect();
    let likeness = |name: &str| {
        // Part of a name is as good as a slip in it.
        let part = typed.len() >= 3 && name.contains(&typed);
        strsim::jaro_winkler(&typed, name).max(if part { 0.95 } else { 0.0 })
    };
    let best = names
        .map(|name| (likeness(name), name))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((likeness, name)) if likeness > 0.7 => format!("; did you mean `{name}`?"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        let names = || ["lost-update", "lost-wakeup", "abba", "gil"].into_iter();
        assert_eq!(
            nearest("lost-updat", names()),
            "; did you mean `lost-update`?"
        );
        assert_eq!(
            nearest("Lost_Wakeup", names()),
            "; did you mean `lost-wakeup`?"
        );
        assert_eq!(nearest("update", names()), "; did you mean `lost-update`?");
        assert_eq!(nearest("aba", names()), "; did you mean `abba`?");
        assert_eq!(nearest("zzz", names()), "");
        assert_eq!(nearest("", names()), "");
    }

    #[test]
    fn what_was_typed_cannot_disturb_the_terminal() {
        assert_eq!(shown("a\x1b[2J"), "a\\u{1b}[2J");
        assert_eq!(shown(&"x".repeat(100)).chars().count(), 61);
    }
}
