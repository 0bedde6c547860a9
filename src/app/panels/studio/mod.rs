//! The studio tab.

pub mod blend;
pub mod composer;
mod heard;
pub mod map;
mod stage;
#[expect(clippy::module_inception, reason = "the tab itself")]
pub mod studio;
