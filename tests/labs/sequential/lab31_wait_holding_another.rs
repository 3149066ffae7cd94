//! A page for each sheet.

use super::*;

proptest! {
    #![proptest_config(config())]

    /// `true` fills, `false` prints, if there is paper. The bug too: it never waits.
    #[test]
    fn wait_holding_another_prints_what_there_is_paper_for(operations in prop::collection::vec(any::<bool>(), 0..20)) {
        use racecourse::labs::lab31_wait_holding_another as lab;
        for print in [lab::buggy, lab::fixed, lab::fixed_let_go] {
            let office = lab::Office::default();
            let (mut pages, mut sheets) = (0, 0);
            for &fills in &operations {
                if fills {
                    office.fill();
                    sheets += 1;
                } else if sheets > 0 {
                    print(&office);
                    sheets -= 1;
                    pages += 1;
                }
                prop_assert_eq!(office.counts(), (pages, sheets));
            }
        }
    }

    #[test]
    fn wait_holding_another_prints_every_page(shares in shares(), more in 0u32..5) {
        use racecourse::labs::lab31_wait_holding_another as lab;
        let pages: u32 = shares.iter().sum();
        for print in [lab::fixed, lab::fixed_let_go] {
            let shares = shares.clone();
            let counts = promptly(move || {
                let office = lab::Office::default();
                thread::scope(|s| {
                    s.spawn(|| (0..pages + more).for_each(|_| office.fill()));
                    spread(&shares, || print(&office));
                });
                office.counts()
            });
            prop_assert_eq!(counts, (pages, more));
        }
    }
}
