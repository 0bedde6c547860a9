//! Widgets that do not know the application: they take an input and return events.

pub mod evaluation;
pub mod latent;
pub mod roll;
pub mod training;
