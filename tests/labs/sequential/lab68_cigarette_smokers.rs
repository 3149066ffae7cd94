use super::*;
use racecourse::labs::lab68_cigarette_smokers::{self as lab, Habits, Table};

const FIXED: Habits = Habits {
    put: lab::put_push,
    take: lab::fixed,
};

proptest! {
    #![proptest_config(config())]

    /// On one thread, whoever takes is the one for whom it was put there; the bug is as right as the fix then.
    #[test]
    fn who_is_alone_gets_its_pair(smokers in prop::collection::vec(0usize..3, 0..20)) {
        let buggy = Habits { put: lab::put, take: lab::buggy };
        for habits in [FIXED, buggy] {
            let smokers = smokers.clone();
            promptly(move || {
                let table = Table::default();
                for has in smokers {
                    for thing in lab::needs(has) {
                        (habits.put)(&table, thing);
                    }
                    (habits.take)(&table, has);
                }
            });
        }
    }

    /// Each of three smokers smokes as often as the agent means it to, in whatever order.
    #[test]
    fn everybody_smokes_as_often_as_supplied(smokers in prop::collection::vec(0usize..3, 0..30)) {
        let model = [0, 1, 2].map(|has| smokers.iter().filter(|&&smoker| smoker == has).count());
        let smoked = promptly(move || {
            let table = Table::default();
            thread::scope(|s| {
                let smoking = [0, 1, 2].map(|has| {
                    let table = &table;
                    s.spawn(move || (0..model[has]).map(|_| table.smoke(FIXED, has)).count())
                });
                table.supply(FIXED, smokers);
                smoking.map(|smoker| smoker.join().unwrap())
            })
        });
        prop_assert_eq!(smoked, model);
    }
}
