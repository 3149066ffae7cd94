//! Lab 14: a hatch is a queue of one place.

use super::*;
use racecourse::labs::lab14_weak_queue::{Hatch, fixed};

proptest! {
    #![proptest_config(config())]

    /// `true` puts, `false` takes.
    #[test]
    fn a_hatch_is_a_short_queue(operations in prop::collection::vec(any::<bool>(), 0..20)) {
        let hatch = Hatch::default();
        let (mut put, mut taken, mut model) = (0, 0, None);
        for (plate, puts) in (0..).zip(operations) {
            // SAFETY: one thread does both, and counts.
            unsafe {
                if puts {
                    let free = fixed::put(&hatch, put, plate);
                    prop_assert_eq!(free, model.is_none());
                    put += usize::from(free);
                    model.get_or_insert(plate);
                } else {
                    let got = fixed::take(&hatch, taken);
                    prop_assert_eq!(got, model.take());
                    taken += usize::from(got.is_some());
                }
            }
        }
    }

    #[test]
    fn plates_come_out_as_they_went_in(plates in prop::collection::vec(any::<u32>(), 0..60)) {
        let model = plates.clone();
        let got = promptly(move || {
            let hatch = Hatch::default();
            let mut got = Vec::new();
            thread::scope(|s| {
                s.spawn(|| {
                    for (nth, &plate) in plates.iter().enumerate() {
                        // SAFETY: the only thread that puts, and it counts.
                        while !unsafe { fixed::put(&hatch, nth, plate) } {
                            thread::yield_now();
                        }
                    }
                });
                while got.len() < plates.len() {
                    // SAFETY: the only thread that takes, and it counts.
                    match unsafe { fixed::take(&hatch, got.len()) } {
                        Some(plate) => got.push(plate),
                        None => thread::yield_now(),
                    }
                }
            });
            got
        });
        prop_assert_eq!(got, model);
    }
}
