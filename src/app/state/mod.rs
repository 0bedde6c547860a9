//! What the window knows, without egui.

pub mod action;
pub mod app_state;
pub mod blend;
pub mod diagnostics;
pub mod edit;
pub mod export;
pub mod model;
mod obstacles;
pub mod order;
pub mod places;
pub mod settings;
pub mod sound;
pub mod stage;
pub mod takes;
