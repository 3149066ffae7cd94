use super::*;
use racecourse::labs::lab19_weak_cas::{self as lab, FREE};

proptest! {
    #![proptest_config(config())]

    /// The first guest has the seat, and nobody after her.
    #[test]
    fn the_first_has_the_seat(guests in prop::collection::vec(1u32..100, 1..8)) {
        for take in [lab::fixed, lab::fixed_strong] {
            let seat = AtomicU32::new(FREE);
            let told: Vec<_> = guests.iter().map(|&guest| take(&seat, guest)).collect();
            let model: Vec<_> = (0..guests.len()).map(|nth| nth == 0).collect();
            prop_assert_eq!(told, model);
            prop_assert_eq!(seat.into_inner(), guests[0]);
        }
    }

    /// Of many at once exactly one has it.
    #[test]
    fn one_of_many_has_the_seat(shares in shares()) {
        for take in [lab::fixed, lab::fixed_strong] {
            let (seat, told) = (AtomicU32::new(FREE), AtomicU32::new(0));
            spread(&shares, || {
                told.fetch_add(take(&seat, 1).into(), Relaxed);
            });
            prop_assert_eq!(told.into_inner(), u32::from(shares.iter().any(|&share| share > 0)));
        }
    }
}
