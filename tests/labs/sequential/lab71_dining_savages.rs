use super::*;
use racecourse::labs::lab71_dining_savages::{self as lab, Camp};

proptest! {
    #![proptest_config(config())]

    /// The cook comes when the model's pot is empty, and not otherwise.
    #[test]
    fn the_cook_comes_as_often_as_needed(shares in shares(), portions in 1u32..6) {
        let eaten: u32 = shares.iter().sum();
        let model = (eaten.div_ceil(portions), eaten.div_ceil(portions) * portions - eaten);
        for eat in [lab::fixed, lab::fixed_monitor] {
            let shares = shares.clone();
            let left = promptly(move || {
                let camp = Camp::default();
                thread::scope(|s| {
                    s.spawn(|| (0..model.0).for_each(|_| lab::cook(&camp, portions)));
                    spread(&shares, || eat(&camp));
                });
                camp.portions()
            });
            prop_assert_eq!(left, model.1);
        }
    }

    /// Who eats alone is served by the bug as well.
    #[test]
    fn one_alone_is_always_served(meals in 0u32..30, portions in 1u32..6) {
        for eat in [lab::buggy, lab::fixed, lab::fixed_monitor] {
            let left = promptly(move || {
                let camp = Camp::default();
                thread::scope(|s| {
                    s.spawn(|| (0..meals.div_ceil(portions)).for_each(|_| lab::cook(&camp, portions)));
                    (0..meals).for_each(|_| eat(&camp));
                });
                camp.portions()
            });
            prop_assert_eq!(left, meals.div_ceil(portions) * portions - meals);
        }
    }
}
