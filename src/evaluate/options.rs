//! Options of an evaluation.

use serde::{Deserialize, Serialize};

use crate::generate::DEFAULT_BEST_OF;
use crate::sampling::SamplingSettings;

/// Options of an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluateOptions {
    /// Takes per composer.
    pub takes: usize,
    /// Notes per take that are judged; a few more are composed, so that all takes are long enough.
    pub notes: usize,
    /// Continuations that the selector chooses from in the second row; 1 skips that row. See
    /// [`best_of`](crate::generate::GenerateRequest::best_of).
    pub best_of: usize,
    /// Long takes per composer for memory and form; 0 skips that part.
    #[serde(default)]
    pub long_takes: usize,
    /// Notes per long take, and per real piece compared with them; returns are counted from note 512 on.
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
