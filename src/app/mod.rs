//! The window, in layers; each uses only those below it (`tests/layers` checks that).
//!
//! 1. `shell`: [`PasticheApp`]; carries out actions and takes in what threads report.
//! 2. `panels`: draw the state and push actions.
//! 3. `threads`: handles of background work.
//! 4. `state`: what the window knows, without egui.
//! 5. `widgets`: roll, map, training curves and evaluation; they do not know the application.
//! 6. `kit`: theme, fonts, icons, keys, small shared parts.

pub mod kit;
mod panels;
mod shell;
pub mod state;
pub mod threads;
pub mod widgets;

pub use shell::app::PasticheApp;
pub use shell::window::run;
pub use state::places::Places;
