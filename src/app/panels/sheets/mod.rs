//! The sheets that lie over the window.

pub mod save;
#[expect(clippy::module_inception, reason = "the sheets themselves")]
pub mod sheets;
pub mod verb;
