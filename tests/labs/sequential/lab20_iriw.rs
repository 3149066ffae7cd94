//! Lab 20: an inspector sees the signs that are up.

use super::*;
use racecourse::labs::lab20_iriw::{fixed, fixed_accesses};

type PutUp = fn(&AtomicBool);
type Walk = fn(&AtomicBool, &AtomicBool) -> (bool, bool);

const FIXES: [(PutUp, Walk); 2] = [
    (fixed::put_up, fixed::walk),
    (fixed_accesses::put_up, fixed_accesses::walk),
];

proptest! {
    #![proptest_config(config())]

    /// `Some` puts up a sign, `None` walks.
    #[test]
    fn a_walk_sees_the_signs_that_are_up(
        steps in prop::collection::vec(prop::option::of(any::<bool>()), 0..8),
    ) {
        for (put_up, walk) in FIXES {
            let signs = [AtomicBool::new(false), AtomicBool::new(false)];
            let mut model = [false; 2];
            for &step in &steps {
                if let Some(which) = step {
                    put_up(&signs[usize::from(which)]);
                    model[usize::from(which)] = true;
                } else {
                    prop_assert_eq!(walk(&signs[0], &signs[1]), (model[0], model[1]));
                    prop_assert_eq!(walk(&signs[1], &signs[0]), (model[1], model[0]));
                }
            }
        }
    }

    #[test]
    fn two_inspectors_never_contradict_each_other(rounds in 1usize..30) {
        for (put_up, walk) in FIXES {
            for _ in 0..rounds {
                let (left, right) = (AtomicBool::new(false), AtomicBool::new(false));
                let reports = thread::scope(|s| {
                    s.spawn(|| put_up(&left));
                    s.spawn(|| put_up(&right));
                    let other = s.spawn(|| walk(&right, &left));
                    [walk(&left, &right), other.join().unwrap()]
                });
                prop_assert_ne!(reports, [(true, false); 2]);
            }
        }
    }
}
