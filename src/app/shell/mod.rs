//! The application and what it does.

pub mod app;
mod arrivals;
mod compose;
mod files;
mod takes;
mod training;
mod verbs;
pub mod window;
