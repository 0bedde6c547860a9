//! A figure that a model has to reach to ship.

use serde::{Deserialize, Serialize};

/// One figure and what it has to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    pub name: String,
    pub value: f64,
    /// Is more better?
    pub at_least: bool,
    /// For a small model trained on a CPU.
    pub small: f64,
    /// For the best model that ships.
    pub best: f64,
}

impl Gate {
    fn meets(&self, bound: f64) -> bool {
        if self.at_least {
            self.value >= bound
        } else {
            self.value <= bound
        }
    }

    pub fn meets_small(&self) -> bool {
        self.meets(self.small)
    }

    pub fn meets_best(&self) -> bool {
        self.meets(self.best)
    }
}
