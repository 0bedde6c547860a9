//! The window, in layers; each uses only those below it (`tests/layers` checks that).
//!
//! 1. `shell`: [`PasticheApp`] and what it does when a panel or a thread asks.
//! 2. `panels`: draw the state and push actions.
//! 3. `threads`: handles of the work in the background.
//! 4. `state`: what the window knows, without egui.
//! 5. `widgets`: roll, map, training curves and evaluation; they know nothing of the application.
//! 6. `kit`: theme, fonts, icons, keys, wording, small shared parts.

pub mod kit;
mod panels;
mod shell;
pub mod state;
mod threads;
pub mod widgets;

pub use shell::app::PasticheApp;
pub use shell::window::run;
pub use state::places::Places;
