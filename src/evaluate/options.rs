//! How much is measured, and how freely takes are composed.

use serde::{Deserialize, Serialize};

use crate::generate::DEFAULT_BEST_OF;
use crate::sampling::SamplingSettings;

/// What is measured on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluateOptions {
    /// Takes per composer.
    pub takes: usize,
    /// Notes of each that are judged; somewhat more are composed, so that all are long enough.
    pub notes: usize,
    /// Continuations the selector chooses from in the second row; 1 leaves that row out. See
    /// [`best_of`](crate::generate::GenerateRequest::best_of).
    pub best_of: usize,
    /// Longer takes per composer that memory and form are measured on; 0 leaves that out.
    #[serde(default)]
    pub long_takes: usize,
    /// Notes of those, and of the real pieces beside them; returns are looked for from note 512 on.
    #[serde(default)]
    pub long_notes: usize,
    pub seed: u64,
    pub sampling: SamplingSettings,
}

impl Default for EvaluateOptions {
    fn default() -> Self {
        EvaluateOptions {
            takes: 40,
            notes: 256,
            best_of: DEFAULT_BEST_OF,
            long_takes: 4,
            long_notes: 1500,
            seed: 2026,
            sampling: SamplingSettings::default(),
        }
    }
}
