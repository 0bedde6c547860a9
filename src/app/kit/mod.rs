//! Theme, fonts, icons and small widgets that every part of the window uses.

pub mod fonts;
pub mod icons;
pub mod keys;
pub mod parts;
pub mod theme;
