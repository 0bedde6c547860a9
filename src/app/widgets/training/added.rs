//! How the adding of a composer stands.

use crate::train::RareSummary;

/// How the adding of a composer stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum AddedComposer {
    #[default]
    None,
    Learning,
    Done(RareSummary),
    Failed(String),
}
