use super::*;
use racecourse::labs::lab69_building_h2o::{self as lab, Beaker};

proptest! {
    #![proptest_config(config())]

    /// `Some` adds hydrogen, `None` is an oxygen, if the model has two atoms for it. On one thread all variants are right.
    #[test]
    fn a_molecule_takes_two(steps in prop::collection::vec(prop::option::of(0u32..4), 0..40)) {
        for take in [lab::buggy, lab::fixed, lab::fixed_both] {
            let (beaker, mut model) = (Beaker::default(), [0, 0]);
            for &step in &steps {
                match step {
                    Some(atoms) => {
                        beaker.add(atoms);
                        model[0] += atoms;
                    }
                    None if model[0] >= 2 => {
                        beaker.oxygen(take);
                        model = [model[0] - 2, model[1] + 1];
                    }
                    None => {}
                }
                prop_assert_eq!(beaker.contents(), model);
            }
        }
    }

    /// Oxygens on several threads, hydrogen in portions that need not be pairs.
    #[test]
    fn all_of_it_becomes_water(shares in shares(), portion in 1u32..5) {
        for take in [lab::fixed, lab::fixed_both] {
            let shares = shares.clone();
            let molecules: u32 = shares.iter().sum();
            let contents = promptly(move || {
                let beaker = Beaker::default();
                thread::scope(|s| {
                    s.spawn(|| {
                        let mut left = 2 * molecules;
                        while left > 0 {
                            beaker.add(left.min(portion));
                            left -= left.min(portion);
                        }
                    });
                    spread(&shares, || beaker.oxygen(take));
                });
                beaker.contents()
            });
            prop_assert_eq!(contents, [0, molecules]);
        }
    }
}
