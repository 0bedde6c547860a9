//! The application: carries out actions and takes in what threads report.

mod actions;
pub mod app;
mod arrivals;
mod charts;
mod compose;
mod edit;
mod endless;
mod files;
mod map;
mod midi;
mod preview;
mod starred;
mod takes;
mod training;
mod training_form;
mod transport;
mod verbs;
pub mod window;
