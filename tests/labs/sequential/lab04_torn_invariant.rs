use super::*;
use racecourse::labs::lab04_torn_invariant as lab;
use racecourse::sync::atomic::AtomicU64;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn purses_hold_what_the_model_holds(
        first in 1000u32..5000,
        second in 0u32..5000,
        moves in prop::collection::vec(0u32..50, 0..20),
    ) {
        let two = [Mutex::new(first), Mutex::new(second)];
        let one = Mutex::new([first, second]);
        let packed = AtomicU64::new(lab::fixed_packed::word(first, second));
        let mut model = [first, second];
        for coins in moves {
            lab::buggy::transfer(&two, coins);
            lab::fixed::transfer(&one, coins);
            lab::fixed_packed::transfer(&packed, coins);
            model = [model[0] - coins, model[1] + coins];
            prop_assert_eq!([*two[0].lock().unwrap(), *two[1].lock().unwrap()], model);
            prop_assert_eq!(*one.lock().unwrap(), model);
            prop_assert_eq!(packed.load(Relaxed), lab::fixed_packed::word(model[0], model[1]));
            let totals = [lab::buggy::total(&two), lab::fixed::total(&one), lab::fixed_packed::total(&packed)];
            prop_assert_eq!(totals, [first + second; 3]);
        }
    }

    /// However many threads move coins: every count is the same.
    #[test]
    fn every_count_meanwhile_is_the_sum(shares in shares()) {
        let one = Mutex::new([500, 7]);
        let packed = AtomicU64::new(lab::fixed_packed::word(500, 7));
        spread(&shares, || {
            lab::fixed::transfer(&one, 1);
            lab::fixed_packed::transfer(&packed, 1);
            assert_eq!(lab::fixed::total(&one), 507);
            assert_eq!(lab::fixed_packed::total(&packed), 507);
        });
        let model = shares.iter().sum::<u32>();
        prop_assert_eq!(one.into_inner().unwrap(), [500 - model, 7 + model]);
        prop_assert_eq!(packed.into_inner(), lab::fixed_packed::word(500 - model, 7 + model));
    }
}
