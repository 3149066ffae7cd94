use super::*;
use racecourse::labs::lab70_santa_claus::{self as lab, Pole};

proptest! {
    #![proptest_config(config())]

    /// A team of any size; nine are Trono's.
    #[test]
    fn the_whole_team_pulls(team in 1u32..10) {
        let pulling = promptly(move || {
            let pole = Pole::new(team);
            thread::scope(|s| {
                for _ in 0..team {
                    s.spawn(|| lab::reindeer_ready(&pole));
                }
                lab::fixed(&pole)
            })
        });
        prop_assert_eq!(pulling, team);
    }
}
