//! Modal sheets over the window.

pub mod modal;
pub mod save;
pub mod verb;
