//! Lab 21: a picture shows a score that there was.

use super::*;
use racecourse::labs::lab21_seqlock_tear::{Board, fixed};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_picture_shows_the_last_score(scores in prop::collection::vec(any::<(u32, u32)>(), 0..10)) {
        let board = Board::default();
        prop_assert_eq!(fixed::picture(&board), Some((0, 0)));
        for (nth, &score) in (0..).zip(&scores) {
            fixed::change(&board, nth, score);
            prop_assert_eq!(fixed::picture(&board), Some(score));
        }
    }

    /// Both numbers are always the same, so that a torn picture shows.
    #[test]
    fn no_picture_is_torn(changes in 1u32..60, pictures in 1usize..60) {
        let taken = promptly(move || {
            let board = Board::default();
            thread::scope(|s| {
                s.spawn(|| (0..changes).for_each(|nth| fixed::change(&board, nth, (nth, nth))));
                (0..pictures).filter_map(|_| fixed::picture(&board)).collect::<Vec<_>>()
            })
        });
        prop_assert!(taken.iter().all(|(home, guests)| home == guests), "{taken:?}");
        prop_assert!(taken.is_sorted(), "the score went back: {taken:?}");
    }
}
