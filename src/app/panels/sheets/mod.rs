//! Modal sheets over the window.

pub mod modal;
pub mod recompose;
mod rows;
pub mod save;
pub mod verb;
