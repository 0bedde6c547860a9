//! The parts of the evaluation tab.

mod compare;
mod figures;
mod gates;
mod heard;
mod matrix;
mod memory;

pub use compare::compare_ui;
pub use figures::{latent_ui, likeness_ui};
pub use gates::gates_ui;
pub use heard::heard_ui;
pub use matrix::{by_time, matrix_ui};
pub use memory::memory_ui;
