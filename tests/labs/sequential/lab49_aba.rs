use super::*;
use racecourse::labs::lab49_aba::{Pile, fixed, fixed_grace};

type Take = fn(&Pile) -> Option<u8>;
type Put = fn(&Pile, u8);

const VARIANTS: [(Take, Put); 2] = [
    (fixed::take, fixed::put),
    (fixed_grace::take, fixed_grace::put),
];

proptest! {
    #![proptest_config(config())]

    /// `true` takes; `false` puts back what was taken first. On one thread no grace period is needed, so that nothing waits.
    #[test]
    fn the_pile_is_the_models(operations in prop::collection::vec(any::<bool>(), 0..30)) {
        for (take, put) in VARIANTS {
            let pile = Pile::default();
            let (mut model, mut hands) = (vec![], VecDeque::from([1, 2]));
            for &takes in &operations {
                if takes {
                    let plate = take(&pile);
                    prop_assert_eq!(plate, model.pop());
                    hands.extend(plate);
                } else if let Some(plate) = hands.pop_front() {
                    put(&pile, plate);
                    model.push(plate);
                }
            }
            model.reverse();
            prop_assert_eq!(pile.into_plates(), model);
        }
    }

    /// Threads take a plate and put it back: in the end both are there, once.
    #[test]
    fn no_plate_is_in_two_places(shares in shares()) {
        for (take, put) in VARIANTS {
            let pile = Pile::default();
            put(&pile, 1);
            put(&pile, 2);
            spread(&shares, || {
                if let Some(plate) = take(&pile) {
                    put(&pile, plate);
                }
            });
            let mut plates = pile.into_plates();
            plates.sort_unstable();
            prop_assert_eq!(plates, [1, 2]);
        }
    }
}
