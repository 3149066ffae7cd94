//! What the measurements of a row say: ratios and goals.

use crate::contest::{Contestant, Goal, Row};
use crate::rounds::Measured;
use crate::statistics::{Summary, ratio};

/// Of one contestant.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// Nanoseconds an operation; `None` if nothing was measured.
    pub(crate) time: Option<Summary>,
    pub(crate) fairness: Option<f64>,
    /// So many times the time of the floor.
    pub(crate) floors: Option<f64>,
    /// So many times as fast as the best peer.
    pub(crate) to_best: Option<f64>,
    pub(crate) goals: Vec<Reached>,
}

/// A goal, and what was reached.
#[derive(Debug)]
pub(crate) struct Reached {
    pub(crate) goal: Goal,
    pub(crate) peer: String,
    pub(crate) reached: f64,
}

impl Reached {
    pub(crate) fn met(&self) -> bool {
        self.reached >= self.goal.at_least
    }
}

/// Of all contestants of a row, in their order.
pub(crate) fn verdicts(row: &Row, measured: &[Measured], floor: Option<&Measured>) -> Vec<Verdict> {
    let best_of = |wanted: &dyn Fn(&Contestant) -> bool| {
        let peers = row.contestants.iter().zip(measured);
        peers
            .filter(|(contestant, _)| !contestant.is_ours() && wanted(contestant))
            .filter_map(|(contestant, measured)| {
                let median = Summary::of(&measured.times)?.median;
                Some((contestant, measured, median))
            })
            .min_by(|a, b| a.2.total_cmp(&b.2))
    };
    let best = best_of(&|_| true);
    let of = |(contestant, own): (&Contestant, &Measured)| Verdict {
        time: Summary::of(&own.times),
        fairness: Summary::of(&own.fairness).map(|fairness| fairness.median),
        floors: floor.and_then(|floor| ratio(&own.times, &floor.times)),
        to_best: best.and_then(|(_, peer, _)| ratio(&peer.times, &own.times)),
        goals: contestant
            .goals
            .iter()
            .filter_map(|&goal| {
                let named = |peer: &Contestant| {
                    goal.peers.is_empty() || goal.peers.contains(&peer.name.as_str())
                };
                let (peer, times, _) = best_of(&named)?;
                Some(Reached {
                    goal,
                    peer: peer.name.clone(),
                    reached: ratio(&times.times, &own.times)?,
                })
            })
            .collect(),
    };
    row.contestants.iter().zip(measured).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::verdicts;
    use crate::contest::{Contestant, Row, Sample, Unit};
    use crate::rounds::Measured;

    #[test]
    fn ratios_are_to_the_best_peer_and_to_those_that_are_named() {
        let none = |_| Sample::FAILED;
        let row = Row::new("row", Unit::Rate)
            .with(
                Contestant::ours("ours", none)
                    .goal(1.0)
                    .goal_against(8.0, &["slow"]),
            )
            .with(Contestant::peer("fast", "x", none))
            .with(Contestant::peer("slow", "x", none));
        let times = |times: [f64; 3]| Measured {
            times: times.to_vec(),
            fairness: Vec::new(),
        };
        let measured = [
            times([2.0, 4.0, 2.0]),
            times([1.0, 2.0, 1.0]),
            times([20.0, 40.0, 20.0]),
        ];
        let said = verdicts(&row, &measured, Some(&times([0.5, 1.0, 0.5])));
        let to_best: Vec<_> = said
            .iter()
            .map(|verdict| verdict.to_best.unwrap())
            .collect();
        assert_eq!(to_best, [0.5, 1.0, 0.05]);
        let floors: Vec<_> = said.iter().map(|verdict| verdict.floors.unwrap()).collect();
        assert_eq!(floors, [4.0, 2.0, 40.0]);
        let goals = &said[0].goals;
        assert_eq!((goals[0].peer.as_str(), goals[0].met()), ("fast", false));
        assert_eq!((goals[1].peer.as_str(), goals[1].met()), ("slow", true));
        assert_eq!(goals[1].reached, 10.0);
    }
}
