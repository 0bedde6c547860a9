//! Modal sheets over the window.

mod about;
mod formats;
mod midi;
pub mod modal;
pub mod recompose;
mod rows;
pub mod save;
mod save_starred;
mod sound;
pub mod verb;
