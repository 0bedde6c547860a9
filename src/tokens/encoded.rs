//! What comes of encoding a performance.

use serde::{Deserialize, Serialize};

use super::silences::Silences;
use super::vocab::NoteToken;

/// What an encoding had to change beyond rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodeReport {
    /// Silences longer than the longest gap.
    pub capped_silences: usize,
    /// Notes that ended at the next onset of their own pitch.
    pub cut_notes: usize,
    /// Second strokes of a key within one 10-ms step.
    pub merged_notes: usize,
}

/// A performance as tokens, without an end token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    pub tokens: Vec<NoteToken>,
    pub report: EncodeReport,
    /// What the tokens leave out of the time.
    pub silences: Silences,
}
