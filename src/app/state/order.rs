//! A take to make from others.

use crate::takes::{ComposeSettings, Made};

/// A take to make from others.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub made: Made,
    pub settings: ComposeSettings,
    /// One of several takes, and not the first to listen to.
    pub is_quiet: bool,
    /// It answers what was played: only the new notes sound, and at once.
    pub is_answer: bool,
}
