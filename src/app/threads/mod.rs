//! Handles of the work in the background.

pub mod dialogs;
pub mod feed;
pub mod sound;
pub mod training;
pub mod workers;
