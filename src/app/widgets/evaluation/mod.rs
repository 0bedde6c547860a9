//! The parts of the evaluation tab: where a report comes from, and how its figures are drawn.

mod figures;
mod gates;
mod heard;
mod matrix;
mod source;

pub use figures::{latent_ui, likeness_ui};
pub use gates::gates_ui;
pub use heard::heard_ui;
pub use matrix::{by_time, matrix_ui};
pub use source::{ReportError, read, shipped};
