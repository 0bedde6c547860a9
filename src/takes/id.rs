//! The identity of a take.

use serde::{Deserialize, Serialize};

/// A take's file name without extension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TakeId(pub(super) String);

impl TakeId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
