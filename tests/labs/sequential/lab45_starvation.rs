//! Whatever the order, one at a time is inside, and all get in.

use super::*;
use racecourse::labs::lab45_starvation::{Door, buggy, buggy_readers, fixed, fixed_readers};

/// What a counter comes to that is not changed in one step, if each changes it alone. `alone` bounds who may want that.
fn counted<D: Door + Send + 'static>(shares: &[u32]) -> u32 {
    let shares = shares.to_vec();
    promptly(move || {
        let (door, counter) = (D::default(), AtomicU32::new(0));
        spread(&shares, || {
            let number = door.arrive(false);
            door.enter(number, false);
            counter.store(counter.load(Relaxed) + 1, Relaxed);
            door.leave(false);
        });
        counter.into_inner()
    })
}

proptest! {
    #![proptest_config(config())]

    /// `fixed_readers` is for one at a time who wants to be alone.
    #[test]
    fn one_at_a_time_is_inside(shares in shares(), alone in 0u32..40) {
        let model: u32 = shares.iter().sum();
        prop_assert_eq!(counted::<fixed::Door>(&shares), model);
        prop_assert_eq!(counted::<buggy::Door>(&shares), model, "it is unfair, and a lock");
        prop_assert_eq!(counted::<buggy_readers::Door>(&shares), model);
        prop_assert_eq!(counted::<fixed_readers::Door>(&[alone]), alone);
    }

    /// A writer changes two numbers, readers see them agree.
    #[test]
    fn readers_see_no_half_of_it(reads in 0u32..40, writes in 0u32..40) {
        let same = promptly(move || {
            let door = fixed_readers::Door::default();
            let pair = [AtomicU32::new(0), AtomicU32::new(0)];
            thread::scope(|s| {
                s.spawn(|| {
                    for _ in 0..writes {
                        let number = door.arrive(false);
                        door.enter(number, false);
                        pair.iter().for_each(|one| one.store(one.load(Relaxed) + 1, Relaxed));
                        door.leave(false);
                    }
                });
                (0..reads).all(|_| {
                    let number = door.arrive(true);
                    door.enter(number, true);
                    let [one, other] = [0, 1].map(|i: usize| pair[i].load(Relaxed));
                    door.leave(true);
                    one == other
                })
            })
        });
        prop_assert!(same);
    }
}
