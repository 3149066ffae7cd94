//! Lab 16: one is the last, and it is whoever leaves last.

use super::*;
use racecourse::labs::lab16_refcount_acquire as lab;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_last_one_to_leave_is_told_so(users in 1usize..6) {
        for leave in [lab::fixed, lab::fixed_acq_rel] {
            let tent = lab::pitch(users);
            let mut left = 0;
            for _ in 0..users {
                // SAFETY: so many are inside; the last one alone takes it down.
                prop_assert_eq!(unsafe { tent.use_and_leave(leave) }, 7);
                left += 1;
            }
            prop_assert_eq!(left, users);
        }
    }

    #[test]
    fn threads_see_the_lamp_until_they_leave(users in 1usize..6) {
        for leave in [lab::fixed, lab::fixed_acq_rel] {
            let tent = lab::pitch(users);
            let seen: Vec<_> = thread::scope(|s| {
                let threads: Vec<_> = (0..users)
                    .map(|_| s.spawn(move || {
                        let tent = tent; // the whole of it, which is `Send`
                        // SAFETY: so many are inside, and both variants acquire before the end.
                        unsafe { tent.use_and_leave(leave) }
                    }))
                    .collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            prop_assert_eq!(seen, vec![7; users]);
        }
    }
}
