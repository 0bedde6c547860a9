//! The result of encoding a performance.

use serde::{Deserialize, Serialize};

use super::silences::Silences;
use super::vocab::NoteToken;

/// What encoding changed beyond rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodeReport {
    /// Silences longer than the longest gap, shortened to it.
    pub capped_silences: usize,
    /// Notes cut off at the next onset of their pitch.
    pub cut_notes: usize,
    /// Notes merged with another of the same key within one 10-ms step.
    pub merged_notes: usize,
}

/// A performance as tokens, without an end token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    pub tokens: Vec<NoteToken>,
    pub report: EncodeReport,
    /// The silences that the tokens leave out.
    pub silences: Silences,
}
