//! The litmus families under the explorer.

use std::sync::Arc;

use racecourse::check::{Checker, Engine};

use crate::execute::execute;
use crate::litmus::FAMILIES;
use crate::rc11;

/// For each combination of orderings: the outcomes that RC11 allows, one execution for each graph, and so the weak outcome as
/// often as it should be.
#[test]
fn the_explorer_reaches_the_weak_outcomes_that_it_should() {
    for family in FAMILIES {
        family.check(|program| {
            let code = Arc::new(program.clone());
            let checker = Checker::new().engine(Engine::Explorer);
            let outcomes = checker.outcomes(move || execute(&code));
            let reached: Vec<_> = outcomes.values().cloned().collect();
            let allowed = rc11::answer(program);
            assert!(
                reached.iter().eq(&allowed.outcomes),
                "{}: {program}",
                family.name
            );
            assert_eq!(
                outcomes.report().executions(),
                allowed.graphs,
                "{}: {program}",
                family.name
            );
            reached
        });
    }
}
