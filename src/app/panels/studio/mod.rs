//! The studio tab.

pub mod blend;
pub mod composer;
mod controls;
mod form;
mod heard;
pub mod map;
mod mix;
mod qualities;
mod sections;
mod selection;
mod setting;
mod stage;
pub mod tab;
