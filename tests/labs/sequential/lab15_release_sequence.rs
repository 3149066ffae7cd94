//! Lab 15: who finds the parcel weighed finds in it what was packed.

use super::*;
use racecourse::labs::lab15_release_sequence::{self as lab, Parcel};

proptest! {
    #![proptest_config(config())]

    /// `true` weighs, `false` opens. On one thread no order is missing.
    #[test]
    fn a_parcel_is_packed_weighed_and_opened(
        content: u32,
        before in prop::collection::vec(any::<bool>(), 0..5),
        after in prop::collection::vec(any::<bool>(), 0..5),
    ) {
        for weigh in [lab::fixed, lab::fixed_hand_on] {
            let parcel = Parcel::default();
            let mut model = None;
            for (step, &weighs) in before.iter().chain(&after).enumerate() {
                if step == before.len() {
                    // SAFETY: once, and nothing was weighed before.
                    unsafe { lab::pack(&parcel, content) };
                }
                if weighs {
                    weigh(&parcel);
                    model = (step >= before.len()).then_some(content);
                } else {
                    // SAFETY: one thread.
                    prop_assert_eq!(unsafe { lab::open(&parcel) }, model);
                }
            }
        }
    }

    #[test]
    fn a_thread_gets_what_was_packed(content: u32) {
        for weigh in [lab::fixed, lab::fixed_hand_on] {
            let opened = promptly(move || {
                let parcel = Parcel::default();
                thread::scope(|s| {
                    // SAFETY: the only call for this parcel.
                    s.spawn(|| unsafe { lab::pack(&parcel, content) });
                    let clerk = s.spawn(|| loop {
                        weigh(&parcel);
                        // SAFETY: both variants order the packing before.
                        match unsafe { lab::open(&parcel) } {
                            Some(content) => break content,
                            None => thread::yield_now(),
                        }
                    });
                    // SAFETY: as above.
                    let seen = unsafe { lab::open(&parcel) };
                    [seen.unwrap_or(content), clerk.join().unwrap()]
                })
            });
            prop_assert_eq!(opened, [content; 2]);
        }
    }
}
