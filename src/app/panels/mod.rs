//! The panels: they draw the state and push actions.

pub mod evaluation;
pub mod look;
pub mod sheets;
pub mod shortcuts;
pub mod studio;
pub mod takes;
pub mod toasts;
pub mod top_bar;
pub mod transport;
