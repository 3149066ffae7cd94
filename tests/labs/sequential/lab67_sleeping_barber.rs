use super::*;
use racecourse::labs::lab67_sleeping_barber::{self as lab, Shop};

/// What a customer does, and what the barber does before he calls one.
type Manners = (fn(&Shop), fn(&Shop));

const MANNERS: [Manners; 3] = [
    (lab::fixed, lab::idle_ring),
    (lab::fixed_monitor, lab::idle_monitor),
    (lab::fixed_flags, lab::idle_flags),
];

proptest! {
    #![proptest_config(config())]

    /// `true` comes, `false` is shaved, if the model has somebody waiting. On one thread the bug is as right as the fixes.
    #[test]
    fn as_many_wait_as_have_come_and_not_been_shaved(steps in prop::collection::vec(any::<bool>(), 0..40)) {
        let buggy: Manners = (lab::buggy, lab::idle);
        for (come, idle) in MANNERS.into_iter().chain([buggy]) {
            let (shop, mut model) = (Shop::default(), 0);
            for &comes in &steps {
                if comes {
                    come(&shop);
                    model += 1;
                } else if model > 0 {
                    idle(&shop);
                    shop.shave();
                    shop.be_shaved();
                    model -= 1;
                }
                prop_assert_eq!(shop.waiting(), model);
            }
        }
    }

    #[test]
    fn everybody_is_shaved(shares in shares()) {
        for (come, idle) in MANNERS {
            let shares = shares.clone();
            let waiting = promptly(move || {
                let shop = Shop::default();
                let customers: u32 = shares.iter().sum();
                thread::scope(|s| {
                    s.spawn(|| {
                        for _ in 0..customers {
                            idle(&shop);
                            shop.shave();
                        }
                    });
                    spread(&shares, || {
                        come(&shop);
                        shop.be_shaved();
                    });
                });
                shop.waiting()
            });
            prop_assert_eq!(waiting, 0);
        }
    }
}
