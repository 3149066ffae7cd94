use super::*;
use racecourse::labs::lab06_wrong_lock::{self as lab, Till};

proptest! {
    #![proptest_config(config())]

    /// On one thread each of them is right, the bug too.
    #[test]
    fn the_till_holds_what_the_model_holds(amounts in prop::collection::vec((0usize..2, 0u32..100), 0..20)) {
        for put in [lab::buggy, lab::fixed] {
            let till = Till::default();
            for &(cashier, amount) in &amounts {
                put(&till, cashier, amount);
            }
            prop_assert_eq!(till.sum.into_inner(), amounts.iter().map(|&(_, amount)| amount).sum::<u32>());
        }
    }

    #[test]
    fn the_till_holds_the_money_of_all_threads(shares in shares()) {
        let (till, inside) = (Till::default(), Mutex::new(0));
        spread(&shares, || {
            lab::fixed(&till, 0, 3);
            lab::fixed(&till, 1, 2);
            lab::fixed_inside(&inside, 1, 5);
        });
        let model = 5 * shares.iter().sum::<u32>();
        prop_assert_eq!(till.sum.into_inner(), model);
        prop_assert_eq!(inside.into_inner().unwrap(), model);
    }
}
