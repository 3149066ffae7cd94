//! Wrong fixes of lab 67, sleeping-barber.

use super::*;
use crate::labs::form::WrongFixes;

/// The customer sits down first, so that the barber sees it, and looks at him then.
fn wrong_sits_first(shop: &Shop) {
    fixed_flags(shop);
}

/// The barber lies down first, so that customers see it, and looks into the waiting room then.
fn wrong_lies_down_first(shop: &Shop) {
    idle_flags(shop);
}

/// All under one lock, with a ring that nothing keeps: who does not sleep does not hear it, and it rings before the customer
/// sits.
fn wrong_rings_first(shop: &Shop) {
    shop.came.notify_one();
    *shop.waiting.lock().unwrap() += 1;
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-sits-first",
            "the customer acts, and then looks; the barber does not",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_sits_first, idle)),
        )
        .because(
            "The barber has looked before the customer sat down, and has not lain down when the customer looks. It takes both \
             of them.",
        ),
        Variant::new(
            "wrong-lies-down-first",
            "the barber acts, and then looks; the customer does not",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy, wrong_lies_down_first)),
        )
        .because(
            "The customer has seen him awake, and has not sat down when he looks: the same gap, from the other side.",
        ),
        Variant::new(
            "wrong-rings-first",
            "a condition variable, notified before the customer sits",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_rings_first, idle_monitor)),
        )
        .because(
            "A condition variable keeps no ring. The barber hears it, finds nobody, and is asleep again before the customer \
             sits; or he does not hear it at all.",
        ),
    ],
);
