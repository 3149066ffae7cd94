use super::*;
use racecourse::labs::lab52_wrong_send_sync::{Slip, fixed::Board, fixed_lock};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_copy_has_the_text(text in ".{0,50}", copies in 1usize..8) {
        let board = Board::new(text.clone());
        for _ in 0..copies {
            prop_assert_eq!(&board.copy(), &text);
        }
    }

    /// Copies on several threads, of a slip that is not `Sync`: under the lock each copy is counted.
    #[test]
    fn every_copy_under_the_lock_is_counted(text: u32, shares in shares()) {
        let board = Mutex::new(Slip::new(text));
        spread(&shares, || assert_eq!(fixed_lock(&board).into_parts(), (text, 0)));
        let model = (text, shares.iter().sum::<u32>());
        prop_assert_eq!(board.into_inner().unwrap().into_parts(), model);
    }
}
