//! A queued take to make from other takes.

use crate::takes::{ComposeSettings, Made};

/// A take to make from others.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub made: Made,
    pub settings: ComposeSettings,
    /// Do not show or play it: it is one of several takes, and not the one to hear first.
    pub is_quiet: bool,
    /// It answers what was played: only the new notes sound, and at once.
    pub is_answer: bool,
}
