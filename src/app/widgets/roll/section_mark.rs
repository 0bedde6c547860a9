//! A section of a take in a form, as the roll shows it.

use std::ops::Range;

/// A section of the take.
#[derive(Clone, Debug, PartialEq)]
pub struct SectionMark {
    pub secs: Range<f64>,
    /// As in the form: "A", "A'", "A+5".
    pub label: String,
    /// Its number in the alphabet, from 0: sections of the same letter have the same colour.
    pub letter: usize,
    /// The section in words.
    pub description: String,
}
