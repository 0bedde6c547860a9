//! A take to make of others.

use crate::takes::{ComposeSettings, Made};

/// A take to make of others.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub made: Made,
    pub settings: ComposeSettings,
    /// It is one of several, and not the one to listen to first.
    pub is_quiet: bool,
}
