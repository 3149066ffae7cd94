//! Tables of orderings.
use serde::Serialize;
/// x
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Orderings {
}
/// x
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Hardware {
}
