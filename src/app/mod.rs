//! The window.

pub mod fonts;
pub mod theme;
