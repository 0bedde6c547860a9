//! What every part of the window is made with.

pub mod fonts;
pub mod icons;
pub mod keys;
pub mod parts;
pub mod theme;
