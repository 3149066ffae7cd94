//! The panic hook: panics of model threads are recorded, not printed.

use std::panic::PanicHookInfo;
use std::sync::Once;

use super::execution::{self, Execution};
use super::failure::FailureKind;
use super::record::{PanicPlace, PanicPlaceOr, RawFailure, RawStep, Said};
use super::timeline::Operation;

/// What core says just before it aborts the process; the hook is the last to be asked.
const ABORTING: [&str; 2] = [
    "panic in a destructor during cleanup",
    "panic in a function that cannot unwind",
];

/// Puts our hook before the one that is installed; panics outside of checks go on to that one.
pub(crate) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        #[cfg(feature = "loom")]
        super::loom::prepare();
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| match execution::current() {
            Some(execution) => panicked(execution, info),
            None => previous(info),
        }));
    });
}

/// Stands for the message of a panic whose payload is not a string.
pub(crate) const NOT_TEXT: &str = "the panic's payload is not a string";

/// The text of a panic's payload.
pub(crate) fn message(payload: &(dyn std::any::Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        NOT_TEXT.to_owned()
    }
}

fn panicked(execution: &Execution, info: &PanicHookInfo<'_>) {
    let message = message(info.payload());
    let place = info.location().map(|location| PanicPlace {
        file: location.file().to_owned(),
        line: location.line(),
        column: location.column(),
    });
    if ABORTING.contains(&message.as_str()) {
        return abort_is_near(execution);
    }
    if execution
        .kernel()
        .panicked(execution, &message, place.as_ref())
    {
        return;
    }
    let thread = execution.thread();
    let said = Said {
        text: message.clone(),
        place: place.clone(),
    };
    execution.record_said(RawStep::bare(thread, Operation::Panic), said);
    let mut state = execution.state_mut();
    let steps = state.steps.len();
    let thread = &mut state.threads[thread];
    thread.panicking = true;
    thread.panic = Some((message, place));
    thread.panic_step = steps;
}

/// A destructor panicked while its thread was unwinding. Natively the process aborts here; a check
/// reports it and gives up the OS thread instead.
fn abort_is_near(execution: &Execution) {
    if !execution.torn_down() {
        let state = execution.state();
        let thread = execution.thread();
        let (cause, place) = state.threads[thread]
            .panic
            .clone()
            .unwrap_or_else(|| (String::new(), None));
        let failure = RawFailure {
            kind: FailureKind::Panic,
            message: format!(
                "a destructor panicked while its thread was unwinding, which aborts the process: {cause}"
            ),
            place: place.map(PanicPlaceOr::Panic),
            thread,
            steps: state.steps.len(),
            details: Vec::new(),
            with: None,
            explanation: Vec::new(),
        };
        drop(state);
        execution.fail_with(failure);
    }
    execution
        .worker()
        .lost("a destructor panicked while its thread was unwinding");
    crate::sys::abort::give_up_thread();
}
