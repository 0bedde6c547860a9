//! The application and what it does.

mod actions;
pub mod app;
mod arrivals;
mod compose;
mod edit;
mod files;
mod takes;
mod training;
mod transport;
mod verbs;
pub mod window;
