//! The period of a composer.

use serde::{Deserialize, Serialize};

/// The period a composer is listed under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Era {
    Baroque,
    Classical,
    Romantic,
    Late,
}

impl Era {
    pub fn name(self) -> &'static str {
        match self {
            Era::Baroque => "Baroque",
            Era::Classical => "Classical",
            Era::Romantic => "Romantic",
            Era::Late => "Late Romantic & Modern",
        }
    }
}
