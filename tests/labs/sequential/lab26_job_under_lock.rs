//! As much bread as was ordered, if there is an order for dough for each.

use super::*;

proptest! {
    #![proptest_config(config())]

    /// One cook: the dough is ordered last, and made first.
    #[test]
    fn job_under_lock_bakes_all_bread_on_one_thread(loaves in 0u32..20) {
        use racecourse::labs::lab26_job_under_lock as lab;
        // The bug too: nothing waits.
        for work in [lab::buggy, lab::fixed, lab::fixed_next] {
            let kitchen = lab::Kitchen::default();
            (0..loaves).for_each(|_| kitchen.order(lab::bake));
            (0..loaves).for_each(|_| kitchen.order(lab::knead));
            work(&kitchen);
            prop_assert_eq!(kitchen.bread(), loaves);
        }
    }

    /// With one cook more than there is bread, whatever the order of the orders.
    #[test]
    fn job_under_lock_bakes_all_bread_in_any_order(dough_first in prop::collection::vec(any::<bool>(), 0..4)) {
        use racecourse::labs::lab26_job_under_lock as lab;
        let loaves = dough_first.len();
        for work in [lab::fixed, lab::fixed_next] {
            let dough_first = dough_first.clone();
            let bread = promptly(move || {
                let kitchen = lab::Kitchen::default();
                for dough_first in dough_first {
                    let jobs: [lab::Job; 2] = [lab::bake, lab::knead];
                    kitchen.order(jobs[usize::from(dough_first)]);
                    kitchen.order(jobs[usize::from(!dough_first)]);
                }
                thread::scope(|s| {
                    for _ in 0..=loaves {
                        s.spawn(|| work(&kitchen));
                    }
                });
                kitchen.bread()
            });
            prop_assert_eq!(bread as usize, loaves);
        }
    }
}
