//! Nobody begins a figure alone, whatever the number of dancers and figures.

use super::*;

/// Whether any of so many dancers began one of so many figures alone.
fn danced_together(
    wait: fn(&racecourse::labs::lab38_barrier_reuse::Gate),
    dancers: u32,
    figures: u32,
) -> bool {
    use racecourse::labs::lab38_barrier_reuse as lab;
    let gate = lab::Gate::new(dancers);
    let danced: Vec<_> = (0..dancers).map(|_| AtomicU32::new(0)).collect();
    thread::scope(|s| {
        let dancers: Vec<_> = (0..dancers as usize)
            .map(|me| {
                s.spawn({
                    let (gate, danced) = (&gate, &danced);
                    move || lab::dance(gate, wait, danced, me, figures)
                })
            })
            .collect();
        dancers.into_iter().all(|dancer| dancer.join().unwrap())
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn barrier_reuse_keeps_the_dancers_together(dancers in 1u32..5, figures in 0u32..12) {
        use racecourse::labs::lab38_barrier_reuse as lab;
        for wait in [lab::fixed, lab::fixed_std] {
            prop_assert!(promptly(move || danced_together(wait, dancers, figures)));
        }
    }

    /// The bug is none for a gate that is used once.
    #[test]
    fn barrier_reuse_is_right_once(dancers in 1u32..5) {
        use racecourse::labs::lab38_barrier_reuse::buggy;
        prop_assert!(promptly(move || danced_together(buggy, dancers, 1)));
    }
}
