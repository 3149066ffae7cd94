//! What is shown of a search that fails: the failing execution that is easiest to read, in the order that is, and why it
//! could happen.
//!
//! | File | Its idea |
//! |---|---|
//! | `study` | which of the failing executions |
//! | `plan`, `order` | what leads to the failure, and its order with the fewest context switches |
//! | `script` | an execution as the choices that lead to it: a token |
//! | `guide`, `rehearse` | running the program along a script |
//! | `shown`, `because` | which event is which step; what it read, what is stale, which edge is absent |

mod because;
mod guide;
mod order;
mod plan;
mod rehearse;
mod script;
mod shown;
mod study;

pub(super) use guide::Guide;
pub(super) use rehearse::{Ended, Stage};
pub(crate) use script::Script;
pub(super) use study::{Study, replay};
