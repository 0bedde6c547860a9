//! The studio tab.

pub mod blend;
pub mod composer;
mod heard;
pub mod map;
mod stage;
pub mod tab;
