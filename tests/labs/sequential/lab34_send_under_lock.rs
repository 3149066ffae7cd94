//! Each sale is reported, and at last the stock is shown that is left.

use racecourse::sync::mpsc::sync_channel;

use super::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn send_under_lock_shows_what_is_left(stock in 0u32..40, sold in 0u32..40, capacity in 0usize..4) {
        use racecourse::labs::lab34_send_under_lock as lab;
        let sold = sold.min(stock);
        for sell in [lab::fixed, lab::fixed_collect] {
            let shown = promptly(move || {
                let stock = Mutex::new(stock);
                let (sender, reports) = sync_channel(capacity);
                thread::scope(|s| {
                    let display = s.spawn(|| lab::display(&stock, reports));
                    sell(&stock, sender, sold);
                    display.join().unwrap()
                })
            });
            prop_assert_eq!(shown, (sold, (sold > 0).then_some(stock - sold)));
        }
    }

    /// The bug is none as long as the channel has room for all reports.
    #[test]
    fn send_under_lock_is_right_with_room_for_all(stock in 0u32..40, more in 1usize..4) {
        use racecourse::labs::lab34_send_under_lock as lab;
        let shown = promptly(move || {
            let (sender, reports) = sync_channel(stock as usize + more);
            let count = Mutex::new(stock);
            lab::buggy(&count, sender, stock);
            lab::display(&count, reports)
        });
        prop_assert_eq!(shown, (stock, (stock > 0).then_some(0)));
    }
}
