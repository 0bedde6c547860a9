//! Widgets that know nothing of the application: they are shown an input and answer with events.

pub mod evaluation;
pub mod latent;
pub mod roll;
pub mod training;
