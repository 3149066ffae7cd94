use super::*;
use racecourse::labs::lab53_steal_twice::{self as lab, LETTERS, Tray, fixed_lock};

proptest! {
    #![proptest_config(config())]

    /// `true` takes from the owner's end, `false` steals from the other; the bug is right, too, on one thread.
    #[test]
    fn the_tray_is_a_queue_with_two_ends(operations in prop::collection::vec(any::<bool>(), 0..6)) {
        for take in [lab::buggy, lab::fixed] {
            let (tray, locked) = (Tray::default(), Mutex::new((1..=LETTERS).collect()));
            let mut model: VecDeque<_> = (1..=LETTERS).collect();
            for &takes in &operations {
                let letter = if takes { model.pop_back() } else { model.pop_front() };
                let (one, other) = if takes {
                    (take(&tray), fixed_lock::take(&locked))
                } else {
                    (lab::steal(&tray), fixed_lock::steal(&locked))
                };
                prop_assert_eq!([one, other], [letter; 2]);
            }
        }
    }

    /// One owner, up to three thieves: each letter is opened once.
    #[test]
    fn each_letter_is_opened_once(thieves in 1usize..4) {
        let tray = Tray::default();
        let opened = Mutex::new(Vec::new());
        thread::scope(|s| {
            for _ in 0..thieves {
                s.spawn(|| {
                    let stolen = lab::steal(&tray);
                    opened.lock().unwrap().extend(stolen);
                });
            }
            let taken = lab::fixed(&tray);
            opened.lock().unwrap().extend(taken);
        });
        let mut opened = opened.into_inner().unwrap();
        while let Some(letter) = lab::fixed(&tray) {
            opened.push(letter);
        }
        opened.sort_unstable();
        prop_assert_eq!(opened, [1, 2]);
    }
}
