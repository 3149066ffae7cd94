//! Each reads what the other has posted.

use super::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn cyclic_send_delivers_all_letters(capacity in 1usize..4, letters in 0u32..20) {
        use racecourse::labs::lab33_cyclic_send as lab;
        for how in [lab::fixed, lab::fixed_turns] {
            let read = promptly(move || lab::exchange(how, capacity, letters));
            prop_assert_eq!(read, [letters; 2]);
        }
    }

    /// The bug is none as long as the boxes are large enough.
    #[test]
    fn cyclic_send_is_right_with_room_for_all(letters in 0u32..20, more in 1usize..4) {
        use racecourse::labs::lab33_cyclic_send as lab;
        let capacity = letters as usize + more;
        let read = promptly(move || lab::exchange(lab::buggy, capacity, letters));
        prop_assert_eq!(read, [letters; 2]);
    }
}
