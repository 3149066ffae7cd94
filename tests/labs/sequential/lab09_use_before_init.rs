use super::*;
use racecourse::labs::lab09_use_before_init::{self as lab, Board};

proptest! {
    #![proptest_config(config())]

    /// Night after night, with the same board, and whatever hung there before.
    #[test]
    fn the_watchman_has_the_key(nights in 1usize..8, before: Option<u32>) {
        for send in [lab::fixed, lab::fixed_wait] {
            let keys = promptly(move || {
                let board = Board::default();
                if let Some(key) = before {
                    board.hang(key);
                    assert!(lab::fixed(&board).is_some());
                }
                (0..nights).map(|_| send(&board)).collect::<Vec<_>>()
            });
            prop_assert_eq!(keys, vec![Some(7); nights]);
        }
    }
}
