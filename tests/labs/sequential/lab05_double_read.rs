use super::*;
use racecourse::labs::lab05_double_read::{self as lab, PIECES, Party};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_share_is_the_models(guests in 0u32..20) {
        let party = Party::default();
        party.guests.store(guests, Relaxed);
        let model = (guests > 0).then(|| PIECES / guests);
        for share in [lab::buggy, lab::fixed, lab::fixed_checked] {
            prop_assert_eq!(share(&party), model);
        }
    }

    /// Guests leave, one after the other: each share is that of some number of guests that was there.
    #[test]
    fn the_share_meanwhile_is_one_of_the_models(guests in 1u32..30) {
        for share in [lab::fixed, lab::fixed_checked] {
            let party = Party::default();
            party.guests.store(guests, Relaxed);
            let shares = thread::scope(|s| {
                s.spawn(|| (0..guests).for_each(|_| { party.guests.fetch_sub(1, Relaxed); }));
                (0..50).map(|_| share(&party)).collect::<Vec<_>>()
            });
            for share in shares {
                prop_assert!((0..=guests).any(|there| PIECES.checked_div(there) == share), "{share:?}");
            }
        }
    }
}
