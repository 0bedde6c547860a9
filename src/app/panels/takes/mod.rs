//! The list of takes.

pub mod list;
pub mod menu;
mod row;
