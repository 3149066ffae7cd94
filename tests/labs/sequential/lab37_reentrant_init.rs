//! However many ask, and however often: one level, and one line.

use super::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn reentrant_init_reads_the_settings_once(shares in shares()) {
        use racecourse::labs::lab37_reentrant_init as lab;
        for level in [lab::fixed, lab::fixed_in_hand] {
            let shares = shares.clone();
            let asked = shares.iter().sum::<u32>() > 0;
            let lines = promptly(move || {
                let program = lab::Program::new();
                spread(&shares, || assert_eq!(level(&program), lab::LEVEL));
                program.lines()
            });
            prop_assert_eq!(lines, usize::from(asked));
        }
    }
}
