use super::*;
use racecourse::labs::lab66_readers_writers::{self as lab, Library, Rules};

const RULES: [Rules; 2] = [
    Rules {
        read: lab::fixed,
        write: lab::write,
    },
    Rules {
        read: lab::fixed_rwlock,
        write: lab::write_rwlock,
    },
];

proptest! {
    #![proptest_config(config())]

    /// `None` reads. On one thread the bug is as right as the fixes.
    #[test]
    fn the_last_text_is_read(steps in prop::collection::vec(any::<Option<u32>>(), 0..30)) {
        let buggy = Rules { read: lab::buggy, write: lab::write };
        for rules in RULES.into_iter().chain([buggy]) {
            let (library, mut model) = (Library::default(), 0);
            for step in &steps {
                match *step {
                    Some(text) => {
                        (rules.write)(&library, text);
                        model = text;
                    }
                    None => prop_assert_eq!((rules.read)(&library), [model; 2]),
                }
            }
        }
    }

    #[test]
    fn no_thread_reads_half_a_text(shares in shares(), texts in 0u32..40) {
        for rules in RULES {
            let shares = shares.clone();
            let last = promptly(move || {
                let library = Library::default();
                thread::scope(|s| {
                    s.spawn(|| (1..=texts).for_each(|text| (rules.write)(&library, text)));
                    spread(&shares, || {
                        let [left, right] = (rules.read)(&library);
                        assert!(left == right && left <= texts, "{left}, {right}");
                    });
                });
                library.look()
            });
            prop_assert_eq!(last, [texts; 2]);
        }
    }
}
