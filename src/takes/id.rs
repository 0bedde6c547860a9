//! The identity of a take.

use serde::{Deserialize, Serialize};

/// The name of a take's files without their endings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TakeId(pub(super) String);

impl TakeId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
