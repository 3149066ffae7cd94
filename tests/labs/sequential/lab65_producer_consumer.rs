use super::*;
use racecourse::labs::lab65_producer_consumer::{self as lab, Hatch, Way};

const WAYS: [Way; 2] = [
    Way {
        put: lab::put,
        take: lab::fixed,
    },
    Way {
        put: lab::put_queue,
        take: lab::fixed_queue,
    },
];

proptest! {
    #![proptest_config(config())]

    /// `true` puts, `false` takes; on one thread what would wait is left out. The bug is as right as the fix there.
    #[test]
    fn plates_come_out_in_order(places in 1usize..5, steps in prop::collection::vec(any::<bool>(), 0..40)) {
        let buggy = Way { put: lab::put, take: lab::buggy };
        for way in WAYS.into_iter().chain([buggy]) {
            let (hatch, mut model) = (Hatch::new(places), VecDeque::new());
            for (plate, &puts) in (1..).zip(&steps) {
                if puts && model.len() < places {
                    (way.put)(&hatch, plate);
                    model.push_back(plate);
                } else if let Some(next) = model.pop_front() {
                    prop_assert_eq!((way.take)(&hatch), next);
                }
            }
        }
    }

    #[test]
    fn every_plate_is_served_once(places in 1usize..4, shares in shares()) {
        for way in WAYS {
            let shares = shares.clone();
            let (served, plates) = promptly(move || {
                let hatch = Hatch::new(places);
                let plates: u32 = shares.iter().sum();
                let served = Mutex::new(Vec::new());
                thread::scope(|s| {
                    s.spawn(|| (1..=plates).for_each(|plate| (way.put)(&hatch, plate)));
                    spread(&shares, || {
                        let plate = (way.take)(&hatch);
                        served.lock().unwrap().push(plate);
                    });
                });
                (served.into_inner().unwrap(), plates)
            });
            let mut served = served;
            served.sort_unstable();
            prop_assert_eq!(served, (1..=plates).collect::<Vec<_>>());
        }
    }
}
