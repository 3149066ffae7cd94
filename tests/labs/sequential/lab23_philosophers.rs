//! Each fork is used for the meals of its two neighbours.

use super::*;

proptest! {
    #![proptest_config(config())]

    /// Whoever eats how often, at a table of whatever size.
    #[test]
    fn philosophers_eat_as_often_as_they_want(meals in prop::collection::vec(0u32..20, 2..5)) {
        use racecourse::labs::lab23_philosophers as lab;
        let seats = meals.len();
        let model: Vec<u32> = (0..seats)
            .map(|fork| meals[fork] + meals[(fork + seats - 1) % seats])
            .collect();
        for eat in [lab::fixed, lab::fixed_arbiter] {
            let meals = meals.clone();
            let used = promptly(move || {
                let table = lab::Table::new(seats);
                thread::scope(|s| {
                    for (seat, &meals) in meals.iter().enumerate() {
                        let table = &table;
                        s.spawn(move || (0..meals).for_each(|_| eat(table, seat)));
                    }
                });
                table.meals()
            });
            prop_assert_eq!(used, model.clone());
        }
    }

    /// On one thread the bug is as right as the fixes.
    #[test]
    fn philosophers_are_right_one_by_one(seats in prop::collection::vec(0usize..4, 0..20)) {
        use racecourse::labs::lab23_philosophers as lab;
        let table = lab::Table::new(4);
        let mut model = vec![0; 4];
        for seat in seats {
            lab::buggy(&table, seat);
            model[seat] += 1;
            model[(seat + 1) % 4] += 1;
        }
        prop_assert_eq!(table.meals(), model);
    }
}
