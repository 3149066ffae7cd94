//! A hatch with room for one dish.

use super::*;

proptest! {
    #![proptest_config(config())]

    /// On one thread dishes come out in the order in which they went in. The bug too.
    #[test]
    fn notify_one_mixed_serves_in_order(dishes in prop::collection::vec(any::<u32>(), 0..20)) {
        use racecourse::labs::lab30_notify_one_mixed as lab;
        type Kind = (fn(&lab::Hatch, u32), fn(&lab::Hatch) -> Option<u32>);
        let kinds: [Kind; 3] = [
            (lab::buggy::put, lab::buggy::take),
            (lab::fixed::put, lab::fixed::take),
            (lab::fixed_all::put, lab::fixed_all::take),
        ];
        for (put, take) in kinds {
            let hatch = lab::Hatch::default();
            for &dish in &dishes {
                put(&hatch, dish);
                prop_assert_eq!(take(&hatch), Some(dish));
            }
        }
    }

    /// With one to three waiters each dish is served once.
    #[test]
    fn notify_one_mixed_serves_each_dish_once(shares in shares()) {
        use racecourse::labs::lab30_notify_one_mixed as lab;
        type Kind = (fn(&lab::Hatch, u32), fn(&lab::Hatch) -> Option<u32>);
        let kinds: [Kind; 2] = [
            (lab::fixed::put, lab::fixed::take),
            (lab::fixed_all::put, lab::fixed_all::take),
        ];
        let dishes: u32 = shares.iter().sum();
        for (put, take) in kinds {
            let shares = shares.clone();
            let mut served = promptly(move || {
                let hatch = lab::Hatch::default();
                let served = Mutex::new(Vec::new());
                thread::scope(|s| {
                    s.spawn(|| (0..dishes).for_each(|dish| put(&hatch, dish)));
                    spread(&shares, || {
                        let dish = take(&hatch);
                        served.lock().unwrap().push(dish);
                    });
                });
                served.into_inner().unwrap()
            });
            served.sort_unstable();
            prop_assert_eq!(served, (0..dishes).map(Some).collect::<Vec<_>>());
        }
    }
}
